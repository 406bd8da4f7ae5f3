"""The copy of a model's table in memory: the columns that Django's SQLite backend would give it."""

from __future__ import annotations

from typing import cast
from weakref import WeakKeyDictionary

from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.models import Model

from ...tables import columns
from ..columns import (
    BinaryColumn,
    JSONColumn,
    KeyColumn,
    ListColumn,
    ModelColumn,
    TextColumn,
    WideDecimalColumn,
    columns_of,
)
from ..keys import IdKey, UUIDKey
from . import collation, decimals
from .load import MemoryColumn, MemoryTable

_PLAIN = "{0}"
_UUID = "replace({0},'-','')"
_TIME = "iif(substr({0},9)='.000000',substr({0},1,8),{0})"
# 2024-05-31T12:00:00.000+00:00 as Django writes a datetime: a blank for the T, six digits behind the point or none.
_DATETIME = "substr({0},1,10)||' '||substr({0},12,8)||iif(substr({0},20,4)='.000','',substr({0},20,4)||'000')"


def memory_table(models: list[type[Model]], connection: DatabaseWrapper, sql: str) -> MemoryTable:
    """Return the copy of the table that these models share, with the columns of theirs that `sql` may name."""
    made = {cast(str, column.field.column): column for model in models for column in columns_of(model)}
    sql = sql.lower()
    copied: list[MemoryColumn] = []
    for name, column in made.items():
        name = name.strip('"').lower()
        if column.field.primary_key or name in sql:
            copied.append(_memory_column(column, connection))
        if decimals.exact_name(name) in sql and (exact := decimals.exact_definition(column, connection.ops.quote_name)):
            copied.append(MemoryColumn(column.key, *exact))
    return MemoryTable(connection.ops.quote_name(models[0]._meta.db_table), tuple(copied))


# By the column of the model and the time zone of datetimes in memory. Every query asks for them, a hit too.
_columns: WeakKeyDictionary[ModelColumn, dict[str, MemoryColumn]] = WeakKeyDictionary()


def _memory_column(column: ModelColumn, connection: DatabaseWrapper) -> MemoryColumn:
    by_zone = _columns.setdefault(column, {})
    zone = connection.timezone_name
    if zone not in by_zone:
        by_zone[zone] = _new_column(column, connection)
    return by_zone[zone]


def _new_column(column: ModelColumn, connection: DatabaseWrapper) -> MemoryColumn:
    field = column.field
    definition = f"{connection.ops.quote_name(cast(str, field.column))} {field.db_type(connection)}"
    if _is_compared_as_text(column):
        definition += f" COLLATE {collation.NAME}"
    if field.primary_key:
        definition += " PRIMARY KEY"
    return MemoryColumn(column.key, definition, _value(column, connection), column.is_nested)


def _is_compared_as_text(column: ModelColumn) -> bool:
    """Whether the server's collation decides how two values of the column compare.

    A text that is a primary key compares byte by byte, so that a token never matches another one.
    """
    if isinstance(column, KeyColumn):
        return isinstance(column.row_key, IdKey)
    target = column.field
    while target.remote_field is not None:
        target = target.target_field  # type: ignore[attr-defined]  # of a relation
    return isinstance(column, TextColumn) and not target.primary_key


def _value(column: ModelColumn, connection: DatabaseWrapper) -> str:
    """Return the SQL that makes SQLite's value of the one that Appwrite sends."""
    if isinstance(column, KeyColumn):
        # The digits of a number's id become that number by the type of the column.
        return _UUID if isinstance(column.row_key, UUIDKey) else _PLAIN
    if isinstance(column, ListColumn):
        return _PLAIN
    if column.is_nested:
        return "nullif({0},'[]')"
    if isinstance(column, JSONColumn):
        return "appwrite_document({0})"
    if isinstance(column, BinaryColumn):
        return "appwrite_bytes({0})"
    if isinstance(column, WideDecimalColumn):
        return f"cast({decimals.text_of(column.digits, column.places)} AS real)"
    kind = column.column
    if isinstance(kind, columns.Decimal):
        return f"{{0}}/1e{kind.decimal_places}"
    if isinstance(kind, columns.Datetime):
        zone = connection.timezone_name
        return _DATETIME if zone == "UTC" else f"appwrite_local_time({{0}},'{zone}')"
    if isinstance(kind, columns.UUID):
        return _UUID
    return _TIME if isinstance(kind, columns.Time) else _PLAIN
