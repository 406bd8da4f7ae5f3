"""The pages name files that exist, and the layers that import-linter holds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.pages import DOCS, ROOT

PACKAGE = ROOT / "django_appwrite_orm"
PAGES = sorted([ROOT / "CONTRIBUTING.md", *(DOCS / "internals").glob("*.md")])
PAGES_FOR_USERS = sorted({*DOCS.rglob("*.md")} - {*PAGES})
# A path: names with slashes between them or behind, or the name of a file.
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
SUFFIXES = (".py", ".md", ".toml", ".ini", ".yml", ".yaml")


# A constant, or a function of one module.
NAME = re.compile(r"`(_[a-z_]+|_?[A-Z][A-Z_]+)`")


def paths_in(text: str) -> list[str]:
    """Paths that stand as code, and those in drawings."""
    drawings = re.findall(r"^```text\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    words = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))
    words += re.findall(r"[\w.-]+(?:/[\w.-]+)*\.py\b", "\n".join(drawings))
    return [word for word in words if PATH.fullmatch(word) and ("/" in word or word.endswith(SUFFIXES))]


def exists(path: str, page: Path) -> bool:
    return any((base / path).exists() for base in (ROOT, PACKAGE, PACKAGE / "local" / "routes", page.parent)) or (
        "/" not in path and any(found for folder in (PACKAGE, ROOT / "tests") for found in folder.rglob(path))
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_on_the_page_exists(page: Path) -> None:
    assert [path for path in paths_in(page.read_text()) if not exists(path, page)] == []


def names_nowhere(text: str) -> list[str]:
    """Constants and private functions on a page that no module has."""
    sources = "\n".join(path.read_text() for folder in (PACKAGE, ROOT / "tests") for path in folder.rglob("*.py"))
    return sorted({*NAME.findall(text)} - {*re.findall(r"\w+", sources)})


def test_names_on_the_page_for_contributors_exist() -> None:
    assert names_nowhere((ROOT / "CONTRIBUTING.md").read_text()) == []


def test_a_name_that_does_not_exist_is_found() -> None:
    gone = "_TABLE_OF_" + "METHODS"  # in two parts, because this module is searched too
    assert names_nowhere(f"`_OPPOSITE`, `PAGES`, `_clause`, `{gone}`, `no_name()`") == [gone]


@pytest.mark.parametrize("page", PAGES_FOR_USERS, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_paths_of_the_project_on_pages_for_users_exist(page: Path) -> None:
    roots = ("benchmarks/", "django_appwrite_orm/", "docs/", "example_project/", "local/", "tests/")
    named = [path for path in paths_in(page.read_text()) if path.startswith(roots)]
    assert [path for path in named if not exists(path, page)] == []


def test_a_path_that_does_not_exist_is_found() -> None:
    page = ROOT / "CONTRIBUTING.md"
    found = paths_in(
        "`cache/keys.py`, `nowhere/keys.py`, `some.method()`, `pytest tests/x`\n```text\n  no/such.py  x\n```\n"
    )
    assert found == ["cache/keys.py", "nowhere/keys.py", "no/such.py"]
    assert [exists(path, page) for path in found] == [True, False, False]


def test_the_drawing_of_the_layers_is_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers" and not one.get("containers"))
    drawing = re.search(
        r"## Layers.*?^```text\n(.*?)^```$",
        (DOCS / "internals" / "architecture.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert drawing is not None
    drawn = [re.split(r"\s{2,}", line)[0] for line in drawing[1].splitlines()]
    assert drawn == [re.sub(r"django_appwrite_orm\.|[()]", "", layer) for layer in layers]
