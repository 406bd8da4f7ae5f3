"""Create, change and delete databases and tables."""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

import json
from collections.abc import Sequence

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..emulation.collation import sort_key
from ..emulation.dates import now
from ..storage.session import Session
from .ddl import drop_rows, make_rows
from .models import Database, Table
from .relationships import delete_relationships_of
from .repository import find_database, tables_where


def create_database(session: Session, id: str, name: str, enabled: bool, type: str) -> Database:
    """Create a database. Raises ``database_already_exists`` for an id that exists in any letter case."""
    if session.first("SELECT 1 FROM databases WHERE id_f = ?", (folded_id(id),)):
        raise AppwriteError("database_already_exists", "A database with this id exists.")
    moment = now()
    session.run(
        "INSERT INTO databases (id, id_f, name, name_f, enabled, type, created, updated) VALUES (?,?,?,?,?,?,?,?)",
        (id, folded_id(id), name, sort_key(name), enabled, type, moment, moment),
    )
    session.change_schema()
    return find_database(session, id)


def update_database(session: Session, database: Database, name: str | None, enabled: bool) -> Database:
    """Change a database; a name of None stays as it is."""
    name = database.name if name is None else name
    session.run(
        "UPDATE databases SET name = ?, name_f = ?, enabled = ?, updated = ? WHERE n = ?",
        (name, sort_key(name), enabled, now(), database.number),
    )
    session.change_schema()
    return find_database(session, database.id)


def delete_database(session: Session, database: Database) -> None:
    """Delete a database with its tables."""
    for table in tables_where(session, database, "", ()):
        delete_table(session, table)
    session.run("DELETE FROM databases WHERE n = ?", (database.number,))
    session.change_schema()


def create_table(
    session: Session,
    database: Database,
    id: str,
    name: str,
    permissions: Sequence[str],
    row_security: bool,
    enabled: bool,
) -> Table:
    """Create an empty table. Raises ``table_already_exists`` for an id that exists in any letter case."""
    if session.first("SELECT 1 FROM tables WHERE database = ? AND id_f = ?", (database.number, folded_id(id))):
        raise AppwriteError("table_already_exists", "A table with this id exists.")
    moment = now()
    number = session.run(
        "INSERT INTO tables (database, id, id_f, name, name_f, permissions, row_security, enabled, created, updated) "
        "VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            *(database.number, id, folded_id(id), name, sort_key(name)),
            *(json.dumps(list(permissions)), row_security, enabled, moment, moment),
        ),
    ).lastrowid
    assert number is not None
    make_rows(session, number)
    session.change_schema()
    return tables_where(session, database, "AND n = ?", (number,))[0]


def update_table(
    session: Session,
    table: Table,
    name: str | None,
    permissions: Sequence[str] | None,
    row_security: bool,
    enabled: bool,
) -> Table:
    """Change a table; a name or permissions of None stay as they are."""
    name = table.name if name is None else name
    permissions = table.permissions if permissions is None else permissions
    session.run(
        "UPDATE tables SET name = ?, name_f = ?, permissions = ?, row_security = ?, enabled = ?, updated = ? "
        "WHERE n = ?",
        (name, sort_key(name), json.dumps(list(permissions)), row_security, enabled, now(), table.number),
    )
    session.change_schema()
    return reread(session, table)


def delete_table(session: Session, table: Table) -> None:
    """Delete a table with its rows, and the relationships that lead to it."""
    delete_relationships_of(session, table)
    drop_rows(session, table)
    for name in ("columns", "indexes", "cached_lists"):
        session.run(f"DELETE FROM {name} WHERE table_n = ?", (table.number,))
    session.run("DELETE FROM tables WHERE n = ?", (table.number,))
    session.change_schema()


def reread(session: Session, table: Table) -> Table:
    """Return the table as this transaction has changed it."""
    return tables_where(session, table.database, "AND n = ?", (table.number,))[0]
