"""The tables that describe databases, tables, columns, indexes, users, transactions and webhooks.

Client rows are in one table per Appwrite table, ``t<number>`` (see ``schema.ddl``); SQL names contain these numbers,
never a client's text. Columns ending in ``_f`` hold folded text for comparison (see ``emulation.collation``).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

FORMAT: Final = 1
APPLICATION_ID: Final = 0x41707277  # "Aprw", in SQLite's header of the file
_OURS: Final = frozenset({"settings", "databases", "tables", "columns", "indexes"})


_FOREIGN: Final = (
    "{} {}; the local Appwrite does not write into it. Name another file: 'ENDPOINT': 'local:FILE', or --database FILE."
)


class ForeignFile(RuntimeError):
    """The SQLite file belongs to another program, or to another version of the local Appwrite."""


_STATEMENTS: Final = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS databases (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, id_f TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, name_f TEXT NOT NULL, enabled INTEGER NOT NULL, type TEXT NOT NULL,
    created TEXT NOT NULL, updated TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tables (
    n INTEGER PRIMARY KEY AUTOINCREMENT, database INTEGER NOT NULL REFERENCES databases, id TEXT NOT NULL,
    id_f TEXT NOT NULL, name TEXT NOT NULL, name_f TEXT NOT NULL, permissions TEXT NOT NULL,
    row_security INTEGER NOT NULL, enabled INTEGER NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
    UNIQUE (database, id_f));
CREATE TABLE IF NOT EXISTS columns (
    n INTEGER PRIMARY KEY AUTOINCREMENT, table_n INTEGER NOT NULL REFERENCES tables, key TEXT NOT NULL,
    key_f TEXT NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL, required INTEGER NOT NULL,
    is_array INTEGER NOT NULL, status TEXT NOT NULL, error TEXT NOT NULL, options TEXT NOT NULL,
    created TEXT NOT NULL, updated TEXT NOT NULL, UNIQUE (table_n, key_f));
CREATE TABLE IF NOT EXISTS indexes (
    n INTEGER PRIMARY KEY AUTOINCREMENT, table_n INTEGER NOT NULL REFERENCES tables, key TEXT NOT NULL,
    key_f TEXT NOT NULL, type TEXT NOT NULL, columns TEXT NOT NULL, lengths TEXT NOT NULL, orders TEXT NOT NULL,
    status TEXT NOT NULL, error TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
    UNIQUE (table_n, key_f));
CREATE TABLE IF NOT EXISTS users (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, id_f TEXT NOT NULL UNIQUE, email TEXT UNIQUE,
    phone TEXT UNIQUE, name TEXT NOT NULL, status INTEGER NOT NULL, email_verified INTEGER NOT NULL,
    phone_verified INTEGER NOT NULL, labels TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS teams (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, id_f TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    created TEXT NOT NULL, updated TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS memberships (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, team_n INTEGER NOT NULL REFERENCES teams,
    user_n INTEGER NOT NULL REFERENCES users, roles TEXT NOT NULL, created TEXT NOT NULL,
    UNIQUE (team_n, user_n));
CREATE TABLE IF NOT EXISTS transactions (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, status TEXT NOT NULL,
    operations INTEGER NOT NULL, expires TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS operations (
    n INTEGER PRIMARY KEY AUTOINCREMENT, transaction_n INTEGER NOT NULL REFERENCES transactions,
    table_n INTEGER NOT NULL, row_id TEXT, action TEXT NOT NULL, data TEXT NOT NULL, seen TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS operations_of ON operations (transaction_n, n);
CREATE TABLE IF NOT EXISTS webhooks (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, id_f TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    url TEXT NOT NULL, events TEXT NOT NULL, enabled INTEGER NOT NULL, security INTEGER NOT NULL,
    user TEXT NOT NULL, password TEXT NOT NULL, secret TEXT NOT NULL, attempts INTEGER NOT NULL,
    logs TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spellings (
    link INTEGER NOT NULL, id_f TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (link, id_f)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cached_lists (
    table_n INTEGER NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL, expires REAL NOT NULL,
    PRIMARY KEY (table_n, question)) WITHOUT ROWID;
INSERT OR IGNORE INTO settings VALUES ('format', 1), ('generation', 1);
"""


def create_system_tables(connection: sqlite3.Connection) -> None:
    """Create the tables that are missing. Raises ``ForeignFile`` and leaves the file unchanged.

    Call inside a write transaction: of several processes that open a new file at once, the first one creates them.
    """
    _check_owner(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for statement in _STATEMENTS.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    file_format = connection.execute("SELECT value FROM settings WHERE name = 'format'").fetchone()[0]
    if file_format != FORMAT:
        raise ForeignFile(
            f"The file of the local Appwrite was written in format {file_format}; this version reads format {FORMAT}. "
            "Name another file, or open it with the version that wrote it."
        )


def check_file(path: str) -> None:
    """Check a file before anything is written into it. Raises ``ForeignFile``."""
    with closing(sqlite3.connect(path)) as connection:
        _check_owner(connection)


def _check_owner(connection: sqlite3.Connection) -> None:
    """Accept a file that is empty, has our application id, or has our tables (written before there was an id)."""
    try:
        owner, version = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as problem:
        raise ForeignFile(_FOREIGN.format(_path(connection), "is not an SQLite file")) from problem
    if owner == APPLICATION_ID or (owner == 0 and (names >= _OURS or not (names or version))):
        return
    raise ForeignFile(_FOREIGN.format(_path(connection), "belongs to another program"))


def _path(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA database_list").fetchone()[2])
