"""What `django.setup()` imports: a process that sends no request to Appwrite does not load what requests need.

Modules are counted, not seconds, so that the result is the same on every machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import django_appwrite_orm

ROOT = Path(django_appwrite_orm.__file__).parent.parent
SETTING_UP = """
import json, sys
import django
from django.conf import settings
given, *apps = sys.argv[1:]
settings.configure(
    INSTALLED_APPS=[*apps, "django.contrib.auth", "django.contrib.contenttypes"], **json.loads(given)
)
django.setup()
print(json.dumps(sorted(sys.modules)))
"""
TABLES = """
from django_appwrite_orm import Index, Table, columns

class Author(Table):
    name = columns.Varchar(size=100)

class Book(Table):
    title = columns.Varchar(size=100)
    author = columns.Relationship("Author", "manyToOne", two_way_key="books", on_delete="setNull")
"""
# Libraries, and modules of our own, that only a request, a command, a check or a listener needs.
THIRD_PARTIES = {
    "anyio",
    "appwrite",
    "h11",
    "httpcore2",
    "numpy",
    "redis",
    "rest_framework",
    "truststore",
    "websockets",
}
LATER = {
    *("contrib", "events", "facade", "interchange", "local", "management", "schema", "transport", "warming", "web"),
    *("cache.backend", "cache.batch", "cache.effects", "cache.entries", "cache.fetch", "cache.keys", "cache.pending"),
    *("cache.process_cache", "cache.reads", "cache.single_flight", "cache.stats", "cache.writes"),
    *("checks.caches", "checks.columns", "checks.connections", "checks.deploy", "checks.indexes", "checks.middleware"),
    *("checks.relationships", "checks.routers", "checks.tables", "checks.views"),
    *("conf.checks", "conf.connection_settings", "conf.load", "conf.option", "connection.connection"),
    *("querysets.grouping", "querysets.persistence.bulk_failures", "querysets.raw_queries"),
}
# Packages of our own that only a project with tables, or with models on Appwrite, needs.
OF_TABLES = {"cache", "integrity", "plan_execution", "querysets", "relations", "tables", "transactions"}
# Those that models on Appwrite do not need.
OF_OTHERS = {"facade", "local", "querysets", "schema"}
# Modules and lines of our own, without tables and with some. Fewer are welcome; before a bound rises, look which are
# needed.
MODULES, LINES = 30, 3_340
MODULES_WITH_TABLES, LINES_WITH_TABLES = 106, 14_100


def imported(*apps: str, beside: Path, **settings: object) -> set[str]:
    """The modules of a new process after `django.setup()` with these apps; `beside` is on its path too."""
    path = os.pathsep.join([str(ROOT), str(beside)])
    done = subprocess.run(
        [sys.executable, "-c", SETTING_UP, json.dumps(settings), *apps],
        env={**os.environ, "PYTHONPATH": path},
        cwd=beside,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def own(modules: set[str]) -> set[str]:
    return {name for name in modules if name.split(".")[0] == "django_appwrite_orm"}


def late(modules: set[str]) -> set[str]:
    """Those among `modules` that are not needed to set Django up."""
    names = {name.removeprefix("django_appwrite_orm.") for name in own(modules)}
    return {name for name in names if name in LATER or name.split(".")[0] in LATER}


def code_lines(modules: set[str]) -> int:
    """Return the lines of our own modules: a process without .pyc files compiles all of them."""
    files = [ROOT / name.replace(".", "/") for name in own(modules)]
    sources = [file / "__init__.py" if file.is_dir() else file.with_suffix(".py") for file in files]
    return sum(len(source.read_text(encoding="utf-8").splitlines()) for source in sources)


def test_the_app_alone_imports_no_library_and_few_modules(tmp_path: Path) -> None:
    modules = imported("django_appwrite_orm", beside=tmp_path)
    assert {name for name in modules if name.split(".")[0] in THIRD_PARTIES} == set()
    assert late(modules) == set()
    assert {name for name in own(modules) if f"{name}.".split(".")[1] in OF_TABLES} == set()
    assert 20 < len(own(modules)) <= MODULES
    assert 2_000 < code_lines(modules) <= LINES


def test_tables_import_querysets_and_neither_http_nor_schema(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "tables.py").write_text(TABLES, encoding="utf-8")
    modules = imported("django_appwrite_orm", "shop", beside=tmp_path)
    assert "shop.tables" in modules
    # Of the SDK only its ids, for new rows.
    assert {name for name in modules if name.split(".")[0] in THIRD_PARTIES} == {"appwrite", "appwrite.id"}
    assert late(modules) == set()
    assert 60 < len(own(modules)) <= MODULES_WITH_TABLES
    assert 6_000 < code_lines(modules) <= LINES_WITH_TABLES


def test_models_on_a_server_import_neither_tables_querysets_nor_the_local_appwrite(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    at_first_query = "import django_appwrite_orm.backend.compile"
    (tmp_path / "shop" / "models.py").write_text(at_first_query, encoding="utf-8")
    server = {"ENDPOINT": "https://appwrite.example/v1", "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d"}
    database = {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}
    settings = {"APPWRITE_ORM": {"default": server}, "DATABASES": {"default": database}}
    modules = imported("django_appwrite_orm", "shop", beside=tmp_path, **settings)
    assert {"django_appwrite_orm.backend.base", "django_appwrite_orm.backend.compile.reader"} <= modules
    assert {name for name in own(modules) if f"{name}.".split(".")[1] in OF_OTHERS} == set()


def test_beyond_django_only_parts_of_the_standard_library_are_imported(tmp_path: Path) -> None:
    more = imported("django_appwrite_orm", beside=tmp_path) - imported(beside=tmp_path)
    assert {name.split(".")[0] for name in more} - {"django", "django_appwrite_orm"} <= set(sys.stdlib_module_names)


def test_the_public_names_can_be_imported_before_there_are_settings(tmp_path: Path) -> None:
    """As the module of the settings does, which may import roles, policies or a base of its tables."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-c", "from django_appwrite_orm import *"],
        env={**environment, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
