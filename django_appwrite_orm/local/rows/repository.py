"""Find one row by its id, and write rows, in SQLite. Lists are read by `queries/list_page.py`."""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..api.permissions import split_permission
from ..columns.column import Column
from ..columns.conversion import store
from ..emulation.collation import sort_key
from ..emulation.dates import write_date
from ..emulation.fulltext import indexed_text
from ..schema.ddl import fulltext_column
from ..schema.models import Table
from ..storage.session import Session
from .serializers import select_columns

StoredRow = tuple[Any, ...]
_SAME_INSTANT: Final = timedelta(milliseconds=50)


def find_row(session: Session, table: Table, id: str, columns: Sequence[Column]) -> StoredRow | None:
    """Return the row with this id in any letter case, with the columns of ``select_columns``."""
    sql = f"SELECT {select_columns(columns)} FROM {table.rows_name} WHERE id_f = ?"
    return session.first(sql, (folded_id(id),))


def insert_row(
    session: Session,
    table: Table,
    id: str,
    created: str,
    updated: str,
    permissions: Sequence[str],
    values: Mapping[str, Any],
) -> int:
    """Store a new row and return its sequence. Raises ``row_already_exists`` for its id and for unique indexes."""
    names, stored = _columns_and_values(table, values)
    names = ["id", "id_f", "created", "updated", "permissions", *names]
    stored = [id, folded_id(id), created, updated, json.dumps(list(permissions)), *stored]
    marks = ",".join("?" * len(names))
    sql = f"INSERT INTO {table.rows_name} ({', '.join(names)}) VALUES ({marks})"
    seq = _write(session, sql, stored).lastrowid
    assert seq is not None
    _grant(session, table, seq, permissions)
    index_words(session, table, seq, values)
    return seq


def overwrite_row(
    session: Session, table: Table, id: str, moment: str, permissions: Sequence[str], values: Mapping[str, Any]
) -> None:
    """Write a new row over the stored one that holds one of its unique values.

    The stored row keeps its id and gets all columns, null without a value, the permissions and the date.
    """
    names, stored = _columns_and_values(table, values)
    names = ["id", "id_f", "created", "updated", "permissions", *names]
    stored = [id, folded_id(id), moment, moment, json.dumps(list(permissions)), *stored]
    every = [name for column in table.plain for name in _names_of(column)]
    changes = ", ".join(f"{name} = excluded.{name}" for name in ("updated", "permissions", *every))
    marks = ",".join("?" * len(names))
    sql = f"INSERT INTO {table.rows_name} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT DO UPDATE SET {changes}"
    seq = _write(session, f"{sql} RETURNING seq", stored).fetchone()[0]
    session.run(f"DELETE FROM {table.permissions_name} WHERE seq = ?", (seq,))
    _grant(session, table, seq, permissions)
    index_words(session, table, seq, {column.key: values.get(column.key) for column in table.plain})


def update_row(
    session: Session,
    table: Table,
    seq: int,
    values: Mapping[str, Any],
    system: Mapping[str, Any],
    permissions: Sequence[str] | None = None,
    computed: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Change a row's columns.

    ``system`` holds id, created and updated where they change; ``computed`` holds results of the database, which keep
    all digits.
    """
    names, stored = _columns_and_values(table, values)
    for key, value in computed.items():
        more_names, more_values = _column_and_value(table.by_key[key], value, exact=True)
        names += more_names
        stored += more_values
    for name, value in system.items():
        names.append(name)
        stored.append(value)
        if name == "id":
            names.append("id_f")
            stored.append(folded_id(value))
    if permissions is not None:
        names.append("permissions")
        stored.append(json.dumps(list(permissions)))
        session.run(f"DELETE FROM {table.permissions_name} WHERE seq = ?", (seq,))
        _grant(session, table, seq, permissions)
    if not names:
        return
    changes = ", ".join(f"{name} = ?" for name in names)
    _write(session, f"UPDATE {table.rows_name} SET {changes} WHERE seq = ?", [*stored, seq])
    index_words(session, table, seq, {**values, **computed})


def moment_after(updated: str, moment: str) -> str:
    """Return the ``$updatedAt`` of a change: the request's moment, or just after the row's last one.

    So every change of a row has another date, also within one millisecond. A later date that a client has set is not
    kept.
    """
    if moment > updated:
        return moment
    last = datetime.fromisoformat(updated)
    if last - datetime.fromisoformat(moment) > _SAME_INSTANT:
        return moment
    return write_date(last + timedelta(milliseconds=1))


def delete_rows(session: Session, table: Table, seqs: Iterable[int]) -> None:
    """Delete rows by their sequences."""
    numbers = [(seq,) for seq in seqs]
    session.run_many(f"DELETE FROM {table.rows_name} WHERE seq = ?", numbers)
    session.run_many(f"DELETE FROM {table.permissions_name} WHERE seq = ?", numbers)
    for index in table.indexes:
        if fulltext_column(table, index) is not None:
            session.run_many(f"DELETE FROM x{index.number} WHERE rowid = ?", numbers)


def _columns_and_values(table: Table, values: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    names: list[str] = []
    stored: list[Any] = []
    for key, value in values.items():
        more_names, more_values = _column_and_value(table.by_key[key], value, exact=False)
        names += more_names
        stored += more_values
    return names, stored


def _column_and_value(column: Column, value: Any, *, exact: bool) -> tuple[list[str], list[Any]]:
    stored_value = store(column, value, exact=exact)
    if not column.is_folded:
        return _names_of(column), [stored_value]
    return _names_of(column), [stored_value, None if value is None else sort_key(value)]


def _names_of(column: Column) -> list[str]:
    return [column.stored, column.shadow] if column.is_folded else [column.stored]


def _write(session: Session, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
    try:
        return session.run(sql, values)
    except sqlite3.IntegrityError as problem:
        # Appwrite answers the same for an id and for a unique index (observed).
        raise AppwriteError("row_already_exists", "A row with this id or these unique values exists.") from problem


def _grant(session: Session, table: Table, seq: int, permissions: Iterable[str]) -> None:
    lines = set()
    for permission in permissions:
        with suppress(ValueError):  # bulk upsert stores what is not a permission; it grants nothing
            lines.add((seq, *split_permission(permission)))
    if lines:
        session.run_many(f"INSERT INTO {table.permissions_name} (seq, verb, role) VALUES (?, ?, ?)", sorted(lines))


def index_words(session: Session, table: Table, seq: int, values: Mapping[str, Any]) -> None:
    """Update the full-text indexes of the columns just written."""
    for index in table.indexes:
        column = fulltext_column(table, index)
        if column is not None and column.key in values:
            session.run(f"DELETE FROM x{index.number} WHERE rowid = ?", (seq,))
            if (text := values[column.key]) is not None:
                session.run(f"INSERT INTO x{index.number} (rowid, words) VALUES (?, ?)", (seq, indexed_text(text)))
