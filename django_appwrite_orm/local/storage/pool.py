"""Connections to one SQLite file, for any number of threads and processes.

A connection is lent to one request at a time. Writers of one process queue at a lock first and then wait for SQLite's
write lock, where processes compete. Both waits are limited by ``LOCK_TIMEOUT`` and end in Appwrite's own timeout
error, never in SQLite's "database is locked".
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..emulation import fulltext, geometry

MEMORY: Final = ":memory:"
LOCK_TIMEOUT: Final = 60.0  # seconds a request waits for its turn; Appwrite's own query limit is 15 s
_STATEMENTS: Final = 512  # prepared statements kept per connection; a table uses about ten


class Busy(Exception):
    """The file was locked for longer than ``LOCK_TIMEOUT``."""


class ConnectionPool:
    """Lends connections to the file ``path``; safe with threads and forks.

    A database in memory has one connection, which threads use in turn.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.in_memory = self.path == MEMORY
        if not self.in_memory:
            Path(self.path).expanduser().absolute().parent.mkdir(parents=True, exist_ok=True)
            self.path = str(Path(self.path).expanduser().absolute())
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._idle: list[sqlite3.Connection] = []
        weakref.finalize(self, _close_all, self._idle, self._process)
        self._guard = threading.Lock()
        self._turn = threading.Lock()
        self._closed = False

    def _after_fork(self) -> None:
        # SQLite forbids a child to use or close the connections of its parent: keep them referenced, unused.
        inherited = list(self._idle)
        self._reset()
        if self.in_memory:
            self._idle.extend(inherited)
        else:
            _abandoned.extend(inherited)

    @contextmanager
    def transaction(self, *, writing: bool, then: Callable[[], object] = int) -> Iterator[sqlite3.Connection]:
        """Lend a connection in a transaction: committed at the end, rolled back when an exception leaves.

        ``then`` is called after the commit and before the next writer of this process.
        """
        if self._process != os.getpid():
            self._after_fork()
        deadline = time.monotonic() + LOCK_TIMEOUT
        turn = self._turn if writing or self.in_memory else None
        if turn is not None and not turn.acquire(timeout=LOCK_TIMEOUT):
            raise Busy
        try:
            connection = self._take()
            try:
                _begin(connection, writing, deadline)
                try:
                    yield connection
                except BaseException:
                    connection.rollback()
                    raise
                _commit(connection, deadline)
                then()
            finally:
                self._return(connection)
        finally:
            if turn is not None:
                turn.release()

    @contextmanager
    def exclusive(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection without a transaction, while no other thread of this process writes."""
        if self._process != os.getpid():
            self._after_fork()
        if not self._turn.acquire(timeout=LOCK_TIMEOUT):
            raise Busy
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                self._return(connection)
        finally:
            self._turn.release()

    def _take(self) -> sqlite3.Connection:
        with self._guard:
            if self._closed:
                raise RuntimeError("this local Appwrite is closed")
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _return(self, connection: sqlite3.Connection) -> None:
        with self._guard:
            if not self._closed and len(self._idle) < 64:
                self._idle.append(connection)
                return
        connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=LOCK_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )
        geometry.install(connection)
        fulltext.install(connection)
        if not self.in_memory:
            # NORMAL: a commit survives the end of the process; a power failure may lose the last ones.
            _patiently(connection, "PRAGMA journal_mode = WAL", time.monotonic() + LOCK_TIMEOUT)
            connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def close(self) -> None:
        """Close idle connections; lent ones are closed when they are returned."""
        if self._process != os.getpid():
            self._after_fork()
        with self._guard:
            self._closed = True
            while self._idle:
                self._idle.pop().close()


_abandoned: list[sqlite3.Connection] = []


def _close_all(connections: list[sqlite3.Connection], process: int) -> None:
    """Close the connections of a pool that was not closed, unless another process opened them."""
    if process == os.getpid():
        while connections:
            connections.pop().close()


def _begin(connection: sqlite3.Connection, writing: bool, deadline: float) -> None:
    _patiently(connection, "BEGIN IMMEDIATE" if writing else "BEGIN", deadline)


def _commit(connection: sqlite3.Connection, deadline: float) -> None:
    try:
        _patiently(connection, "COMMIT", deadline)
    except BaseException:
        connection.rollback()
        raise


def _patiently(connection: sqlite3.Connection, statement: str, deadline: float) -> None:
    """Run a statement, again while another process holds the file; SQLite's own wait can end early."""
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as problem:
            if not is_busy(problem):
                raise
            if time.monotonic() > deadline:
                raise Busy from problem
            time.sleep(0.005)


def is_busy(problem: sqlite3.OperationalError) -> bool:
    """Return whether an error means that another connection holds a lock."""
    return problem.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
