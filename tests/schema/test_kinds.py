"""Encrypted text and places, which their own rules hold for: made, compared, changed, converted, printed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Count, F, Max, Min, Value
from django.db.models.functions import Concat

from django_appwrite_orm import SpatialIndex, Table, columns
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import NotSupportedError
from django_appwrite_orm.interchange.appwrite_config import config_of, tables_of
from django_appwrite_orm.interchange.codegen import source
from django_appwrite_orm.interchange.exporters import firebase, sql
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import MigrationOptions, declared_table, read_tables
from tests.support.costs import counted
from tests.support.generated_tables import classes_of
from tests.support.migrations import ask, columns_of, fill, indexes_of, migrated, refused, table, values
from tests.support.newer_server import newer_server

RING = ((0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (0.0, 0.0))


def secret(**more: Any) -> type[Table]:
    return table(a=columns.String(size=200, encrypt=True, **more), b=columns.Text(encrypt=True), c=columns.Boolean())


class TestEncrypted:
    def test_encrypted_columns_are_added_by_their_own_routes_once(self) -> None:
        with counted() as costs:
            migrated(secret())
        # At once, so in any order.
        assert sorted([one for one in costs.requests if "POST" in one][2:]) == [
            "POST /tablesdb/library/tables/things/columns/string",
            "POST /tablesdb/library/tables/things/columns/text",
        ]
        assert {key: one.get("encrypt") for key, one in columns_of().items()} == {"c": None, "a": True, "b": True}
        assert migrated(secret()) == []

    def test_encrypted_values_are_read_and_cannot_be_filtered(self) -> None:
        made = secret()
        migrated(made)
        fill(made, "x" * 40, None)
        assert values(made) == ["x" * 40, None]
        for ask_for in (
            lambda: made.objects.filter(a="x"),
            lambda: made.objects.filter(b__isnull=True),
            lambda: made.objects.exclude(a__contains="x"),
            lambda: made.objects.order_by("-a"),
        ):
            with pytest.raises(NotSupportedError, match="is encrypted: Appwrite can neither filter nor order by it"):
                ask_for()

    def test_encrypted_values_are_counted_by_reading_them(self) -> None:
        made = secret()
        migrated(made)
        fill(made, "x", "x", None)
        counts = {"all": Count("a"), "different": Count("a", distinct=True)}
        assert made.objects.aggregate(**counts) == {"all": 2, "different": 1}
        with newer_server() as asked:
            assert made.objects.uncached().aggregate(**counts) == {"all": 2, "different": 1}
        assert asked == []
        for aggregate in (Max("a"), Min("b")):
            with pytest.raises(NotSupportedError, match="encrypted, so Appwrite cannot compare its values"):
                made.objects.aggregate(one=aggregate)

    def test_operators_on_encrypted_values_are_refused(self) -> None:
        made = secret()
        migrated(made)
        fill(made, "x")
        with pytest.raises(ValidationError, match="Appwrite would change the encrypted text"):
            made.objects.update(a=Concat(F("a"), Value("y")))
        assert values(made) == ["x"]

    def test_a_json_column_can_be_encrypted(self) -> None:
        made = table(a=columns.JSON(encrypt=True))
        migrated(made)
        fill(made, {"k": [1]})
        assert (values(made), columns_of()["a"]["encrypt"]) == ([{"k": [1]}], True)

    def test_an_encrypted_column_is_not_shortened_below_its_minimum(self) -> None:
        migrated(secret())
        refused(
            table(a=columns.String(size=20), b=columns.Text(), c=columns.Boolean()), match="its values would not be"
        )

    def test_plain_text_is_encrypted_by_a_copy(self) -> None:
        plain = table(a=columns.String(size=200))
        migrated(plain)
        fill(plain, "one", None)
        whole = table(a=columns.String(size=200, encrypt=True))
        migrated(whole, rules=MigrationOptions(allow_destructive=True))
        assert values(whole) == ["one", None]
        assert columns_of()["a"]["encrypt"] is True
        assert set(columns_of()) == {"a"}

    def test_an_encrypted_column_that_becomes_required_fills_empty_rows(self) -> None:
        migrated(secret())
        fill(secret(), "x", None)
        whole = secret(required=True, default="y")
        migrated(whole)
        assert values(whole) == ["x", "y"]
        assert migrated(whole) == []

    def test_a_longer_column_stays_encrypted_and_another_kind_is_refused(self) -> None:
        migrated(secret())
        longer = table(a=columns.String(size=300, encrypt=True), b=columns.Text(encrypt=True), c=columns.Boolean())
        migrated(longer)
        assert (columns_of()["a"]["size"], columns_of()["a"]["encrypt"]) == (300, True)
        refused(table(a=columns.Text(), b=columns.Text(), c=columns.Boolean()), match="its values would not be")


def places(**more: Any) -> type[Table]:
    return table(
        a=columns.Point(**more),
        line=columns.Line(db_default=((0, 0), (1, 1.5))),
        area=columns.Polygon(db_default=(RING,)),
        meta={"indexes": [SpatialIndex("a")] if more.get("required") else []},
    )


class TestPlaces:
    def test_spatial_columns_are_created_with_their_table_and_index(self) -> None:
        with counted() as costs:
            migrated(places(required=True))
        assert sum("POST" in one for one in costs.requests) == 2  # the database, the table
        assert indexes_of()["a_spatial"]["type"] == "spatial"
        assert {key: one["default"] for key, one in columns_of().items()} == {
            "a": None, "line": [[0, 0], [1, 1.5]], "area": [[[0, 0], [0, 2], [2, 2], [0, 0]]],
        }  # fmt: skip
        assert migrated(places(required=True)) == []

    def test_defaults_and_required_change_in_place(self) -> None:
        migrated(places())
        fill(places(), (1, 2), None)
        changed = table(a=columns.Point(required=True, default=(5, 6)), line=columns.Line(), area=columns.Polygon())
        migrated(changed)
        assert values(changed) == [(1.0, 2.0), (5.0, 6.0)]
        assert [one["default"] for one in columns_of().values()] == [None, None, None]
        assert migrated(changed) == []

    def test_a_required_spatial_column_is_added_to_existing_rows(self) -> None:
        plain = table(b=columns.Boolean())
        migrated(plain)
        ask("POST", "/tables/things/rows", {"rowId": "r", "data": {"b": True}})
        refused(table(b=columns.Boolean(), a=columns.Point(required=True)), match="it is required, and there are rows")
        whole = table(b=columns.Boolean(), a=columns.Point(required=True, default=(1, 2)))
        migrated(whole)
        assert values(whole) == [(1.0, 2.0)]

    def test_a_spatial_kind_is_converted_to_another(self) -> None:
        migrated(table(a=columns.Point()))
        fill(table(a=columns.Point()), (1, 2), None)
        refused(table(a=columns.Line()), match="give the column a convert=")
        whole = table(a=columns.Line(convert=lambda point: [point, (0, 0)]))
        migrated(whole)
        assert values(whole) == [((1.0, 2.0), (0.0, 0.0)), None]


@pytest.mark.parametrize("made", [secret(), places(required=True)])
def test_encrypted_and_spatial_columns_are_printed_exported_and_read_back(made: type[Table]) -> None:
    migrated(made)
    found = run_sync(read_tables(connections["default"]))
    assert found is not None
    (inspected,) = classes_of(source(found.values(), Table))
    assert migrated(inspected) == []
    state = declared_table(made).state
    config = config_of([state], "library", "p", "local:")
    assert tables_of(json.dumps(config), "library") == [state]
    assert '"a"' in sql([state])
    assert "hasChildren" in firebase([state]) or "isString" in firebase([state])
