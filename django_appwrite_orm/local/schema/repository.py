"""Find databases and tables by id, with a cache that every schema change invalidates.

A cached table is valid for the ``generation`` that it was read under; every schema change, in any process, raises it.
A transaction that changes the schema caches nothing, since it may be rolled back.
"""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..columns.column import Column
from ..storage.session import Session
from .models import Database, Index, Table

_DATABASE = "n, id, name, enabled, type, created, updated"
_TABLE = "n, id, name, permissions, row_security, enabled, created, updated"
_COLUMN = "n, key, type, size, required, is_array, status, error, options, created, updated"
_INDEX = "n, key, type, columns, lengths, orders, status, error, created, updated"


class SchemaCache:
    """The cached tables of one local Appwrite; shared by its threads."""

    def __init__(self) -> None:
        self._tables: tuple[int, dict[tuple[str, str], Table]] = (0, {})

    def table(self, session: Session, database_id: str, table_id: str) -> Table:
        """Return the table with these ids in any letter case. Raises ``database_not_found``, ``table_not_found``."""
        name = (folded_id(database_id), folded_id(table_id))
        if session.schema_changed:
            return _read_table(session, *name)
        generation, tables = self._tables
        if generation != session.generation:
            tables = {}
            self._tables = (session.generation, tables)
        table = tables.get(name)
        if table is None:
            table = tables[name] = _read_table(session, *name)
        return table


def find_database(session: Session, database_id: str) -> Database:
    """Return the database with this id in any letter case. Raises ``database_not_found``."""
    row = session.first(f"SELECT {_DATABASE} FROM databases WHERE id_f = ?", (folded_id(database_id),))
    if row is None:
        raise AppwriteError("database_not_found", "There is no database with this id.")
    return database_from(row)


def databases_where(session: Session, condition: str, values: tuple[Any, ...]) -> list[Database]:
    """Return databases by the end of an SQL statement: conditions, order, limit."""
    rows = session.all(f"SELECT {_DATABASE} FROM databases {condition}", values)
    return [database_from(row) for row in rows]


def database_from(row: tuple[Any, ...]) -> Database:
    """Return the database of a row of the store."""
    number, id, name, enabled, type, created, updated = row
    return Database(number, id, name, bool(enabled), type, created, updated)


def _read_table(session: Session, database_key: str, table_key: str) -> Table:
    database = find_database(session, database_key)
    tables = tables_where(session, database, "AND id_f = ?", (table_key,))
    if not tables:
        raise AppwriteError("table_not_found", "There is no table with this id.")
    return tables[0]


def tables_where(session: Session, database: Database, condition: str, values: tuple[Any, ...]) -> list[Table]:
    """Return tables of a database by the end of an SQL statement."""
    rows = session.all(f"SELECT {_TABLE} FROM tables WHERE database = ? {condition}", (database.number, *values))
    return [_table_from(session, database, row) for row in rows]


def table_by_number(session: Session, number: int) -> Table | None:
    """Return a table by the store's own number, as this transaction sees it."""
    row = session.first("SELECT database FROM tables WHERE n = ?", (number,))
    if row is None:
        return None
    database = databases_where(session, "WHERE n = ?", (row[0],))[0]
    return tables_where(session, database, "AND n = ?", (number,))[0]


def _table_from(session: Session, database: Database, row: tuple[Any, ...]) -> Table:
    number, id, name, permissions, row_security, enabled, created, updated = row
    return Table(
        number,
        database,
        id,
        name,
        tuple(json.loads(permissions)),
        bool(row_security),
        bool(enabled),
        created,
        updated,
        tuple(columns_where(session, number, "ORDER BY n", ())),
        tuple(indexes_where(session, number, "ORDER BY n", ())),
        tuple(_hidden_sides(session, database, number, id)),
    )


def _hidden_sides(session: Session, database: Database, number: int, id: str) -> list[Column]:
    """Return one-way relationships that lead to a table, as seen from there."""
    rows = session.all(
        "SELECT columns.table_n, columns.n, tables.id FROM columns JOIN tables ON tables.n = table_n "
        "WHERE type = 'relationship' AND status = 'available' AND database = ? "
        "AND upper(json_extract(options, '$.relatedTable')) = ? AND NOT json_extract(options, '$.twoWay') "
        "ORDER BY columns.n",
        (database.number, folded_id(id)),
    )
    hidden = []
    for table_n, n, table_id in rows:
        column = columns_where(session, table_n, "AND n = ?", (n,))[0]
        options = {**column.options, "relatedTable": table_id, "twoWayKey": column.key, "side": "child"}
        hidden.append(replace(column, key=column.options["twoWayKey"], options=options))
    return hidden


def columns_where(session: Session, table: int, condition: str, values: tuple[Any, ...]) -> list[Column]:
    """Return columns of a table by the end of an SQL statement."""
    rows = session.all(f"SELECT {_COLUMN} FROM columns WHERE table_n = ? {condition}", (table, *values))
    return [
        Column(n, key, type, size, bool(required), bool(array), status, error, json.loads(options), created, updated)
        for n, key, type, size, required, array, status, error, options, created, updated in rows
    ]


def indexes_where(session: Session, table: int, condition: str, values: tuple[Any, ...]) -> list[Index]:
    """Return indexes of a table by the end of an SQL statement."""
    rows = session.all(f"SELECT {_INDEX} FROM indexes WHERE table_n = ? {condition}", (table, *values))
    return [
        Index(
            n,
            key,
            type,
            tuple(json.loads(columns)),
            tuple(json.loads(lengths)),
            tuple(json.loads(orders)),
            status,
            error,
            created,
            updated,
        )
        for n, key, type, columns, lengths, orders, status, error, created, updated in rows
    ]


def find_column(table: Table, key: str) -> Column:
    """Return the column with this key in any letter case. Raises ``column_not_found``."""
    folded_key = folded_id(key)
    for column in table.columns:
        if folded_id(column.key) == folded_key:
            return column
    raise AppwriteError("column_not_found", "There is no column with this key.")


def find_index(table: Table, key: str) -> Index:
    """Return the index with this key in any letter case. Raises ``column_index_not_found``."""
    folded_key = folded_id(key)
    for index in table.indexes:
        if folded_id(index.key) == folded_key:
            return index
    raise AppwriteError("column_index_not_found", "There is no index with this key.")
