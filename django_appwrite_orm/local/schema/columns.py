"""Add a column to a table."""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from ..api.errors import AppwriteError, invalid_structure
from ..api.identifiers import folded_id
from ..columns.column import AVAILABLE, Column, NewColumn
from ..columns.width import MAX_ROW_BYTES, row_width
from ..emulation.dates import now
from ..storage.session import Session
from .ddl import add_column
from .models import Table

MAX_COLUMNS: Final = 1_017 - 7  # MariaDB's limit, less the system columns


def create_column(session: Session, table: Table, new: NewColumn) -> Column:
    """Add a column to a table and its rows.

    Raises ``column_already_exists``, ``column_limit_exceeded``, ``row_invalid_structure``.
    """
    check_key_is_free(table, new.key)
    check_fits(table, new.draft())
    if new.required and new.draft().kind.is_spatial and session.first(f"SELECT 1 FROM {table.rows_name} LIMIT 1"):
        raise invalid_structure("a required spatial column needs a table without rows")
    return write_column(session, table, new)


def check_key_is_free(table: Table, key: str) -> None:
    """Raise ``column_already_exists`` for a key that the table has in any letter case."""
    if any(folded_id(column.key) == folded_id(key) for column in table.columns):
        raise AppwriteError("column_already_exists", "The table has a column with this key.")


def check_fits(table: Table, column: Column) -> None:
    """Raise ``column_limit_exceeded`` where a row with this column is too wide."""
    columns = [*(other for other in table.columns if other.number != column.number), column]
    if len(columns) > MAX_COLUMNS or row_width(columns) > MAX_ROW_BYTES:
        raise AppwriteError("column_limit_exceeded", "The row would be wider than the 65,535 bytes a table has.")


def write_column(session: Session, table: Table, new: NewColumn) -> Column:
    """Add a column that has been checked."""
    moment = now()
    number = session.run(
        "INSERT INTO columns (table_n, key, key_f, type, size, required, is_array, status, error, options, created, "
        "updated) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            *(table.number, new.key, folded_id(new.key), new.type, new.size, new.required, new.array),
            *(AVAILABLE, "", json.dumps(dict(new.options)), moment, moment),
        ),
    ).lastrowid
    assert number is not None
    column = replace(new.draft(), number=number, created=moment, updated=moment)
    if not column.is_relationship:
        add_column(session, table, column)
    session.change_schema()
    return column
