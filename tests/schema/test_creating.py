"""Creating what is missing: database, tables, columns, indexes, permissions."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from django_appwrite_orm import FulltextIndex, Index, Permission, Role, UniqueIndex, columns
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import ConfigurationError, SchemaError
from django_appwrite_orm.sansio import AT_ONCE, run_async
from django_appwrite_orm.schema import migrate
from django_appwrite_orm.transport.client import Reply
from django_appwrite_orm.transport.retry import Attempt
from tests.support.costs import counted
from tests.support.library.tables import Book, Everything, Reader
from tests.support.migrations import LATE, answering, ask, columns_of, migrated, table, unfinished


def test_every_kind_of_column_is_created_and_then_matches() -> None:
    first = migrated(Book, Reader, Everything)
    assert first[0] == "Create database library"
    assert "Create table books with 6 columns and 3 indexes" in first
    assert migrated(Book, Reader, Everything) == []


def test_rows_can_be_written_to_the_created_tables() -> None:
    migrated(Everything)
    row = Everything.objects.create(wide=2**40, integer=5, bigint=2**62, long="x" * 70_000, enums=["a", "b"])
    assert Everything.objects.get(pk=row.id).wide == 2**40


def test_a_table_of_inline_columns_takes_one_request() -> None:
    with counted() as costs:
        migrated(*(
            table(
                f"t{n}",
                {"indexes": [Index("c0"), Index("c1", "-c2"), UniqueIndex("c3")]},
                **{f"c{m}": columns.String(size=20) for m in range(10)},
            )
            for n in range(20)
        ))  # fmt: skip
    assert len(costs.requests) <= 25, costs.requests


def test_many_tables_are_read_page_by_page() -> None:
    tables = [table(f"t{n}", a=columns.Boolean()) for n in range(205)]
    migrated(*tables)
    with counted() as costs:
        assert migrated(*tables) == []
    assert len(costs.requests) == 3


def test_options_of_a_table_are_set_and_kept() -> None:
    granted = [Permission.read(Role.any()), Permission.write(Role.users())]
    one = table(meta={"permissions": granted, "row_security": True, "enabled": False}, a=columns.Boolean())
    migrated(one)
    found = ask("GET", "/tables/things")
    assert (found["rowSecurity"], found["enabled"]) == (True, False)
    assert migrated(one) == []

    other = table(meta={"permissions": [Permission.read(Role.users())], "row_security": True}, a=columns.Boolean())
    assert migrated(other) == [
        'Update table things: grant read("users"); revoke create("users"); revoke delete("users");'
        ' revoke read("any"); revoke update("users"); enable it'
    ]
    found = ask("GET", "/tables/things")
    assert (found["$permissions"], found["rowSecurity"], found["enabled"]) == (['read("users")'], True, True)


def test_columns_and_indexes_are_added_to_a_table_that_exists() -> None:
    migrated(table(name=columns.String(size=30)))
    grown = table(
        meta={"indexes": [Index("-created_at", "title", lengths=[None, 10]), FulltextIndex("title", key="words")]},
        name=columns.String(size=30),
        title=columns.Varchar(size=80, column="heading"),
        count=columns.Integer(min=0, db_default=3),
    )
    migrated(grown)
    indexes = {index["key"]: index for index in ask("GET", "/tables/things")["indexes"]}
    assert indexes["created_at_title_key"]["columns"] == ["$createdAt", "heading"]
    assert indexes["created_at_title_key"]["orders"] == ["DESC", "ASC"]
    assert indexes["created_at_title_key"]["lengths"] == [0, 10]
    assert indexes["words"]["type"] == "fulltext"
    assert columns_of()["count"]["default"] == 3
    assert migrated(grown) == []


def test_an_added_column_invalidates_cached_rows() -> None:
    small, large = table(a=columns.Integer()), table(a=columns.Integer(), b=columns.Integer())
    migrated(small)
    row = small.objects.create(a=1)
    list(large.objects.all())
    assert large.objects.is_updated()
    migrated(large)
    assert not large.objects.is_updated()
    assert next(iter(large.objects.all()))._raw == {**row._raw, "b": None}


def test_undeclared_parts_are_reported_and_kept() -> None:
    migrated(table(a=columns.Boolean(), b=columns.Boolean(), meta={"indexes": [Index("b")]}))
    assert migrated(table(a=columns.Boolean())) == [
        "Not declared, left alone: index things.b_key (key on b)",
        "Not declared, left alone: column things.b (boolean)",
    ]
    assert "b" in columns_of()


def test_an_index_over_an_unknown_column_is_refused_before_any_request() -> None:
    with counted() as costs, pytest.raises(ConfigurationError, match="'nothing', which is not a column"):
        migrated(table(a=columns.Boolean(), meta={"indexes": [Index("nothing")]}))
    assert costs.requests == []


def test_an_index_is_added_when_its_columns_are_built() -> None:
    with counted() as costs, unfinished(3):
        migrated(table(meta={"indexes": [Index("b")]}, **LATE))
    index = costs.requests.index("POST /tablesdb/library/tables/things/indexes")
    assert [request.partition("?")[0] for request in costs.requests[index - 4 : index]] == [
        "GET /tablesdb/library/tables"
    ] * 4
    assert ask("GET", "/tables/things")["indexes"][0]["columns"] == ["b"]


def test_a_timeout_names_what_is_unfinished() -> None:
    with unfinished(1000), pytest.raises(SchemaError, match=r"column things.b is processing.*Run the migration again"):
        migrated(table(**LATE), timeout=0)


def test_a_column_that_failed_is_reported_with_the_servers_reason() -> None:
    with (
        unfinished(0, "row too wide"),
        pytest.raises(SchemaError, match=r"could not build things\.b: it is failed, row too wide"),
    ):
        migrated(table(**LATE))


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        (columns.String(size=20), columns.Integer(), "type"),
        (columns.Boolean(), columns.Boolean(array=True), "array"),
        (columns.Integer(), columns.Integer(column="A"), "is spelled 'a'"),
    ],
)
def test_a_difference_that_cannot_be_migrated_is_an_error_and_changes_nothing(
    before: Any, after: Any, named: str
) -> None:
    migrated(table(a=before))
    seen = columns_of()
    with pytest.raises(SchemaError, match=named):
        migrated(table(a=after, b=columns.Boolean()))
    assert columns_of() == seen


@pytest.mark.parametrize("size", [1, 254, 255, 256, 16000])
def test_a_string_and_a_varchar_of_one_size_are_equal(size: int) -> None:
    migrated(table(a=columns.String(size=size)))
    assert migrated(table(a=columns.Varchar(size=size))) == []


def test_an_error_of_the_server_names_the_change_and_what_was_done_stays() -> None:
    wide = {f"c{n}": columns.Varchar(size=6000) for n in range(3)}
    with pytest.raises(SchemaError, match=r"Could not add column things\.c[012].*wider"):
        migrated(table(**wide))
    assert len(columns_of()) == 2  # they go together: which of them finds no room is not said


def test_a_change_that_another_run_made_first_is_not_an_error() -> None:
    """Both saw an empty database; this one's requests all come too late."""
    wanted = table(name=columns.Varchar(size=9), age=columns.Integer(), meta={"indexes": [Index("name")]})
    raced = {"done": False}

    def race(request: Any, reply: Reply) -> Reply:
        if not raced["done"]:
            raced["done"] = True
            migrated(wanted)
        return reply

    with answering(race):
        assert migrated(wanted) == []
    assert migrated(wanted) == []


def test_it_works_on_an_event_loop() -> None:
    assert asyncio.run(_migrated_asynchronously(Book)) > 0
    assert migrated(Book) == []


def test_the_command_reports_its_changes_and_a_second_run_none(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("migrate_appwrite")
    assert "Create table books" in capsys.readouterr().out
    call_command("migrate_appwrite")
    assert capsys.readouterr().out == "Nothing to do.\n"


def test_the_command_takes_labels_of_apps_and_tables() -> None:
    call_command("migrate_appwrite", "books", verbosity=0)
    assert [found["$id"] for found in ask("GET", "/tables")["tables"]] == ["books"]
    call_command("migrate_appwrite", "library", verbosity=0)
    assert len(ask("GET", "/tables")["tables"]) == 3


def test_the_command_ends_with_a_readable_error() -> None:
    with pytest.raises(CommandError, match="no table 'nothing'"):
        call_command("migrate_appwrite", "nothing")
    with pytest.raises(CommandError, match="no connection 'nowhere'"):
        call_command("migrate_appwrite", database="nowhere")
    assert "default" in connections.aliases()


def test_several_tables_are_created_at_once_each_in_its_order() -> None:
    tables = [
        table(f"t{n}", {"indexes": [Index("a")]}, a=columns.Varchar(size=9), b=columns.Text(), c=columns.Boolean())
        for n in range(9)
    ]
    under_way, most = [], []
    perform, lock = Attempt.perform, threading.Lock()

    def performed(self: Attempt) -> Any:
        with lock:
            under_way.append(self)
            most.append(len(under_way))
        time.sleep(0.002)
        try:
            return perform(self)
        finally:
            with lock:
                under_way.remove(self)

    with mock.patch.object(Attempt, "perform", performed):
        lines = migrated(*tables)
    assert 1 < max(most) <= AT_ONCE
    for one in tables:
        own = [line.split("(")[0].strip() for line in lines if f"{one._meta.id}" in line]
        assert own[1:] == [
            f"Add column {one._meta.id}.a",
            f"Add column {one._meta.id}.b",
            f"Add index {one._meta.id}.a_key",
        ]
    assert migrated(*tables) == []


def test_an_error_in_one_table_does_not_affect_the_others() -> None:
    wide = table("wide", **{f"c{n}": columns.Varchar(size=6000) for n in range(3)})
    for run_it in (migrated, lambda *tables: asyncio.run(_migrated_asynchronously(*tables))):
        with pytest.raises(SchemaError, match=r"Could not add column wide\.c[012]"):
            run_it(wide, Book, Reader)
    assert [line for line in migrated(Book, Reader) if "Not declared" not in line] == []


async def _migrated_asynchronously(*tables: Any) -> int:
    return await run_async(migrate(tables))
