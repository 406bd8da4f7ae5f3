"""Files of rows are read in pieces, and what is wrong in one is named with its line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from django_appwrite_orm.schema.data import entries
from tests.library.tables import Book

from .loading import GOOD, loaded
from .making import migrated


@pytest.fixture(autouse=True)
def tables() -> None:
    migrated(Book)


@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_is_read_in_pieces(indent: int | None) -> None:
    given = {"a": [{"$id": str(n), "text": "]},{" * n} for n in range(300)], "b": [], "c": [{"$id": "x"}]}
    found = list(entries(io.StringIO(json.dumps(given, indent=indent))))
    assert [entry.row for entry in found] == [*given["a"], *given["c"]]
    if indent:
        assert [entry.line for entry in found[:3]] == [3, 7, 11]


def test_lines_are_counted_over_pieces() -> None:
    text = "".join(json.dumps({"table": "t", "row": {"$id": str(n), "x": "y" * 999}}) + "\n" for n in range(200))
    assert [entry.line for entry in entries(io.StringIO(text))] == list(range(1, 201))


@pytest.mark.parametrize(
    "text", ["[1]", '{"a" 1}', '{"a": [{"x": 1}', '{"a": [{"x": 1} {', "{'a': []}", '{"a": [1e999]}']
)
def test_a_file_that_breaks_off_is_an_error_with_its_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text("\n" + text)
    assert loaded(file)[0].startswith("Line 2: expected ")


def test_what_came_before_the_break_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text(f'{{"books": [{json.dumps(GOOD)}, {{')
    assert "The rows before it were read." in loaded(file)[0]
    assert Book.objects.count() == 1


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text(" \n")
    assert loaded(file)[0] == "0 rows: 0 created, 0 overwritten, 0 there already, 0 refused."
