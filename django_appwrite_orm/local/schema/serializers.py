"""Databases, tables, columns and indexes as answers show them."""

from __future__ import annotations

from typing import Any

from ..api.dialects import Dialect
from ..columns.width import MOST_BYTES, row_width
from .models import RELATIONSHIP, TEXT_TYPES, Column, Database, Index, Table


def describe_database(database: Database) -> dict[str, Any]:
    return {
        "$id": database.id,
        "name": database.name,
        "$createdAt": database.created,
        "$updatedAt": database.updated,
        "enabled": database.enabled,
        "type": database.type,
    }


def describe_table(table: Table, words: Dialect) -> dict[str, Any]:
    return {
        "$id": table.id,
        "$createdAt": table.created,
        "$updatedAt": table.updated,
        "$permissions": list(table.permissions),
        "databaseId": table.database.id,
        "name": table.name,
        "enabled": table.enabled,
        words.row_security: table.row_security,
        words.columns: [describe_column(column, words) for column in table.columns],
        "indexes": [describe_index(index, words) for index in table.indexes],
        "bytesMax": MOST_BYTES,
        "bytesUsed": row_width(table.columns),
    }


def describe_column(column: Column, words: Dialect, status: str = "") -> dict[str, Any]:
    """A column in the shape of its kind; ``status`` replaces the stored one (a new column says "processing")."""
    if column.type == RELATIONSHIP:
        return _common(column, status) | describe_relationship(column, words)
    kind = column.format or column.type
    return _common(column, status) | _own(column, "float" if kind == "double" else kind)


def describe_changed(column: Column, kind: str) -> dict[str, Any]:
    """The answer to a change, in the shape of the route's kind, which says nothing of encryption (observed)."""
    shown = _common(column, "") | _own(column, kind)
    return shown | {"encrypt": None} if "encrypt" in shown else shown


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


def _own(column: Column, kind: str) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if kind in ("email", "ip", "url", "enum", "datetime"):
        shown["format"] = column.format
    if kind == "enum":
        shown["elements"] = list(column.options.get("elements", ()))
    if kind in ("string", "varchar"):
        shown["size"] = column.size
    if kind in TEXT_TYPES:
        shown["encrypt"] = column.encrypted
    if kind in ("integer", "bigint", "float"):
        shown["min"], shown["max"] = column.options.get("min"), column.options.get("max")
    return shown | {"default": column.options.get("default")}


def describe_relationship(column: Column, words: Dialect) -> dict[str, Any]:
    """What only relationship columns show."""
    names = ("relationType", "twoWay", "twoWayKey", "onDelete", "side")
    related = "related" + words.table.capitalize()
    return {related: column.options["relatedTable"]} | {name: column.options[name] for name in names}


def describe_index(index: Index, words: Dialect, status: str = "") -> dict[str, Any]:
    return {
        "$id": f"index_{index.number}",
        "$createdAt": index.created,
        "$updatedAt": index.updated,
        "key": index.key,
        "type": index.type,
        "status": status or index.status,
        "error": index.error,
        words.columns: list(index.columns),
        "lengths": list(index.lengths),
        "orders": list(index.orders),
    }
