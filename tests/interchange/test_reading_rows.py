"""Files of rows are read in pieces, and what is wrong in one is named with its line."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest

from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.interchange import entries
from tests.support.library.tables import Book
from tests.support.loading import GOOD, loaded
from tests.support.migrations import migrated


@pytest.fixture(autouse=True)
def tables() -> None:
    migrated(Book)


@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_is_read_in_chunks(indent: int | None) -> None:
    given = {"a": [{"$id": str(n), "text": "]},{" * n} for n in range(300)], "b": [], "c": [{"$id": "x"}]}
    found = list(entries(io.StringIO(json.dumps(given, indent=indent))))
    assert [entry.row for entry in found] == [*given["a"], *given["c"]]
    if indent:
        assert [entry.line for entry in found[:3]] == [3, 7, 11]


def test_lines_are_counted_across_chunks() -> None:
    text = "".join(json.dumps({"table": "t", "row": {"$id": str(n), "x": "y" * 999}}) + "\n" for n in range(200))
    assert [entry.line for entry in entries(io.StringIO(text))] == list(range(1, 201))


@pytest.mark.parametrize(
    "text", ["[1]", '{"a" 1}', '{"a": [{"x": 1}', '{"a": [{"x": 1} {', "{'a': []}", '{"a": [1e999]}']
)
def test_an_incomplete_file_is_an_error_with_its_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text("\n" + text)
    assert loaded(file)[0].startswith("Line 2: expected ")


def test_rows_before_the_end_of_an_incomplete_file_are_loaded(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text(f'{{"books": [{json.dumps(GOOD)}, {{')
    assert "The rows before it were read." in loaded(file)[0]
    assert Book.objects.count() == 1


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text(" \n")
    assert loaded(file)[0] == "0 rows: 0 created, 0 overwritten, 0 unchanged, 0 refused."


def line(**row: object) -> bytes:
    return json.dumps({"table": "books", "row": {**GOOD, **row}}, ensure_ascii=False).encode() + b"\n"


def test_a_byte_that_is_not_text_refuses_only_its_line(tmp_path: Path) -> None:
    """A file that was cut in the middle of a letter, or one line of which was written by another program."""
    file = tmp_path / "rows"
    whole = line(id="x", title="caf\u00e9", **{"$id": "cut"})
    spoilt = line(**{"$id": "spoilt", "title": "caf\u00e9"}).replace(b"\xc3\xa9", b"\xe9")
    file.write_bytes(line() + spoilt + line(**{"$id": "last", "title": "Last"}) + whole[: whole.index(b"\xc3") + 1])
    said, lines = loaded(file)
    assert said == "2 rows were refused."
    assert sorted(one[:6] for one in lines) == ["Line 2", "Line 4"]
    assert any("row spoilt: a text in it is not UTF-8" in one for one in lines)
    assert any(one.startswith("Line 4: it is not JSON") for one in lines)
    assert {row.id for row in Book.objects.all()} == {"good", "last"}


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_bytes(b"\xef\xbb\xbf" + line())
    assert loaded(file)[0].startswith("1 rows: 1 created")


@pytest.mark.parametrize("source", ["file", "stdin"])
def test_a_compressed_file_is_reported_as_such(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rows.gz"
    file.write_bytes(gzip.compress(line()))
    if source == "stdin":
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes()), encoding="utf-8"))
    assert "The file is compressed. Decompress it: gunzip -c" in loaded("-" if source == "stdin" else file)[0]


class Counted(io.StringIO):
    """A file that counts how often it is read."""

    reads = 0

    def read(self, size: int | None = -1, /) -> str:
        self.reads += 1
        return super().read(size)


@pytest.mark.parametrize(
    ("broken", "most"),
    [
        ('{"$id": nothing}', 2),
        ('{"$id": 1e999}', 2),
        ("[" * 100_000, 3),
        ('{"$id": "x", "text": "', 10),  # the rest of the file may be the text
        ('{"$id": "x", "text": "a\\', 3),
    ],
)
def test_a_broken_object_is_not_decoded_again_for_every_chunk(broken: str, most: int) -> None:
    """8 MiB are 128 pieces, and what was tried again with each of them would take half an hour for a gigabyte."""
    file = Counted('{"books": [' + broken + "x" * 8_000_000)
    with pytest.raises(SchemaError, match="Line 1: expected a value"):
        list(entries(file))
    assert file.reads <= most


def test_a_row_of_many_chunks_is_read(tmp_path: Path) -> None:
    row = {"$id": "x", "text": "y\\u00e9" * 300_000, "number": 12345}
    file = Counted(json.dumps({"books": [row, {"$id": "z"}]}))
    assert [entry.row for entry in entries(file)] == [row, {"$id": "z"}]


@pytest.mark.parametrize("cut", range(65_500, 65_580))
def test_a_value_may_be_split_anywhere_between_two_chunks(cut: int) -> None:
    row = {"a": "\u00e9\n", "b": -1.5e-300, "c": [True, None, False], "\u2028": 123456789}
    pad = " " * (cut - len('{"t": ['))
    assert [entry.row for entry in entries(io.StringIO(f'{{"t": [{pad}{json.dumps(row)}]}}'))] == [row]
