"""Rows of Appwrite as tables of an SQLite database in memory.

Rows stay as the JSON decoder made them: SQLite takes each value from its row's dict and converts it, so that no value
is made into an object of Python's for a field and back. A database belongs to the thread that made it.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import DataError, utils
from django.db.backends.sqlite3._functions import register  # type: ignore[import-untyped]

from ...plans import ColumnarRows
from . import collation, decimals, regular_expressions


class MemoryColumn(NamedTuple):
    """A column of a copy.

    `key` is its name in the rows that Appwrite sends, `definition` its name and type for SQLite, `value` the SQL that
    makes its value of the one in the row, which stands there as `{0}`. `is_list`: it becomes JSON first.
    """

    key: str
    definition: str
    value: str = "{0}"
    is_list: bool = False


class MemoryTable(NamedTuple):
    """A table of which a query needs a copy; `name` is quoted."""

    name: str
    columns: tuple[MemoryColumn, ...]


class MemoryDatabase:
    """Copies of tables, and the functions that Django's SQLite backend expects."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        # What a function of ours has raised, of which SQLite tells only that.
        self._failures: list[DataError] = []
        regular_expressions.install(connection, self._failures.append)

    def create(self, table: MemoryTable) -> None:
        definitions = ", ".join(column.definition for column in table.columns)
        self._connection.execute(f"CREATE TABLE {table.name} ({definitions})")

    def load(self, table: MemoryTable, rows: Iterable[dict[str, Any]]) -> None:
        """Add these rows; one that is there already stays as it is. Raises DataError for a row that does not fit."""
        keys = [column.key for column in table.columns]
        # Some values stand twice in their expression. Python 3.12.0 to 3.12.3 warn about placeholders with numbers.
        values = ", ".join(column.value.format(f"v{place}") for place, column in enumerate(table.columns))
        row_of_values = ", ".join(f"? AS v{place}" for place in range(len(table.columns)))
        # Names of ours, values bound.
        insert = f"INSERT OR IGNORE INTO {table.name} SELECT {values} FROM (SELECT {row_of_values})"  # noqa: S608
        if lists := [column.key for column in table.columns if column.is_list]:
            rows = ({**row, **{key: json.dumps(row[key] or []) for key in lists}} for row in rows)
        # A getter of one key returns the value itself, not a tuple.
        get = itemgetter(*keys) if len(keys) > 1 else lambda row: (row[keys[0]],)
        try:
            found: Iterable[Any] = map(get, rows)
            if isinstance(rows, ColumnarRows):  # no dict for each row
                found = zip(*[rows.column(key) for key in keys], strict=True)
            self._connection.executemany(insert, found)
        except sqlite3.IntegrityError as error:  # text where the primary key is a number
            raise DataError(
                f"Table {table.name}: a row has an id that is not a number. Use an IDField as the primary key of a"
                " model whose rows are made elsewhere."
            ) from error
        except KeyError as error:
            raise DataError(
                f"Table {table.name}: Appwrite sent a row without the column {error}. Run `manage.py migrate`."
            ) from None
        except sqlite3.Error as error:
            raise DataError(f"Table {table.name}: a row has a value of another kind: {error}.") from error

    def run(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Return the result. Raises Django's errors."""
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            if self._failures:
                raise self._failures[0] from error
            raise getattr(utils, type(error).__name__, utils.DatabaseError)(*error.args) from error


@contextmanager
def memory_database() -> Iterator[MemoryDatabase]:
    """Open an empty database; it and all its memory are gone at the end."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        register(connection)
        collation.install(connection)
        decimals.install(connection)
        for name, function in _FUNCTIONS.items():
            connection.create_function(name, -1, function, deterministic=True)
        # One transaction: SQLite would make one of each row otherwise.
        connection.execute("BEGIN")
        yield MemoryDatabase(connection)


def _document(raw: str | None) -> str | None:
    """Return a document as Django writes it, out of the list of one in which Appwrite keeps it."""
    return None if raw is None else json.dumps(json.loads(raw)[0])


def _bytes(raw: str | None) -> bytes | None:
    return None if raw is None else base64.b64decode(raw, validate=True)


def _local_time(raw: str | None, zone: str) -> str | None:
    """Return a point in time as Django writes it where USE_TZ is False: without a zone, in TIME_ZONE."""
    if raw is None:
        return None
    return str(datetime.fromisoformat(raw).astimezone(ZoneInfo(zone)).replace(tzinfo=None))


_FUNCTIONS: dict[str, Callable[..., str | bytes | None]] = {
    "appwrite_document": _document,
    "appwrite_bytes": _bytes,
    "appwrite_local_time": _local_time,
}
