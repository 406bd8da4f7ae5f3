"""The SQLite tables, columns and indexes of a client's table; their names are numbers.

- t<n>: rows with seq, id, id_f (folded), created, updated, permissions, and per column c<m>; for text that can be
  compared also f<m>, the folded shadow.
- p<n>: the permissions of rows, one role per line.
- i<n>: an index. x<n>: the words of a full-text index.
"""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from ..columns.column import Column
from ..emulation.fulltext import indexed_text
from ..storage.session import Session
from .models import Index, Table

SYSTEM: Final = {"$id": "id_f", "$createdAt": "created", "$updatedAt": "updated", "$sequence": "seq"}


def make_rows(session: Session, number: int) -> None:
    """Create the tables for the rows of a new table."""
    session.run(
        f"CREATE TABLE t{number} (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, id_f TEXT NOT NULL UNIQUE, "
        "created TEXT NOT NULL, updated TEXT NOT NULL, permissions TEXT NOT NULL)"
    )
    session.run(f"CREATE INDEX t{number}_created ON t{number} (created)")
    session.run(f"CREATE INDEX t{number}_updated ON t{number} (updated)")
    session.run(
        f"CREATE TABLE p{number} (seq INTEGER NOT NULL, verb TEXT NOT NULL, role TEXT NOT NULL, "
        "PRIMARY KEY (role, verb, seq)) WITHOUT ROWID"
    )
    session.run(f"CREATE INDEX p{number}_seq ON p{number} (seq)")


def drop_rows(session: Session, table: Table) -> None:
    for index in table.indexes:
        drop_index(session, index)
    session.run(f"DROP TABLE IF EXISTS {table.rows_name}")
    session.run(f"DROP TABLE IF EXISTS {table.permissions_name}")


def add_column(session: Session, table: Table, column: Column) -> None:
    affinity = "TEXT" if column.array else column.kind.affinity
    session.run(f"ALTER TABLE {table.rows_name} ADD COLUMN {column.stored} {affinity}")
    if column.is_folded:
        session.run(f"ALTER TABLE {table.rows_name} ADD COLUMN {column.shadow} TEXT")


def drop_column(session: Session, table: Table, column: Column) -> None:
    """Remove a column that is in no index."""
    session.run(f"ALTER TABLE {table.rows_name} DROP COLUMN {column.stored}")
    if column.is_folded:
        session.run(f"ALTER TABLE {table.rows_name} DROP COLUMN {column.shadow}")


def make_index(session: Session, table: Table, index: Index) -> None:
    """Create an index. A unique one over equal rows becomes an ordinary one, as on Appwrite."""
    if index.type == "spatial":
        return
    if index.type == "fulltext":
        _make_words(session, table, index)
        return
    terms = ", ".join(_terms(table, index))
    if index.type == "unique":
        try:
            session.run(f"CREATE UNIQUE INDEX i{index.number} ON {table.rows_name} ({terms})")
            return
        except sqlite3.IntegrityError:
            pass
    session.run(f"CREATE INDEX i{index.number} ON {table.rows_name} ({terms})")


def drop_index(session: Session, index: Index) -> None:
    kind = "TABLE" if index.type == "fulltext" else "INDEX"
    name = f"x{index.number}" if index.type == "fulltext" else f"i{index.number}"
    session.run(f"DROP {kind} IF EXISTS {name}")


def fulltext_column(table: Table, index: Index) -> Column | None:
    """Return the column whose words an index holds; a full-text index is searched on one column only."""
    if index.type != "fulltext" or len(index.columns) != 1:
        return None
    column = table.by_key.get(index.columns[0])
    return column if column is not None and column.is_text and not column.array else None


def _terms(table: Table, index: Index) -> Sequence[str]:
    """Return the SQL of an index's columns: text in folded form, cut to its length in a unique index."""
    terms = []
    for position, key in enumerate(index.columns):
        length = index.lengths[position] if position < len(index.lengths) else 0
        descending = position < len(index.orders) and index.orders[position].upper() == "DESC"
        column = table.by_key.get(key)
        if column is None:
            term = SYSTEM[key]
        else:
            term = column.shadow if column.is_folded else column.stored
            if length and index.type == "unique" and column.is_folded:
                term = f"substr({term}, 1, {int(length)})"
        terms.append(f"{term} DESC" if descending else term)
    return terms


def _make_words(session: Session, table: Table, index: Index) -> None:
    column = fulltext_column(table, index)
    if column is None:
        return
    name = f"x{index.number}"
    session.run(
        f"CREATE VIRTUAL TABLE {name} USING fts5(words, tokenize = \"unicode61 remove_diacritics 0 tokenchars '_'\")"
    )
    rows = session.all(f"SELECT seq, {column.stored} FROM {table.rows_name} WHERE {column.stored} IS NOT NULL")
    session.run_many(
        f"INSERT INTO {name} (rowid, words) VALUES (?, ?)", [(seq, indexed_text(text)) for seq, text in rows]
    )
