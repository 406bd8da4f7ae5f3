"""The wheel in an empty environment: it works there, and what needs an extra says which, and works with it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import venv
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import Distributions
from tests.support.pages import code_blocks

SETUP = """
import os, django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_appwrite_orm"],
    APPWRITE_ORM={"default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "main"}},
    DATABASES={"default": {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}},
    STATIC_URL="static/",
)
django.setup()
"""
# For each extra, what fails without it.
NEEDS = {
    "server": """
        from django_appwrite_orm.local import LocalAppwrite
        from django_appwrite_orm.local.http.server import LocalServer
        with LocalServer(LocalAppwrite(":memory:"), port=0):
            pass
    """,
    "realtime": """
        from django_appwrite_orm.events.realtime import Listener
        from django_appwrite_orm.exceptions import ConfigurationError
        try:
            Listener("default").run()
        except ConfigurationError as error:
            if "has no realtime" not in str(error):
                raise
    """,
    "spatial": """
        from django_appwrite_orm.local.emulation.geometry import accept_geometry
        accept_geometry([2.35, 48.85])
    """,
    "socks": """
        os.environ["ALL_PROXY"] = "socks5://127.0.0.1:9"
        from django_appwrite_orm.transport.sockets import proxy_of
        import httpcore2
        httpcore2.ConnectionPool(proxy=proxy_of("https://appwrite.example/v1")).create_connection(
            httpcore2.Origin(b"https", b"appwrite.example", 443)
        )
    """,
    "toolbar": "import django_appwrite_orm.contrib.toolbar.panel",
    "jinja2": "import django_appwrite_orm.contrib.jinja2",
    "prometheus": "import django_appwrite_orm.contrib.prometheus",
    "opentelemetry": "import django_appwrite_orm.contrib.opentelemetry",
    "rest": "import django_appwrite_orm.contrib.rest",
}
# Prints the error of each.
EACH = """
import textwrap
for extra, code in {codes!r}.items():
    try:
        exec(textwrap.dedent(code))
    except Exception as error:
        print(extra, error, sep=": ")
"""
COMMAND = re.compile(r"pip install '(django-appwrite-orm\[(\w+)\])'$")


class Environment:
    """A virtual environment with the package, and its requirements alone."""

    def __init__(self, folder: Path, distributions: Distributions) -> None:
        venv.create(folder)
        self.python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        self.folder = folder
        self.index = distributions.folder
        self.install(str(distributions.wheel))

    def install(self, requirement: str) -> None:
        """Install from the index and from the folder of the wheel."""
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet", "--no-compile"]
        subprocess.run([*pip, "--find-links", self.index, requirement], check=True)

    def run(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run code there, outside of the checkout."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE"))}
        command = [self.python, "-W", "error", "-c", code]
        return subprocess.run(
            command, cwd=self.folder, env=inherited, capture_output=True, text=True, check=False, timeout=60
        )


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, distributions: Distributions) -> Environment:
    return Environment(tmp_path_factory.mktemp("environment"), distributions)


def test_without_extras_the_example_of_the_readme_runs(environment: Environment) -> None:
    (example,) = code_blocks("../README.md", "python")
    ran = environment.run(example.text)
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == re.findall(r"# prints (.*)$", example.text, re.MULTILINE)


def test_without_its_extra_each_part_says_what_to_install_and_then_works(environment: Environment) -> None:
    without = environment.run(SETUP + EACH.format(codes=NEEDS))
    commands = dict(line.split(": ", 1) for line in without.stdout.splitlines())
    found = {extra: COMMAND.search(error) for extra, error in commands.items()}
    assert {extra: match and match[2] for extra, match in found.items()} == {extra: extra for extra in NEEDS}
    for extra, match in found.items():
        assert match is not None
        environment.install(match[1])
        ran = environment.run(SETUP + textwrap.dedent(NEEDS[extra]))
        assert (ran.returncode, ran.stderr) == (0, ""), extra


def test_every_extra_is_tried(distributions: Distributions) -> None:
    with zipfile.ZipFile(distributions.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(name).decode()
    assert set(re.findall(r"^Provides-Extra: (\S+)$", metadata, re.MULTILINE)) == set(NEEDS)
