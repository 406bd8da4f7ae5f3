"""A kind of column is complete: its row, its class, its lookups, the local Appwrite, exports and docs agree.

A kind or class that is missing somewhere fails under its name.
"""

from __future__ import annotations

import datetime
import decimal
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import models
from django.db.models import Q

from django_appwrite_orm import Table, columns
from django_appwrite_orm.interchange.appwrite_config import config_of, tables_of
from django_appwrite_orm.interchange.codegen import source
from django_appwrite_orm.interchange.exporters import firebase, sql
from django_appwrite_orm.plans import Clause
from django_appwrite_orm.querysets.lookups.compiler import where
from django_appwrite_orm.schema import declared_table
from django_appwrite_orm.schema.state import ColumnState
from django_appwrite_orm.tables.columns import Column, column_class, relations
from django_appwrite_orm.tables.columns.lookups import LOOKUPS
from django_appwrite_orm.tables.kinds import KINDS, Family, kind_name, kind_named
from tests.support.migrations import columns_of, migrated, table

RING = ((0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (0.0, 0.0))
NOON = datetime.datetime(2024, 5, 31, 12, tzinfo=datetime.UTC)
# For each class a column and a value of it.
SAMPLES: dict[str, tuple[Column, Any]] = {
    "BigInt": (columns.BigInt(), 2**40),
    "Boolean": (columns.Boolean(), True),
    "Date": (columns.Date(), datetime.date(2024, 5, 31)),
    "Datetime": (columns.Datetime(), NOON),
    "Decimal": (columns.Decimal(max_digits=6, decimal_places=2), decimal.Decimal("12.34")),
    "Email": (columns.Email(), "ada@example.com"),
    "Enum": (columns.Enum(["a", "b"]), "a"),
    "Float": (columns.Float(), 1.5),
    "IP": (columns.IP(), "127.0.0.1"),
    "Integer": (columns.Integer(), 7),
    "JSON": (columns.JSON(), {"a": [1]}),
    "Line": (columns.Line(), RING[:2]),
    "LongText": (columns.LongText(), "text"),
    "MediumText": (columns.MediumText(), "text"),
    "Point": (columns.Point(), RING[0]),
    "Polygon": (columns.Polygon(), (RING,)),
    "String": (columns.String(), "text"),
    "Text": (columns.Text(), "text"),
    "Time": (columns.Time(), datetime.time(9, 30)),
    "URL": (columns.URL(), "https://example.com/"),
    "UUID": (columns.UUID(), uuid.UUID(int=1)),
    "Varchar": (columns.Varchar(), "text"),
    "Version": (columns.Version(), 1),
}
CLASSES = {
    name: made for name in columns.__all__ if issubclass(made := getattr(columns, name), Column) and made is not Column
}
# The classes that declare a kind, by its name; the others keep something else in one of these.
DECLARING = {made.kind.name: made for made in CLASSES.values() if "kind" in vars(made)}
DECLARING["relationship"] = relations.RelationshipColumn
PLAIN = sorted(name for name, kind in KINDS.items() if kind.family is not Family.LINK)


def things(id: str = "things") -> type[Table]:
    """A table with a column of every class."""
    return table(id, **{name.lower(): column for name, (column, _) in SAMPLES.items()})


def test_every_kind_has_one_class() -> None:
    assert set(DECLARING) == set(KINDS)
    assert len(DECLARING) == 1 + sum("kind" in vars(made) for made in CLASSES.values())
    assert {name: column_class(name) for name in KINDS} == {**DECLARING, "relationship": None}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_keeps_its_values_in_a_kind_of_the_table(name: str) -> None:
    column, value = SAMPLES[name]
    assert type(column) is CLASSES[name]
    assert KINDS[column.kind.name] is column.kind
    assert column.family in LOOKUPS
    json_types = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}
    assert json_types[type(column.to_appwrite(column.clean(value)))] == column.kind.json_type
    assert column.row_bytes > 0
    assert column.index_length > 0


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_description_leads_to_its_kind(name: str) -> None:
    kind = KINDS[name]
    assert kind_name(kind.type, kind.format) == name
    assert ColumnState("a", name).facts is kind
    assert kind.family in LOOKUPS
    assert (kind.range is None) or (kind.json_type in ("integer", "number"))


def test_an_unknown_kind_belongs_to_no_family() -> None:
    kind = kind_named("hologram")
    assert (kind.name, kind.type, kind.family, kind.inline) == ("hologram", "hologram", Family.UNKNOWN, False)
    assert kind_name("hologram", "") == "hologram"


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_lookup_of_a_class_becomes_a_clause(name: str) -> None:
    made, (column, value) = things(), SAMPLES[name]
    if column.family is Family.DOCUMENT:
        value = None  # Appwrite cannot compare a document
    for lookup in column.lookups:
        assert isinstance(where(made, Q(**{f"{name.lower()}__{lookup}": argument(lookup, value)})), Clause)


def test_every_lookup_of_an_array_becomes_a_clause() -> None:
    column = columns.Integer(array=True)
    for lookup in column.lookups:
        value = True if lookup == "isnull" else [1]
        assert isinstance(where(table(a=column), Q(**{f"a__{lookup}": value})), Clause)


def argument(lookup: str, value: Any) -> Any:
    """A value for this lookup of a column that holds `value`."""
    part, _, comparison = lookup.partition("__")
    if lookup == "isnull":
        return True
    if lookup.startswith("distance_"):
        return value, 1.5
    value = {"date": datetime.date(2024, 5, 31), "year": 2024, "month": (2024, 5)}.get(part, value)
    several = comparison or lookup
    return [value] if several == "in" else (value, value) if several == "range" else value


def test_the_local_appwrite_creates_every_kind_with_a_table_and_by_its_own_route() -> None:
    migrated(table("alone"))
    migrated(things("alone"), things("inline"))
    assert migrated(things("alone"), things("inline")) == []
    for described in (columns_of("alone"), columns_of("inline")):
        for name, (column, _) in SAMPLES.items():
            answer = described[name.lower()]
            assert (answer["type"], answer.get("format") or "") == (column.kind.type, column.kind.format), name


@pytest.mark.parametrize("name", PLAIN)
def test_every_kind_is_exported_and_imported(name: str) -> None:
    sample = next(column for column, _ in SAMPLES.values() if type(column) is DECLARING[name])
    state = declared_table(table(a=sample)).state
    kind = KINDS[name]
    assert kind.sql.partition(" ")[0] in sql([state])
    assert ".validate" in json.loads(firebase([state]))["rules"]["things"]["$row"]["a"]
    written = config_of([state], "library", "project", "local:")
    assert written["tables"][0]["columns"][0]["type"] == kind.type
    (read,) = tables_of(json.dumps(written), "library")
    assert read.columns["a"] == state.columns["a"]
    assert f"columns.{DECLARING[name].__name__}(" in source([state], Table)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_is_described_by_a_field_of_django(name: str) -> None:
    field = things()._meta.get_field(name.lower())
    described = SAMPLES[name][0].kind.family is not Family.SHAPE
    assert (type(field) is not models.Field) is described


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_is_in_the_docs(name: str) -> None:
    docs = Path(__file__).parents[2] / "docs" / "reference" / "tables.md"
    assert re.search(rf"^\|[^|]*`{name}\(", docs.read_text(), re.MULTILINE)
