"""One transaction on the store, as the rest of the server sees it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..events.bus import EventBus
from ..events.event import Event
from .ddl import check_file, create_system_tables
from .pool import ConnectionPool

Values = Sequence[Any] | Mapping[str, Any]


class Session:
    """A transaction on the SQLite file.

    - ``generation``: the number of the schema's state.
    - ``schema_changed``: this transaction has raised the generation, so nothing it reads of the schema may be cached.
    """

    __slots__ = ("_bus", "_connection", "_events", "generation", "schema_changed")

    def __init__(self, connection: sqlite3.Connection, bus: EventBus, events: list[Event]) -> None:
        self._connection = connection
        self._bus = bus
        self._events = events
        self.schema_changed = False
        row = connection.execute("SELECT value FROM settings WHERE name = 'generation'").fetchone()
        self.generation: int = row[0]

    def run(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        """Execute one statement."""
        return self._connection.execute(sql, values)

    def run_many(self, sql: str, values: Sequence[Values]) -> sqlite3.Cursor:
        """Execute one statement for each item of ``values``."""
        return self._connection.executemany(sql, values)

    def all(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def first(self, sql: str, values: Values = ()) -> tuple[Any, ...] | None:
        """Return the first row of a query, None where there is none."""
        row: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return row

    def scalar(self, sql: str, values: Values = ()) -> Any:
        """Return the first value of the first row, which must exist."""
        return self._connection.execute(sql, values).fetchone()[0]

    @property
    def has_subscribers(self) -> bool:
        """Whether an event of this transaction would reach a subscriber."""
        return self._bus.has_subscribers(self)

    def publish(self, event: Event) -> None:
        """Publish an event after the commit, if there is one."""
        if self.has_subscribers:
            self._events.append(event)

    def change_schema(self) -> None:
        """Make every process discard its cached schema from this transaction's commit on."""
        if not self.schema_changed:
            self.schema_changed = True
            self.run("UPDATE settings SET value = value + 1 WHERE name = 'generation'")


class Store:
    """The SQLite database behind a local Appwrite."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file, or create it. Raises ``ForeignFile``."""
        self.connections = ConnectionPool(path)
        self.bus = EventBus()
        if not self.connections.in_memory:
            check_file(self.connections.path)
        with self.connections.transaction(writing=True) as connection:
            create_system_tables(connection)

    @contextmanager
    def session(self, *, writing: bool) -> Iterator[Session]:
        """Run the body in a transaction; its events are published after the commit."""
        events: list[Event] = []
        with self.connections.transaction(writing=writing, then=lambda: self.bus.publish(events)) as connection:
            yield Session(connection, self.bus, events)

    def close(self) -> None:
        self.connections.close()
