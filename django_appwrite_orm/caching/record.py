"""What one request of a site has read: the middleware opens a record, reads write into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from .reading import Found, Status


@dataclass(slots=True)
class ReadRecord:
    """The tables read, in order of their first reading, each with its worst status.

    `expires` is the earliest end of life among the answers used, in epoch seconds; 0 as soon as one of them
    may not be reused at all. `reads` counts them, `seconds` is the time they took together.
    """

    tables: dict[str, Status] = field(default_factory=dict)
    expires: float = float("inf")
    reads: int = 0
    seconds: float = 0.0
    closed: bool = False

    def note(self, table: str, found: Found, seconds: float) -> None:
        if self.closed:
            return
        before = self.tables.get(table, found.status)
        self.tables[table] = max(before, found.status, key=lambda status: status.rank)
        self.expires = min(self.expires, found.expires)
        self.reads += 1
        self.seconds += seconds

    @property
    def worst(self) -> Status:
        return max(self.tables.values(), key=lambda status: status.rank)


_current: ContextVar[ReadRecord | None] = ContextVar("appwrite_reads", default=None)


def note_read(table: str, found: Found, seconds: float) -> None:
    """Write a read of the table named `table`, and how long it took, into the record that is open here, if any."""
    record = _current.get()
    if record is not None:
        record.note(table, found, seconds)


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
