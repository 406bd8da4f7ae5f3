"""One transaction on the store, as the rest of the server sees it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..events.bus import Feed
from ..events.event import Event
from .ddl import check_file, lay_foundation
from .pool import Connections

Values = Sequence[Any] | Mapping[str, Any]


class Session:
    """A transaction. ``generation`` numbers the state of the schema; ``schema_changed`` says that this
    transaction has moved it, so that nothing read from here on may be kept for others."""

    __slots__ = ("_connection", "_events", "_feed", "generation", "schema_changed")

    def __init__(self, connection: sqlite3.Connection, feed: Feed, events: list[Event]) -> None:
        self._connection = connection
        self._feed = feed
        self._events = events
        self.schema_changed = False
        row = connection.execute("SELECT value FROM settings WHERE name = 'generation'").fetchone()
        self.generation: int = row[0]

    def run(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        return self._connection.execute(sql, values)

    def run_many(self, sql: str, values: Sequence[Values]) -> sqlite3.Cursor:
        return self._connection.executemany(sql, values)

    def all(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def first(self, sql: str, values: Values = ()) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return row

    def one(self, sql: str, values: Values = ()) -> Any:
        """The first value of the first row, which must exist."""
        return self._connection.execute(sql, values).fetchone()[0]

    @property
    def is_heard(self) -> bool:
        """Whether anybody would hear what it is told."""
        return self._feed.is_wanted(self)

    def tell(self, event: Event) -> None:
        """Announce this, from the commit on and only then."""
        if self.is_heard:
            self._events.append(event)

    def change_schema(self) -> None:
        """Tell every process, from this transaction's commit on, that what it knows of the schema is old."""
        if not self.schema_changed:
            self.schema_changed = True
            self.run("UPDATE settings SET value = value + 1 WHERE name = 'generation'")


class Store:
    """The SQLite database behind a local Appwrite."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file, or make it. Raises ``ForeignFile``."""
        self.connections = Connections(path)
        self.feed = Feed()
        if not self.connections.in_memory:
            check_file(self.connections.path)
        with self.connections.borrow(writing=True) as connection:
            lay_foundation(connection)

    @contextmanager
    def session(self, *, writing: bool) -> Iterator[Session]:
        events: list[Event] = []
        with self.connections.borrow(writing=writing, then=lambda: self.feed.publish(events)) as connection:
            yield Session(connection, self.feed, events)

    def close(self) -> None:
        self.connections.close()
