"""Track what one request of a site has read: the middleware opens a log, reads write into it.

A read belongs to the log of the context that it is made in. A read outside every open log (in a thread without the
context, in a task that outlives its request) may belong to any running request, so it restricts what all of them may
offer to shared caches. So does a write with the snapshots they have.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..threads import ContextValue, register_after_fork
from .results import ReadResult, Status


@dataclass(slots=True)
class ReadLog:
    """The tables read, in order of their first reading, each with its worst status.

    `expires` is the earliest expiry of the answers used, in epoch seconds; 0 as soon as one of them may not be reused
    at all. `reads` counts them, `seconds` is the total time they took. `answers` are those that this request sees
    again, by entry key, if the connection says so (CACHE.PER_REQUEST). `outer` is the log that this one was opened in,
    which gets the same reads. `on_read` is called at each read that was made, or may have been made, for it.
    """

    tables: dict[str, Status] = field(default_factory=dict)
    expires: float = float("inf")
    reads: int = 0
    seconds: float = 0.0
    answers: dict[str, ReadResult] = field(default_factory=dict)
    on_read: Callable[[], object] | None = field(default=None, repr=False)
    closed: bool = False
    outer: ReadLog | None = field(default=None, repr=False)

    def note(self, tables: Iterable[str], found: ReadResult, seconds: float) -> None:
        for table in tables:
            before = self.tables.get(table, found.status)
            self.tables[table] = max(before, found.status, key=lambda status: status.rank)
        self.reads += 1
        self.seconds += seconds
        self.restrict(found.expires)

    def restrict(self, expires: float) -> None:
        """Let what depends on this log expire at `expires` at the latest."""
        self.expires = min(self.expires, expires)
        if self.on_read is not None:
            self.on_read()

    @property
    def worst(self) -> Status:
        """The worst status of the reads; HIT before the first one."""
        return max(self.tables.values(), key=lambda status: status.rank, default=Status.HIT)


class _Records:
    """The records that are open in this process. `lock` goes with every change of one: threads share them."""

    def __init__(self) -> None:
        self.open: dict[int, ReadLog] = {}
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        # The garbage collector, which ends the reads of tasks that nobody ended, may come while it is held.
        self.lock = threading.RLock()

    def here(self) -> list[ReadLog]:
        """Return the open logs of the current context, the innermost first."""
        found, record = [], _current.get()
        while record is not None:
            if not record.closed:
                found.append(record)
            record = record.outer
        return found

    def concerned(self) -> list[ReadLog]:
        """Return those of the current context, or all open ones if there are none."""
        return self.here() or list(self.open.values())


_current: ContextValue[ReadLog | None] = ContextValue("appwrite_reads", None)
_records = _Records()


def note_read(tables: Iterable[str], found: ReadResult, seconds: float) -> None:
    """Note a read of these tables, and how long it took, in the log that is open here.

    Without an open log, no response under way may be kept for longer than this answer.
    """
    names = list(tables)
    with _records.lock:
        if here := _records.here():
            for record in here:
                record.note(names, found, seconds)
        else:
            for record in _records.open.values():
                record.restrict(found.expires)


def note_private() -> None:
    """Note a read past the cache or for a user: responses that depend on it must not be shared."""
    with _records.lock:
        for record in _records.concerned():
            record.restrict(0.0)


def answers_here() -> dict[str, ReadResult] | None:
    """Return the answers the current request has seen since its last change, by entry key, to add to.

    None outside a request. Call it before reading: answers asked for before a change are then not seen after it.
    """
    with _records.lock:
        here = _records.here()
        return here[0].answers if here else None


def forget() -> None:
    """Drop the answers the current request has seen, after a write of it; outside a request, of all of them."""
    with _records.lock:
        for record in _records.concerned():
            record.answers = {}


@contextmanager
def recording(on_read: Callable[[], object] | None = None) -> Iterator[ReadLog]:
    """Log the reads made inside; the log is closed afterwards, also for work that still goes on."""
    record = ReadLog(on_read=on_read, outer=_current.get())
    with _records.lock:
        _records.open[id(record)] = record
    before = _current.held()
    _current.set(record)
    try:
        yield record
    finally:
        with _records.lock:
            record.closed = True
            del _records.open[id(record)]
        _current.restore(before)
