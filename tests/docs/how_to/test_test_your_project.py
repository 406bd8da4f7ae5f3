"""The guide about testing: its tests pass, find the fault that it names, and cannot reach a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.guides import guide_files, write_project
from tests.support.projects import run

pytestmark = pytest.mark.slow

PAGE = "how-to/test-your-project.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of the guide, whose Appwrite is a server."""
    folder = tmp_path_factory.mktemp("project")
    write_project(guide_files(PAGE), folder)
    with (folder / "config/settings.py").open("a") as settings:
        settings.write(
            'APPWRITE_ORM["default"]["ENDPOINT"] = "https://appwrite.invalid/v1"\n'
            'APPWRITE_ORM["default"] |= {"PROJECT_ID": "shop", "API_KEY": "key"}\n'
        )
    return folder


def manage(project: Path, *arguments: str) -> str:
    return run(project, "manage.py", "test", *arguments, DJANGO_SETTINGS_MODULE="config.settings")


def by_pytest(project: Path) -> str:
    # The guide needs one plugin; the others of this environment take as long to start as its tests to run.
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_django.plugin"}
    command = ("-m", "pytest", "-p", "no:cacheprovider")
    return run(project, *command, DJANGO_SETTINGS_MODULE="config.settings", **plugins)


def test_by_unittest_in_parallel(project: Path) -> None:
    output = manage(project, "--parallel", "2")
    assert "Ran 4 tests" in output
    assert "OK" in output


def test_by_pytest(project: Path) -> None:
    assert "3 passed" in by_pytest(project)


def test_a_view_that_reads_past_the_cache_fails(project: Path) -> None:
    view = project / "shop/views.py"
    text = view.read_text()
    view.write_text(text.replace("Review.objects.count()", "Review.objects.uncached().count()"))
    try:
        with pytest.raises(AssertionError, match=r"(?s)1 failed, 2 passed") as failed:
            by_pytest(project)
        assert "BYPASS" in str(failed.value)
    finally:
        view.write_text(text)


def test_a_test_without_the_mixin_reaches_no_server(project: Path) -> None:
    forgetful = project / "shop/test_forgetful.py"
    forgetful.write_text(
        "from django.test import SimpleTestCase\nfrom shop.tables import Review\n\n\n"
        "class Forgetful(SimpleTestCase):\n    def test_it(self):\n        Review.objects.count()\n"
    )
    try:
        with pytest.raises(AssertionError, match="ConfigurationError"):
            manage(project, "shop.test_forgetful")
    finally:
        forgetful.unlink()
