"""What one request of a site has read: the middleware opens a record, reads write into it.

A read belongs to the record of the context that it is made in. One that is made outside every open record (in a
thread that was not given the context, in a task that outlives its request) may have been made for any request that
runs: it restricts what all of them may offer to shared caches. So does a write with the snapshots they have.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..threads import ContextValue, register_after_fork
from .reads import ReadResult, Status


@dataclass(slots=True)
class ReadLog:
    """The tables read, in order of their first reading, each with its worst status.

    `expires` is the earliest end of life among the answers used, in epoch seconds; 0 as soon as one of them
    may not be reused at all. `reads` counts them, `seconds` is the time they took together. `answers` are those
    this request shall see again, by envelope key, where the connection says so (CACHE.PER_REQUEST). `outer` is the
    record that this one was opened in, which is told the same. `on_read` is called at each read that was made, or
    may have been made, for it.
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
        """What rests on this record ends at `expires` at the latest."""
        self.expires = min(self.expires, expires)
        if self.on_read is not None:
            self.on_read()

    @property
    def worst(self) -> Status:
        """The worst status of what was read; HIT while nothing was."""
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
        """The open ones that what happens here belongs to, the innermost first."""
        found, record = [], _current.get()
        while record is not None:
            if not record.closed:
                found.append(record)
            record = record.outer
        return found

    def concerned(self) -> list[ReadLog]:
        """Those, or all that are open where there are none."""
        return self.here() or list(self.open.values())


_current: ContextValue[ReadLog | None] = ContextValue("appwrite_reads", None)
_records = _Records()


def note_read(tables: Iterable[str], found: ReadResult, seconds: float) -> None:
    """Write a read of the tables of these names, and how long it took, into the record that is open here. Without
    one, no response that is under way may be kept for longer than this answer."""
    names = list(tables)
    with _records.lock:
        if here := _records.here():
            for record in here:
                record.note(names, found, seconds)
        else:
            for record in _records.open.values():
                record.restrict(found.expires)


def note_private() -> None:
    """Something was learnt past the cache, or in somebody's name: what rests on it is for nobody else."""
    with _records.lock:
        for record in _records.concerned():
            record.restrict(0.0)


def answers_here() -> dict[str, ReadResult] | None:
    """What the request that runs here has been answered since its last change, by envelope key, to be added to;
    None outside a request. Take it before reading: what was asked before a change is then not seen after it."""
    with _records.lock:
        here = _records.here()
        return here[0].answers if here else None


def forget() -> None:
    """The request that runs here has written: it asks anew. Outside a request it may have been any of them."""
    with _records.lock:
        for record in _records.concerned():
            record.answers = {}


@contextmanager
def recording(on_read: Callable[[], object] | None = None) -> Iterator[ReadLog]:
    """Collect the reads made inside; afterwards the record is closed, also to work that still goes on."""
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
