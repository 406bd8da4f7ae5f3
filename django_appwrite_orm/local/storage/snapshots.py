"""A state of the whole store, kept in memory and put back in milliseconds: a clean store for every test.

SQLite copies pages, so the time grows with the size of the file, not with what a test did to it.
"""

from __future__ import annotations

import sqlite3
import time
from types import TracebackType

from .pool import PATIENCE, Busy
from .session import Store


class Snapshot:
    """What the store held when it was taken. Close it, or use it as a context manager."""

    def __init__(self, copy: sqlite3.Connection) -> None:
        self._copy = copy

    def close(self) -> None:
        self._copy.close()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def put_back(self, store: Store) -> None:
        """Make the store what it was. Raises ``Busy`` where others do not let go of the file.

        The schema's generation goes on counting, so that nobody takes what they remember for what is there.
        """
        with store.connections.lend() as connection:
            seen = connection.execute("SELECT value FROM settings WHERE name = 'generation'").fetchone()[0]
            _copy_pages(self._copy, connection)
            connection.execute("UPDATE settings SET value = ? WHERE name = 'generation'", (seen + 1,))


def take_snapshot(store: Store) -> Snapshot:
    """Copy the store as it is now."""
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    with store.connections.lend() as connection:
        _copy_pages(connection, copy)
    return Snapshot(copy)


def _copy_pages(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            source.backup(target)
            return
        except sqlite3.OperationalError as problem:
            if time.monotonic() > deadline:
                raise Busy from problem
            time.sleep(0.005)
