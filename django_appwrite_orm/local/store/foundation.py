"""The tables that describe databases, tables, columns, indexes, users, transactions and webhooks.

They are ordinary SQLite tables. Client rows live in one table per Appwrite table, ``t<number>`` (see
``physical``); the numbers, never a client's text, name things in SQL. Columns ending in ``_f`` hold folded text
for comparison (see ``values.collation``).
"""

from __future__ import annotations

import sqlite3
from typing import Final

FORMAT: Final = 1

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


def lay_foundation(connection: sqlite3.Connection) -> None:
    """Create what is missing. Call inside a write transaction: of several processes that open a new file at once
    the first one does it and the others find it done."""
    for statement in _STATEMENTS.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    found = connection.execute("SELECT value FROM settings WHERE name = 'format'").fetchone()[0]
    if found != FORMAT:
        raise RuntimeError(f"the file was written in format {found}; this version reads format {FORMAT}")
