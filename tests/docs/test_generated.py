"""The parts of the reference that are made from the code are those of the code as it is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from django_appwrite_orm.plans.limits import COLUMNS_LIMIT
from docs.generate import messages, misplaced, pages
from docs.generate.source import attributes, comments, docs_behind
from tests.support.pages import DOCS, ROOT


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the generator in a process, because it needs more apps than the tests have."""
    return subprocess.run(
        [sys.executable, "-m", "docs.generate", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_pages_are_as_generated() -> None:
    done = generate("--check")
    assert done.returncode == 0, f"Run `python -m docs.generate`: {done.stdout}{done.stderr}"


def test_parts_that_are_missing_or_twice_are_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(
        "<!-- generated: a -->\n<!-- end -->\n" * 2 + "<!-- generated: b -->\n<!-- end -->\n"
    )
    monkeypatch.setattr("docs.generate.DOCS", tmp_path)
    assert [page.name for page in pages()] == ["page.md"]
    assert misplaced(["a", "b", "c"]) == ["a", "c"]
    assert misplaced(["b"]) == ["a"]


def test_every_id_of_a_check_has_a_message() -> None:
    given = {match[0] for path in messages.PACKAGE.rglob("*.py") for match in messages.ID.finditer(path.read_text())}
    found = messages.messages()
    assert {message.id for message in found} == given
    assert len(found) == len(set(found)) > len(given)
    clear = next(message for message in found if message.id == "appwrite.E103")
    assert clear.text == f"The table has … columns; Appwrite allows {COLUMNS_LIMIT:,}."
    assert all(message.hint for message in found)


# Those of the SDK, modules, a fixture, what a sentence on the pages of the API describes, and `Secret`, which is not
# public: the page about security shows what becomes of one.
ELSEWHERE = {
    "ID",
    "Operator",
    "Permission",
    "Query",
    "Role",
    "Secret",
    "columns",
    "signals",
    "connections",
    "warm_cache",
    "appwrite",
}


def test_what_pages_import_is_in_the_reference_of_the_api() -> None:
    reference = DOCS / "reference"
    described = {
        name
        for page in [*reference.glob("api*.md"), *(reference / f"{name}.md" for name in ("exceptions", "signals"))]
        for name in re.findall(r"^(?:## |\| )`(\w+)`", page.read_text(), re.MULTILINE)
    }
    shown = {
        name.strip()
        for page in [ROOT / "README.md", *DOCS.rglob("*.md")]
        for names in re.findall(r"^ *from django_appwrite_orm[\w.]* import ([\w, ]+)", page.read_text(), re.MULTILINE)
        for name in names.split(",")
    }
    assert len(shown) > 40
    assert sorted(shown - described - ELSEWHERE) == []


class Lamp:
    """A lamp.

    Attributes:
        height: In metres,
            from the floor.
        colour: A name.
    """


def test_the_attributes_of_a_docstring() -> None:
    assert attributes(Lamp) == {"height": "In metres, from the floor.", "colour": "A name."}


@pytest.mark.parametrize(("name", "text"), [("A", "The first. In two lines."), ("B", "Behind it."), ("C", None)])
def test_the_comments_of_a_module(name: str, text: str | None) -> None:
    here = sys.modules[__name__]
    assert comments(here).get(name) == text
    assert docs_behind(here) == {"C": "After it, in lines."}


# The first. In
# two lines.
A = 1
B: int = 2  # Behind it.
C = 3
"""After it,
in lines."""
