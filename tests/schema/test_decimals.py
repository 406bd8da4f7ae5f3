"""Decimals are whole numbers on the server; a migration knows by the column's upper bound what they stand for."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.interchange.appwrite_config import config_of, tables_of
from django_appwrite_orm.interchange.codegen import source
from django_appwrite_orm.interchange.exporters import sql
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import MigrationOptions, declared_table, plan
from django_appwrite_orm.tables.columns.serialized import decimal_bound, decimal_digits
from tests.support.migrations import ask, columns_of, fill, migrated, refused, table, values


def priced(digits: int, places: int, **options: Any) -> type[Table]:
    return table(a=columns.Decimal(max_digits=digits, decimal_places=places, **options))


def old(*given: int, **body: Any) -> None:
    """The column as it was made before its bound said anything, and rows with these whole numbers."""
    ask("POST", "/tables/things/columns/integer", {"key": "a", "required": False, **body})
    for place, value in enumerate(given):
        ask("POST", "/tables/things/rows", {"rowId": f"r{place}", "data": {"a": value}})


@pytest.mark.parametrize(("digits", "places"), [(1, 0), (1, 1), (10, 2), (18, 0), (18, 18)])
def test_the_upper_bound_contains_the_digits_exactly(digits: int, places: int) -> None:
    bound = decimal_bound(digits, places)
    assert 10**18 < bound < 2**63
    assert decimal_digits(bound) == (digits, places)
    assert decimal_digits(int(repr(float(bound)).replace("e+18", "").replace(".", "").ljust(19, "0"))) == (
        digits,
        places,
    )


@pytest.mark.parametrize(
    "bound", [None, 0, 2**63 - 1, 9 * 10**18, decimal_bound(10, 2) + 1, 9.2e18, decimal_bound(3, 4)]
)
def test_other_bounds_contain_no_digits(bound: object) -> None:
    assert decimal_digits(bound) is None


def test_more_places_keep_every_number() -> None:
    migrated(priced(8, 2))
    fill(priced(8, 2), Decimal("12.34"), Decimal("-0.01"), None)
    finer = priced(9, 3)
    lines = migrated(finer)
    assert "Copy values of things.a to a__migrating, and check them" in lines
    assert values(finer) == [Decimal("12.340"), Decimal("-0.010"), None]
    assert [row["a"] for row in ask("GET", "/tables/things/rows")["rows"]] == [12340, -10, None]
    assert not [line for line in migrated(finer) if not line.startswith("Not declared")]


def test_fewer_places_are_refused_where_numbers_would_lose_digits() -> None:
    migrated(priced(8, 2))
    fill(priced(8, 2), Decimal("12.30"), Decimal("12.34"))
    refused(priced(8, 1), match="1 row does not fit .*At most 1 decimal place, not 12.34")


def test_the_plan_and_the_difference_name_the_scale() -> None:
    migrated(priced(8, 2))
    found = run_sync(plan([priced(8, 3)]))
    assert str(found.changes[0]) == "add column things.a__migrating (decimal(8, 3))"
    wider = run_sync(plan([priced(10, 2)])).changes
    assert list(map(str, wider)) == ["change column things.a: decimal(8, 2) → decimal(10, 2)"]


def test_fewer_digits_are_refused_where_numbers_have_more() -> None:
    migrated(priced(8, 2))
    fill(priced(8, 2), Decimal("123.45"))
    refused(priced(4, 2), match="At most 4 digits")
    assert migrated(priced(5, 2)) == ["Change column things.a: decimal(8, 2) → decimal(5, 2)"]


def test_an_integer_without_bounds_counts_as_the_declared_decimal() -> None:
    migrated(table(b=columns.Boolean()))
    old(1234)
    assert list(map(str, run_sync(plan([priced(8, 2)])).changes)) == [
        "change column things.a: integer → decimal(8, 2); its values are read with 2 decimal places, 1234 as 12.34"
    ]
    migrated(priced(8, 2))
    assert values(priced(8, 2)) == [Decimal("12.34")]
    assert columns_of()["a"]["max"] == decimal_bound(8, 2)


def test_whole_numbers_with_bounds_of_their_own_keep_their_value() -> None:
    migrated(table(b=columns.Boolean()))
    old(12, min=0, max=2**40)
    migrated(priced(8, 2))
    assert values(priced(8, 2)) == [Decimal(12)]


@pytest.mark.parametrize("kind", [columns.Integer, columns.BigInt])
def test_a_decimal_becomes_a_whole_number_of_its_value(kind: Any) -> None:
    migrated(priced(8, 2))
    fill(priced(8, 2), Decimal("12.00"), Decimal("12.50"))
    refused(table(a=kind()), match="1 row does not fit")
    priced(8, 2).objects.filter(a=Decimal("12.50")).update(a=Decimal(13))
    migrated(table(a=kind()))
    assert values(table(a=kind())) == [12, 13]


def test_lists_of_decimals_keep_their_values() -> None:
    migrated(priced(8, 2, array=True))
    fill(priced(8, 2, array=True), [Decimal("1.5"), Decimal(2)])
    migrated(priced(8, 4, array=True))
    assert values(priced(8, 4, array=True)) == [[Decimal("1.5"), Decimal(2)]]


def test_classes_from_a_database_and_from_the_clis_file_have_the_digits() -> None:
    state = declared_table(priced(8, 2, db_default=Decimal("1.50"))).state
    text = json.dumps(config_of([state], "library", "shop", "local:x"))
    for states in ([state], tables_of(text, "library")):
        assert "a = columns.Decimal(max_digits=8, decimal_places=2, db_default='1.50')" in source(states, Table)


def test_sql_exports_a_decimal_type() -> None:
    state = declared_table(priced(8, 2, db_default=Decimal("1.50"))).state
    assert '"a" DECIMAL(8, 2) DEFAULT 1.50' in sql([state])


def test_the_values_from_before_stay_until_dropping_them_is_allowed() -> None:
    migrated(priced(8, 2))
    fill(priced(8, 2), Decimal("12.34"))
    migrated(priced(8, 3))
    assert set(columns_of()) == {"a", "a__before"}
    migrated(priced(8, 3), rules=MigrationOptions(allow_destructive=True))
    assert set(columns_of()) == {"a"}
