"""dump_appwrite and load_appwrite: every row out and in again, and each bad one named."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.cache import caches
from django.core.management import call_command

from django_appwrite_orm import Permission, Role, orm
from django_appwrite_orm.connection import connections
from django_appwrite_orm.transport.retry import Attempt
from tests.support.costs import counted
from tests.support.library.tables import Book, Everything, Reader
from tests.support.loading import GOOD, loaded, write
from tests.support.migrations import ask, migrated
from tests.support.tables import empty_store


def emptied() -> None:
    """Another server: the same tables, no rows."""
    caches["default"].clear()
    connections.reset()
    empty_store()
    migrated(Book, Reader, Everything)


@pytest.fixture(autouse=True)
def tables() -> None:
    migrated(Book, Reader, Everything)


def stock(count: int = 250) -> None:
    Book.objects.bulk_create([
        Book(title=f"Book {number} ß\u2028\"\\", price=number / 3, tags=[str(number)], id=f"b{number}")
        for number in range(count)
    ])  # fmt: skip
    Everything.objects.create(
        id="full", string="é\n", wide=2**60, bigint=-(2**63), float=1e300, boolean=False,
        datetime="2026-01-02T03:04:05.678Z", enum="a", email="a@example.org", url="https://example.org", ip="::1",
        long="x" * 100_000, strings=["a", ""], integers=[1], floats=[0.1], booleans=[True], enums=["b"],
    )  # fmt: skip
    Everything.objects.create(id="empty", permissions=[Permission.read(Role.user("someone"))])


def everything() -> dict[str, list[dict[str, Any]]]:
    found = {}
    for table in (Book, Reader, Everything):
        rows = [row.to_appwrite() for row in table.objects.uncached()]
        found[table._meta.id] = [{k: v for k, v in row.items() if k != "$sequence"} for row in rows]
    return found


@pytest.mark.parametrize("format", ["jsonl", "object"])
def test_the_round_trip_is_exact(format: str, tmp_path: Path) -> None:
    stock()
    before = everything()
    call_command("dump_appwrite", output=str(tmp_path / "rows"), format=format, stderr=io.StringIO())
    emptied()
    assert loaded(tmp_path / "rows") == (
        "252 rows: 252 created, 0 overwritten, 0 unchanged, 0 refused.",
        [],
    )
    assert everything() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "rows"]


def test_a_hundred_rows_are_one_request_and_pages_are_not_kept(tmp_path: Path) -> None:
    stock(1000)
    with counted() as costs:
        call_command("dump_appwrite", "books", output=str(tmp_path / "rows"), stderr=io.StringIO())
    assert len(costs.requests) == 3
    emptied()
    with counted() as costs:
        loaded(tmp_path / "rows")
    assert len([request for request in costs.requests if request.startswith("POST")]) == 10


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_loaded_as_they_were_dumped(tmp_path: Path) -> None:
    times = {"$createdAt": "2026-01-02T03:04:05.678+00:00", "$updatedAt": "2026-02-03T04:05:06.789+00:00"}
    with (tmp_path / "in").open("w") as file:
        for n in range(100_000):
            row = {
                "title": f"Book {n}",
                "price": n / 8,
                "pages": n,
                "genre": None,
                "tags": [str(n)],
                "lent": n % 2 == 0,
            }
            row |= {"added": None, "$id": f"b{n}", **times, "$permissions": []}
            file.write(json.dumps({"table": "books", "row": row}) + "\n")
    assert loaded(tmp_path / "in")[0].startswith("100000 rows: 100000 created")
    call_command("dump_appwrite", "books", output=str(tmp_path / "out"), stderr=io.StringIO())
    with (tmp_path / "in").open() as before, (tmp_path / "out").open() as after:
        for sent, found in zip(before, after, strict=True):
            assert json.loads(found) == json.loads(sent)


def test_the_object_form_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    stock(2)
    call_command("dump_appwrite", "books", "library_reader", format="object")
    found = json.loads(capsys.readouterr().out)
    assert [row["$id"] for row in found["books"]] == ["b0", "b1"]
    assert found["library_reader"] == []


def test_a_failed_dump_keeps_the_old_file(tmp_path: Path) -> None:
    stock(600)
    file = tmp_path / "rows"
    file.write_text("old")
    perform, seen = Attempt.perform, []

    def second_page_fails(self: Attempt) -> Any:
        seen.append(self)
        if len(seen) > 1:
            raise KeyboardInterrupt
        return perform(self)

    with mock.patch.object(Attempt, "perform", second_page_fails), pytest.raises(KeyboardInterrupt):
        call_command("dump_appwrite", output=str(file), stderr=io.StringIO())
    assert file.read_text() == "old"


def test_an_interrupted_load_continues(tmp_path: Path) -> None:
    stock()
    before = everything()
    file = tmp_path / "rows"
    call_command("dump_appwrite", output=str(file), stderr=io.StringIO())
    for at in range(1, 12):
        emptied()
        perform, seen = Attempt.perform, []

        def fails(self: Attempt, at: int = at, seen: list[Any] = seen, perform: Any = perform) -> Any:
            seen.append(self)
            if len(seen) == at:
                raise KeyboardInterrupt
            reply = perform(self)
            if len(seen) == at - 1 and not self.request.is_read:  # applied, but the response is lost
                raise KeyboardInterrupt
            return reply

        with mock.patch.object(Attempt, "perform", fails), contextlib.suppress(KeyboardInterrupt):
            loaded(file)
        said, refused = loaded(file)
        assert ("0 refused." in said, refused) == (True, [])
        assert everything() == before


def test_each_refused_row_is_reported_with_its_line_and_the_others_are_written(tmp_path: Path) -> None:
    file = write(
        tmp_path / "rows",
        GOOD,
        "not json",
        "",
        '{"table": "books"}',
        '{"table": "nothing", "row": {"$id": "x"}}',
        {"title": "no id", "price": 1},
        {"$id": "-bad-", "title": "bad id", "price": 1},
        {"$id": "x1", "title": "no price"},
        {"$id": "x2", "title": "Good", "price": 1},
        {"$id": "x3", "title": "unknown column", "price": 1, "nothing": 1},
        '{"table": "books", "row": {"$id": "x4", "title": "nan", "price": NaN}}',
        '{"table": "books", "row": {"$id": "x5", "title": "inf", "price": 1e999}}',
        '{"table": "books", "row": {"$id": "x6", "title": "\\ud800", "price": 1}}',
        {"$id": "x7", "title": "permissions", "price": 1, "$permissions": 5},
        {"$id": "x8", "title": "permissions", "price": 1, "$permissions": ["read(everybody)"]},
        {"$id": "x9", "title": "time", "price": 1, "$createdAt": 5},
        {"$id": "x10", "title": {"an": "object"}, "price": 1},
        {"$id": "last", "title": "Last", "price": 1},
    )
    said, refused = loaded(file)
    assert said == "15 rows were refused."
    assert [line.partition(":")[0] for line in refused] == [
        "Line 2", "Line 4", "Line 5, table nothing, row x", "Line 6, table books, row None",
        "Line 7, table books, row -bad-", "Line 11", "Line 12", "Line 13, table books, row x6",
        "Line 14, table books, row x7", "Line 15, table books, row x8", "Line 16, table books, row x9",
        "Line 17, table books, row x10", "Line 8, table books, row x1", "Line 9, table books, row x2",
        "Line 10, table books, row x3",
    ]  # fmt: skip
    assert "no table 'nothing'" in refused[2]
    assert "half a surrogate pair" in refused[7]
    assert "its $permissions are 5, and must be a list" in refused[8]
    assert "'read(everybody)' is not a permission" in refused[9]
    assert "its $createdAt is 5, and must be a text" in refused[10]
    assert "its title contains an object" in refused[11]
    assert "price" in refused[12]
    assert {row.id for row in Book.objects.all()} == {"good", "last"}


class TestRowsThatAreThere:
    def test_existing_rows_with_other_values_are_kept(self, tmp_path: Path) -> None:
        Book.objects.create(id="good", title="Mine", price=2)
        said, refused = loaded(write(tmp_path / "rows", GOOD, {"$id": "new", "title": "New", "price": 1}))
        assert said == "1 rows were refused."
        assert refused == [
            "Line 1, table books, row good: a row with this id exists and has other values; --overwrite replaces them"
        ]
        assert {row.title for row in Book.objects.all()} == {"Mine", "New"}

    def test_overwrite_gives_existing_rows_the_values_of_the_file(self, tmp_path: Path) -> None:
        Book.objects.create(id="good", title="Mine", price=2)
        file = write(tmp_path / "rows", GOOD, {"$id": "new", "title": "New", "price": 1})
        assert loaded(file, "--overwrite") == (
            "2 rows: 1 created, 1 overwritten, 0 unchanged, 0 refused.",
            [],
        )
        assert Book.objects.get(pk="good").title == "Good"
        assert loaded(file)[0] == "2 rows: 0 created, 0 overwritten, 2 unchanged, 0 refused."

    def test_text_in_the_form_of_an_operator_does_not_overwrite_a_row(self, tmp_path: Path) -> None:
        Book.objects.create(id="good", title="Mine", price=2)
        file = write(tmp_path / "rows", {**GOOD, "title": '{"method":"stringConcat","values":["x"]}'})
        assert "form of an Appwrite operator" in loaded(file, "--overwrite")[1][0]
        assert Book.objects.get(pk="good").title == "Mine"

    def test_a_unique_value_that_is_taken_refuses_one_row(self, tmp_path: Path) -> None:
        Book.objects.create(id="other", title="Good", price=2)
        said, refused = loaded(write(tmp_path / "rows", GOOD, {"$id": "new", "title": "New", "price": 1}))
        assert said == "1 rows were refused."
        assert refused[0].startswith("Line 1, table books, row good: Appwrite answered")
        assert Book.objects.count() == 2

    def test_an_id_twice_in_the_file_is_one_row(self, tmp_path: Path) -> None:
        _said, refused = loaded(write(tmp_path / "rows", GOOD, GOOD, {**GOOD, "title": "Other"}))
        assert len(refused) == 1
        assert refused[0].startswith("Line 3")
        assert Book.objects.get(pk="good").title == "Good"


def test_a_load_invalidates_cached_results(tmp_path: Path) -> None:
    assert list(Book.objects.all()) == []
    loaded(write(tmp_path / "rows", GOOD))
    assert [row.id for row in Book.objects.all()] == ["good"]


def test_labels_choose_tables(tmp_path: Path) -> None:
    file = write(tmp_path / "rows", GOOD)
    assert "no table 'books' among those" in loaded(file, "library_reader")[1][0]


def test_other_writers_are_noticed_in_the_count(tmp_path: Path) -> None:
    perform = Attempt.perform

    def performed(self: Attempt) -> Any:
        if self.request.method == "POST" and "rows" in self.request.body:
            ask("POST", "/tables/books/rows", {"rowId": "other", "data": {"title": "Other", "price": 1}})
        return perform(self)

    with mock.patch.object(Attempt, "perform", performed):
        _said, problems = loaded(write(tmp_path / "rows", GOOD))
    assert problems == ["Table books has 2 rows, where 1 were expected: another client writes to it."]


def test_a_default_that_replaced_a_missing_value_is_reported(tmp_path: Path) -> None:
    _said, problems = loaded(write(tmp_path / "rows", {**GOOD, "lent": None}))
    assert problems == ["In 1 rows Appwrite has set a missing value to the default of its column."]


def test_all_rows_as_one_text(tmp_path: Path) -> None:
    stock(3)
    Reader.objects.create(id="ada", name="Ada")
    text = orm.export_to_json()
    assert {name: len(rows) for name, rows in json.loads(text).items()} == {
        "books": 3,
        "library_reader": 1,
        "library_everything": 2,
    }
    assert list(json.loads(asyncio.run(orm.aexport_to_json("library.Reader")))) == ["library_reader"]
    file = tmp_path / "all.json"
    file.write_text(text)
    emptied()
    call_command("load_appwrite", str(file), stdout=io.StringIO(), stderr=io.StringIO())
    assert orm.export_to_json() == text
