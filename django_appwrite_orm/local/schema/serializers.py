"""Databases, tables, columns and indexes as responses show them."""

from __future__ import annotations

from typing import Any

from ..api.dialects import Dialect
from ..columns.column import Column
from ..columns.kinds import ColumnKind
from ..columns.width import MAX_ROW_BYTES, row_width
from .models import Database, Index, Table


def describe_database(database: Database) -> dict[str, Any]:
    """Return a database as a response shows it."""
    return {
        "$id": database.id,
        "name": database.name,
        "$createdAt": database.created,
        "$updatedAt": database.updated,
        "enabled": database.enabled,
        "type": database.type,
    }


def describe_table(table: Table, dialect: Dialect) -> dict[str, Any]:
    """Return a table with its columns and indexes as a response shows it."""
    return {
        "$id": table.id,
        "$createdAt": table.created,
        "$updatedAt": table.updated,
        "$permissions": list(table.permissions),
        "databaseId": table.database.id,
        "name": table.name,
        "enabled": table.enabled,
        dialect.row_security: table.row_security,
        dialect.columns: [describe_column(column, dialect) for column in table.columns],
        "indexes": [describe_index(index, dialect) for index in table.indexes],
        "bytesMax": MAX_ROW_BYTES,
        "bytesUsed": row_width(table.columns),
    }


def describe_column(column: Column, dialect: Dialect, status: str = "") -> dict[str, Any]:
    """Return a column in the form of its kind; ``status`` replaces the stored one."""
    if column.is_relationship:
        return _common(column, status) | describe_relationship(column, dialect)
    return _common(column, status) | _own(column, column.kind)


def describe_changed_column(column: Column, kind: ColumnKind) -> dict[str, Any]:
    """Return the response to a change, in the form of the route's kind.

    Its ``encrypt`` is null (observed).
    """
    description = _common(column, "") | _own(column, kind)
    return description | {"encrypt": None} if "encrypt" in description else description


def describe_listed_column(column: Column, dialect: Dialect) -> dict[str, Any]:
    """Return a column of a list, where ``encrypt`` is null for the newer text kinds (observed)."""
    description = describe_column(column, dialect)
    return description if column.kind.lists_encryption else description | {"encrypt": None}


def _common(column: Column, status: str) -> dict[str, Any]:
    return {
        "key": column.key,
        "type": column.type,
        "status": status or column.status,
        "error": column.error,
        "required": column.required,
        "array": column.array,
        "$createdAt": column.created,
        "$updatedAt": column.updated,
    }


def _own(column: Column, kind: ColumnKind) -> dict[str, Any]:
    values = {
        "format": column.format,
        "elements": list(column.options.get("elements", ())),
        "size": column.size,
        "encrypt": column.encrypted,
        "min": column.options.get("min"),
        "max": column.options.get("max"),
    }
    return {name: values[name] for name in kind.fields} | {"default": column.options.get("default")}


def describe_relationship(column: Column, dialect: Dialect) -> dict[str, Any]:
    """Return the fields that only relationship columns have."""
    names = ("relationType", "twoWay", "twoWayKey", "onDelete", "side")
    related = "related" + dialect.table.capitalize()
    return {related: column.options["relatedTable"]} | {name: column.options[name] for name in names}


def describe_index(index: Index, dialect: Dialect, status: str = "") -> dict[str, Any]:
    """Return an index as a response shows it; ``status`` replaces the stored one."""
    return {
        "$id": f"index_{index.number}",
        "$createdAt": index.created,
        "$updatedAt": index.updated,
        "key": index.key,
        "type": index.type,
        "status": status or index.status,
        "error": index.error,
        dialect.columns: list(index.columns),
        "lengths": list(index.lengths),
        "orders": list(index.orders),
    }
