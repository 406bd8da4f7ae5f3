"""Rows as responses show them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..api.dialects import Dialect
from ..columns.column import Column
from ..columns.conversion import show
from ..schema.models import Table

SYSTEM_COLUMNS: Final = "seq, id, created, updated, permissions"
_FIRST_OLD_FORMAT: Final = (1, 9)


@dataclass(frozen=True, slots=True)
class View:
    """The form of rows in one response: its dialect, and whether ``$sequence`` is a number (before 1.9)."""

    dialect: Dialect
    numeric_sequence: bool = False


def view_for(dialect: Dialect, headers: Mapping[str, str]) -> View:
    """Return the view of a request's response format; an unreadable one counts as old (observed)."""
    text = headers.get("x-appwrite-response-format", "")
    if not text:
        return View(dialect)
    try:
        version = tuple(int(part) for part in text.split(".")[:2])
    except ValueError:
        version = (0,)
    return View(dialect, version < _FIRST_OLD_FORMAT)


def select_columns(columns: Sequence[Column]) -> str:
    """Return the SQL columns that ``show_row`` reads, in its order."""
    return ", ".join([SYSTEM_COLUMNS, *(column.stored for column in columns)])


def show_row(table: Table, columns: Sequence[Column], stored: Sequence[Any], view: View) -> dict[str, Any]:
    """Return a row that was read with ``select_columns``."""
    seq, id, created, updated, permissions, *values = stored
    row = {column.key: show(column, value) for column, value in zip(columns, values, strict=True)}
    return row | system_part(table, seq, id, created, updated, json.loads(permissions), view)


def permissions_of(stored: Sequence[Any]) -> list[str]:
    """Return the permissions in a row that was read with ``select_columns``."""
    return list(json.loads(stored[4]))


def system_part(
    table: Table, seq: int, id: str, created: str, updated: str, permissions: list[str], view: View
) -> dict[str, Any]:
    """Return the fields of a row whose names start with a dollar sign."""
    return {
        "$id": id,
        "$sequence": seq if view.numeric_sequence else str(seq),
        "$createdAt": created,
        "$updatedAt": updated,
        "$permissions": permissions,
        "$databaseId": table.database.id,
        view.dialect.table_id: table.id,
    }
