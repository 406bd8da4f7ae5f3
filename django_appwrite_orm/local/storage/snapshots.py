"""Copies of the whole store in memory, restored in milliseconds: a clean store for every test.

SQLite copies pages, so the time depends on the size of the file, not on the changes of a test.
"""

from __future__ import annotations

import sqlite3
import time
from types import TracebackType

from .pool import LOCK_TIMEOUT, Busy
from .session import Store


class Snapshot:
    """The content of the store at one time. Close it, or use it as a context manager."""

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

    def restore_to(self, store: Store) -> None:
        """Replace the content of the store. Raises ``Busy`` where others keep the file locked.

        The schema's generation still increases, so that no cached schema is taken for the current one.
        """
        with store.connections.exclusive() as connection:
            generation = connection.execute("SELECT value FROM settings WHERE name = 'generation'").fetchone()[0]
            _copy_pages(self._copy, connection)
            connection.execute("UPDATE settings SET value = ? WHERE name = 'generation'", (generation + 1,))


def take_snapshot(store: Store) -> Snapshot:
    """Copy the store."""
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    with store.connections.exclusive() as connection:
        _copy_pages(connection, copy)
    return Snapshot(copy)


def _copy_pages(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    deadline = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            source.backup(target)
            return
        except sqlite3.OperationalError as problem:
            if time.monotonic() > deadline:
                raise Busy from problem
            time.sleep(0.005)
