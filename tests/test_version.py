"""The version of the package comes from its metadata and costs nothing until somebody reads it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import django_appwrite_orm

ROOT = Path(__file__).parents[1]


def test_the_version_is_that_of_the_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", {"django-appwrite-orm": "3.2.1"}.__getitem__)
    assert django_appwrite_orm.__version__ == "3.2.1"


def test_a_checkout_that_is_not_installed_has_an_unknown_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert django_appwrite_orm.__version__ == "0+unknown"


def test_importing_the_package_imports_neither_metadata_nor_django() -> None:
    code = (
        "import sys, django_appwrite_orm\n"
        "print([name for name in ('importlib.metadata', 'django', 'appwrite', 'email') if name in sys.modules])\n"
        "print(django_appwrite_orm.__version__, 'django' in sys.modules)"
    )
    # Without site packages nothing but the package itself can have imported them.
    ran = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["[]", "0+unknown False"]


def test_the_changelog_and_the_readme_are_at_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.index("## Unreleased\n") < changelog.index(f"## {version} (")
    assert re.findall(r"^## (\S+) \(\d{4}-\d\d-\d\d\)$", changelog, re.MULTILINE)[0] == version
    assert f"\nVersion {version}, alpha:" in (ROOT / "README.md").read_text(encoding="utf-8")
