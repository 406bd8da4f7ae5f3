"""Request bodies for tables, columns and indexes.

A new table can contain columns and indexes ("inline"), with fewer options than their own routes have. Observed on
Appwrite 1.9.6: only some kinds are known (`Kind.inline`), an integer has 32 bits whatever its range is, the range of a
number without an explicit range can never be changed, `encrypt` is ignored, and an index names its columns
`attributes`.
"""

from __future__ import annotations

from typing import Any

from ..plans.limits import INLINE_COLUMNS_LIMIT, INLINE_INDEXES_LIMIT
from ..tables.columns.serialized import decimal_bound
from ..tables.kinds import Family
from .state import ColumnState, IndexState, TableState


def table_body(table: TableState) -> dict[str, Any]:
    """Return the body of a new table; its columns and indexes must be `inline_parts`."""
    return {
        "tableId": table.id,
        **options_body(table),
        "columns": [_inline_column(column) for column in table.columns.values()],
        "indexes": [_index(index, "attributes") for index in table.indexes.values()],
    }


def options_body(table: TableState) -> dict[str, Any]:
    """Return all options of a table; a PUT resets those that are missing."""
    return {
        "name": table.name,
        "permissions": sorted(table.permissions),
        "rowSecurity": table.row_security,
        "enabled": table.enabled,
    }


def inline_parts(table: TableState) -> tuple[list[ColumnState], list[IndexState]]:
    """Return the columns and indexes that can be created with a table: indexes only over such columns."""
    columns = [column for column in table.columns.values() if is_inline(column)][:INLINE_COLUMNS_LIMIT]
    keys = {column.key for column in columns}
    indexes = [
        index for index in table.indexes.values() if all(key.startswith("$") or key in keys for key in index.columns)
    ]
    return columns, indexes[:INLINE_INDEXES_LIMIT]


def is_inline(column: ColumnState) -> bool:
    """Whether the request that creates a table can create this column."""
    if column.options.get("encrypt"):
        return False
    kind = column.facts
    if kind.narrow_range is not None and not kind.is_narrow(column.options["min"], column.options["max"]):
        return False
    return kind.inline


def _inline_column(column: ColumnState) -> dict[str, Any]:
    body = {"key": column.key, "required": column.required, "array": column.array, **column.options}
    kind = column.facts
    body["type"] = kind.type
    if kind.format:
        body |= {"format": kind.format, "size": kind.size}  # on their own route they take no size
    return body if column.default is None else {**body, "default": column.default}


def column_body(column: ColumnState) -> dict[str, Any]:
    """Return the body of a new column for its own route."""
    body = {"key": column.key, "required": column.required, **sent_options(column)}
    if column.facts.has_arrays:
        body["array"] = column.array
    return body if column.default is None else {**body, "default": column.default}


def sent_options(column: ColumnState) -> dict[str, Any]:
    """Return the options as Appwrite takes them: the digits of a Decimal become its upper bound."""
    options = dict(column.options)
    if (digits := options.pop("decimal", None)) is not None:
        options["max"] = decimal_bound(*digits)
    return options


def change_body(column: ColumnState) -> dict[str, Any]:
    """Return everything that can be changed of a column; Appwrite keeps, or requires, what is missing."""
    body: dict[str, Any] = {"required": column.required}
    if column.facts.family is not Family.SHAPE or column.default is not None:
        body["default"] = column.default
    return body | {name: value for name, value in sent_options(column).items() if name != "encrypt"}


def index_body(index: IndexState) -> dict[str, Any]:
    """Return the body of a new index for its own route."""
    return _index(index, "columns")


def _index(index: IndexState, columns: str) -> dict[str, Any]:
    body: dict[str, Any] = {"key": index.key, "type": index.type, columns: list(index.columns)}
    if index.type in ("key", "unique"):
        body["orders"] = list(index.orders)
        if any(index.lengths):
            body["lengths"] = [length or None for length in index.lengths]
    return body
