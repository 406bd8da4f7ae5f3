"""What one request of a site has read: the middleware opens a record, reads write into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from .reading import Found, Status


@dataclass(slots=True)
class ReadRecord:
    """The tables read, in order of their first reading, each with its worst status.

    `expires` is the earliest end of life among the answers used, in epoch seconds; 0 as soon as one of them
    may not be reused at all. `reads` counts them, `seconds` is the time they took together. `answers` are those
    this request shall see again, by envelope key, where the connection says so (CACHE.PER_REQUEST).
    """

    tables: dict[str, Status] = field(default_factory=dict)
    expires: float = float("inf")
    reads: int = 0
    seconds: float = 0.0
    answers: dict[str, Found] = field(default_factory=dict)
    closed: bool = False

    def note(self, tables: Iterable[str], found: Found, seconds: float) -> None:
        if self.closed:
            return
        for table in tables:
            before = self.tables.get(table, found.status)
            self.tables[table] = max(before, found.status, key=lambda status: status.rank)
        self.expires = min(self.expires, found.expires)
        self.reads += 1
        self.seconds += seconds

    @property
    def worst(self) -> Status:
        """The worst status of what was read; HIT while nothing was."""
        return max(self.tables.values(), key=lambda status: status.rank, default=Status.HIT)


_current: ContextVar[ReadRecord | None] = ContextVar("appwrite_reads", default=None)


def note_read(tables: Iterable[str], found: Found, seconds: float) -> None:
    """Write a read of the tables of these names, and how long it took, into the record that is open here, if any."""
    record = _current.get()
    if record is not None:
        record.note(tables, found, seconds)


def answers_here() -> dict[str, Found] | None:
    """What the request that runs here has been answered since its last change, by envelope key, to be added to;
    None outside a request. Take it before reading: what was asked before a change is then not seen after it."""
    record = _current.get()
    return None if record is None or record.closed else record.answers


def forget() -> None:
    """The request that runs here has written: it asks anew."""
    record = _current.get()
    if record is not None:
        record.answers = {}


@contextmanager
def recording() -> Iterator[ReadRecord]:
    """Collect the reads made inside; afterwards the record is closed, also to work that still goes on."""
    record = ReadRecord()
    before = _current.set(record)
    try:
        yield record
    finally:
        record.closed = True
        _current.reset(before)
