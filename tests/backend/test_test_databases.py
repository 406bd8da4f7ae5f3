"""Test databases: the project beside this file under Django's test runner and pytest-django.

Its Appwrite is a server that does not exist, so a test that reaches for it fails.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from django.db import NotSupportedError, connections

from django_appwrite_orm.backend.testing import creation
from django_appwrite_orm.backend.testing.creation import DatabaseCreation
from tests.support.projects import run

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).with_name("project")
# Both runners count the tests of notes/suite.py.
TESTS = len(re.findall(r"^    (?:async )?def test_", (PROJECT / "notes/suite.py").read_text(), re.MULTILINE))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy: there tests/conftest.py is out of reach."""
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


def test_djangos_runner(project: Path) -> None:
    output = run(project, "-m", "django", "test", "-p", "suite.py", "notes")
    assert f"Ran {TESTS} tests" in output


def test_djangos_runner_in_another_order(project: Path) -> None:
    assert "OK" in run(project, "-m", "django", "test", "-p", "suite.py", "notes", "--reverse")


def test_an_unknown_start_method_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its processes would wait for each other for ever."""
    creation_of_tests = connections["default"].creation
    monkeypatch.setattr(DatabaseCreation, "has_test_store", True)
    monkeypatch.setattr(creation, "START_METHODS", ("fork", "spawn"))
    monkeypatch.setattr(creation.multiprocessing, "get_start_method", lambda: "forkserver")
    with pytest.raises(NotSupportedError, match="Choose 'fork' or 'spawn'"):
        creation_of_tests._clone_test_db("1", 1)


@pytest.mark.parametrize("method", creation.START_METHODS)
def test_parallel(project: Path, method: str) -> None:
    output = run(project, "-m", "django", "test", "-p", "suite.py", "notes", "--parallel=2", NOTES_START_METHOD=method)
    assert f"Ran {TESTS} tests" in output
    assert "Cloning test database for alias 'default'" in output
    assert sorted(path.name for path in project.iterdir() if path.name != "__pycache__") == [
        "notes",
        "runner.py",
        "settings.py",
    ]


def test_keepdb(project: Path) -> None:
    for _run in range(2):
        output = run(project, "-m", "django", "test", "-p", "suite.py", "notes", "--keepdb")
        assert f"Ran {TESTS} tests" in output


def test_databases_of_one_place_are_one(project: Path) -> None:
    output = run(project, "-m", "django", "test", "-p", "suite.py", "notes", "-v", "2")
    assert len(re.findall("Creating test database for alias", output)) == 2


@pytest.mark.parametrize("arguments", [["--reuse-db"], ["-n", "2"]])
def test_pytest_django(project: Path, arguments: list[str]) -> None:
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "-o", "python_files=suite.py", *arguments]
    assert f"{TESTS} passed" in run(project, *command, "notes")
