"""Values that are there twice refuse a unique index before anything is changed."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from django_appwrite_orm import Table, UniqueIndex, columns, orm, register
from django_appwrite_orm.registry import registry
from django_appwrite_orm.schema.operations import indexes
from tests.support.costs import counted
from tests.support.migrations import fill, indexes_of, migrated, refused, table


def plain(**more: Any) -> type[Table]:
    return table(a=columns.String(size=20), n=columns.Integer(), **more)


def unique(*names: str, **more: Any) -> type[Table]:
    body = {"a": columns.String(size=20), "n": columns.Integer(), **more}
    return table(meta={"indexes": [UniqueIndex(*names)]}, **body)


def stock(*rows: tuple[str | None, int | None]) -> None:
    migrated(plain())
    for number, (a, n) in enumerate(rows):
        plain().objects.create(id=f"r{number}", a=a, n=n)


def test_the_values_and_the_rows_are_named() -> None:
    stock(("x", 1), ("y", 2), ("x", 3), ("x", 4))
    refused(
        unique("a"),
        match=r"a_unique: there would be duplicate values \(a 'x' in rows r0 and r2; a 'x' in rows r0 and r3\)",
    )


@pytest.mark.parametrize("rows", [[("x", 1), ("x", None), (None, 1), (None, None), (None, None)], [("x", 1), ("y", 1)]])
def test_distinct_rows_and_nulls_do_not_violate_a_unique_index(rows: list[tuple[str | None, int | None]]) -> None:
    stock(*rows)
    migrated(unique("a", "n"))
    assert set(indexes_of()) == {"a_n_unique"}


@pytest.mark.parametrize(("first", "second"), [("Ada", "ADÁ "), ("straße", "STRASE"), ("\U0001f600", "\U0001f680")])
def test_similar_texts_are_compared_by_the_server(first: str, second: str) -> None:
    stock((first, 1), (second, 2), ("other", 3))
    with counted() as costs:
        refused(unique("a"), match="in rows r0 and r1")
    assert sum("/rows" in one for one in costs.requests) == 2  # one page of rows, one comparison
    assert first != second


def test_similar_texts_that_the_server_distinguishes_are_allowed() -> None:
    stock(("é", 1), ("e\u0301", 2))  # composed or not: different to MariaDB
    with counted() as costs:
        migrated(unique("a"))
    assert sum("/rows" in one for one in costs.requests) == 2
    assert set(indexes_of()) == {"a_unique"}


def test_values_are_checked_as_they_will_be_after_the_migration() -> None:
    stock(("12", 1), ("012", 2), (None, 3))
    refused(unique("a", a=columns.Integer(convert=int)), match="a 12 in rows r0 and r1")
    renamed = table(
        b=columns.String(size=20, renamed_from="a"), n=columns.Integer(), meta={"indexes": [UniqueIndex("b")]}
    )
    migrated(renamed)
    assert set(indexes_of()) == {"b_unique"}


def test_a_default_that_fills_two_rows_of_a_unique_column_is_an_obstacle() -> None:
    stock((None, 1), (None, 2), ("x", 3))
    for default in ("d", "x"):
        filled = columns.String(size=20, required=True, default=default)
        refused(unique("a", a=filled), match=r"in rows r. and r.*A default= gives the same value to every row")
    migrated(unique("a"))
    filled = columns.String(size=20, required=True, default="d")
    refused(unique("a", a=filled), match="a 'd' in rows r0 and r1")
    new = columns.Integer(required=True, default=7)
    refused(unique("m", m=new), match="m 7 in rows r0 and r1")


def test_rows_are_checked_once_in_a_run_and_only_for_new_unique_indexes() -> None:
    stock(("x", 1), ("y", 2))
    with counted() as costs:
        migrated(unique("a", late=columns.Varchar(size=9)))
    assert sum("/rows" in one for one in costs.requests) == 1
    with counted() as costs:
        migrated(unique("a", late=columns.Varchar(size=9)))
    assert sum("/rows" in one for one in costs.requests) == 0


def test_a_table_too_large_to_check_is_refused_with_an_alternative() -> None:
    stock(("x", 1), ("y", 2), ("z", 3))
    with mock.patch.object(indexes, "MAX_ROWS", 2):
        refused(unique("a"), match="more than 2 rows, too many to check")
    fill(plain(), "w")
    plain_table = plain()
    register(plain_table)
    try:
        orm.table("things").create_index(UniqueIndex("a"))
    finally:
        registry.discard(plain_table)
    assert set(indexes_of()) == {"a_unique"}
