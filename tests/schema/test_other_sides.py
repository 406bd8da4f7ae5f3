"""The other side of a relationship: built beside its own one, and part of what cached rows show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.plans import Request
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import MigrationOptions, api
from django_appwrite_orm.transport.client import Reply
from tests.support.costs import counted
from tests.support.migrations import answering, ask, authors, books, migrated, registered


def other_side(status: str, times: int, error: str = "") -> Any:
    """The server says so often that `authors.books` is in this state."""
    seen = {"left": times}

    def change(request: Request, reply: Reply) -> Reply:
        if request.method != "GET" or not request.path.endswith("/tables") or seen["left"] == 0:
            return reply
        data = json.loads(reply.text)
        sides = [column for one in data.get("tables", ()) for column in one["columns"] if column["key"] == "books"]
        for side in sides:
            side.update(status=status, error=error)
        seen["left"] -= bool(sides)
        return reply._replace(text=json.dumps(data))

    return answering(change)


class TestTheOtherSide:
    """It is built with the declared side, also if it is not declared and its table is not migrated."""

    def tables(self) -> list[type[Table]]:
        author = authors()
        migrated(author)
        return [books(columns.Relationship(author, "manyToOne", two_way_key="books"))]

    def test_the_other_side_is_waited_for(self) -> None:
        tables = self.tables()
        with counted() as costs, other_side("processing", 3):
            migrated(*tables)
        made = costs.requests.index("POST /tablesdb/library/tables/books/columns/relationship")
        assert sum("/tables?" in one or one.endswith("/tables") for one in costs.requests[made:]) == 4

    def test_a_missing_other_side_is_named_at_the_timeout(self) -> None:
        with (
            other_side("processing", 999),
            pytest.raises(SchemaError, match=r"Not finished .* column authors\.books is processing"),
        ):
            migrated(*self.tables(), timeout=0)

    def test_a_failed_other_side_is_named_with_the_reason(self) -> None:
        with (
            other_side("failed", 999, "no room"),
            pytest.raises(SchemaError, match=r"is failed \(no room\)\. Delete the"),
        ):
            migrated(*self.tables())


def test_cached_rows_of_the_other_table_go_with_a_relationship() -> None:
    author = authors()
    book = books(columns.Relationship(author, "oneToOne", two_way_key="book"))
    with registered(author, book):
        migrated(author, book)
        ask("POST", "/tables/authors/rows", {"rowId": "ann", "data": {"name": "Ann"}})

        def keys() -> set[str]:
            (row,) = author.objects.all()
            return {key for key in row.to_appwrite() if not key.startswith("$")}

        assert keys() == {"name", "book"}
        migrated(author, books(None), rules=MigrationOptions(prune=True, allow_destructive=True))
        assert keys() == {"name"}
        migrated(author, book)
        assert keys() == {"name", "book"}
        run_sync(api.delete_table(book, "default"))
        assert keys() == {"name"}
