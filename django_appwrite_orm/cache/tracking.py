"""Track what one request of a site has read: the middleware opens a log, reads write into it.

A read belongs to the log of the context that it is made in. A read outside every open log (in a thread without the
context, in a task that outlives its request) may belong to any running request, so it restricts what all of them may
offer to shared caches. So does a write with the snapshots they have.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import attrgetter

from ..threads import ContextValue, register_after_fork
from .results import ReadResult, Status

_rank = attrgetter("rank")


@dataclass(slots=True)
class ReadLog:
    """The tables read, in order of their first reading, each with its worst status.

    `expires` is the earliest expiry of the results used, in epoch seconds; 0 as soon as one of them may not be reused
    at all. `reads` counts them, `seconds` is the total time they took. `results` are those that this request sees
    again, by entry key, if the connection has CACHE.PER_REQUEST. `outer` is the log that this one was opened in,
    which gets the same reads. `on_read` is called at each read that was made, or may have been made, for it.
    `versions` are the tokens that the tables were read under, by connection and table (by name where only that was
    given); None for a table without one, or with several. `expiries` are until when the results of a table may be
    reused, each the earliest. `is_complete` is False when reads elsewhere may have been made for it.
    """

    tables: dict[str, Status] = field(default_factory=dict)
    expires: float = float("inf")
    reads: int = 0
    seconds: float = 0.0
    results: dict[str, ReadResult] = field(default_factory=dict)
    versions: dict[Hashable, str | None] = field(default_factory=dict)
    expiries: dict[Hashable, float] = field(default_factory=dict)
    is_complete: bool = True
    on_read: Callable[[], object] | None = field(default=None, repr=False)
    closed: bool = False
    outer: ReadLog | None = field(default=None, repr=False)

    def note(self, tables: Sequence[str], result: ReadResult, seconds: float, sources: Sequence[Hashable] = ()) -> None:
        """Add a read of these tables, in the order of the result's versions, that took `seconds`."""
        for table in tables:
            before = self.tables.get(table)
            if before is None or before.rank < result.status.rank:
                self.tables[table] = result.status
        sources = sources or tables
        for source, version in zip(sources, result.versions or (None,) * len(sources), strict=True):
            self.versions[source] = version if self.versions.get(source, version) == version else None
            self.expiries[source] = min(self.expiries.get(source, result.expires), result.expires)
        self.reads += 1
        self.seconds += seconds
        self.restrict(result.expires)

    def restrict(self, expires: float) -> None:
        """Let what depends on this log expire at `expires` at the latest."""
        self.expires = min(self.expires, expires)
        if self.on_read is not None:
            self.on_read()

    @property
    def worst(self) -> Status:
        """The worst status of the reads; HIT before the first one."""
        return max(self.tables.values(), key=_rank, default=Status.HIT)


class _OpenLogs:
    """The logs that are open in this process. `lock` goes with every change of one: threads share them."""

    def __init__(self) -> None:
        self.open: dict[int, ReadLog] = {}
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        # The garbage collector, which ends the reads of tasks that nobody ended, may come while it is held.
        self.lock = threading.RLock()

    def here(self) -> list[ReadLog]:
        """Return the open logs of the current context, the innermost first."""
        logs, log = [], _current.get()
        while log is not None:
            if not log.closed:
                logs.append(log)
            log = log.outer
        return logs

    def concerned(self) -> list[ReadLog]:
        """Return those of the current context, or all open ones if there are none."""
        return self.here() or list(self.open.values())


_current: ContextValue[ReadLog | None] = ContextValue("appwrite_reads", None)
_logs = _OpenLogs()
# The logs of this process by their id. Without any there is nothing to note and nothing to forget.
open_logs = _logs.open


def note_read(tables: Iterable[str], result: ReadResult, seconds: float, sources: Sequence[Hashable] = ()) -> None:
    """Note a read of these tables, and how long it took, in the log that is open here.

    `sources` are the alias and the `TableRef` of each table. Without an open log, no open response may be kept for
    longer than this result.
    """
    names = list(tables)
    with _logs.lock:
        if here := _logs.here():
            for log in here:
                log.note(names, result, seconds, sources)
        else:
            for log in _logs.open.values():
                log.is_complete = False
                log.restrict(result.expires)


def note_private() -> None:
    """Note a read past the cache or for a user: responses that depend on it must not be shared."""
    with _logs.lock:
        for log in _logs.concerned():
            log.restrict(0.0)


def results_here() -> dict[str, ReadResult] | None:
    """Return the results the current request has seen since its last change, by entry key, to add to.

    None outside a request. Call it before reading: results read before a change are then not seen after it.
    """
    log = request_log()
    return None if log is None else log.results


def request_log() -> ReadLog | None:
    """Return the log of the current request; None outside a request."""
    with _logs.lock:
        here = _logs.here()
        return here[-1] if here else None


def forget() -> None:
    """Drop the results the current request has seen, after a write of it; outside a request, of all of them."""
    with _logs.lock:
        for log in _logs.concerned():
            log.results = {}


@contextmanager
def recording(on_read: Callable[[], object] | None = None) -> Iterator[ReadLog]:
    """Log the reads made inside; the log is closed afterwards, also for work that still goes on."""
    log = ReadLog(on_read=on_read, outer=_current.get())
    with _logs.lock:
        _logs.open[id(log)] = log
    before = _current.held()
    _current.set(log)
    try:
        yield log
    finally:
        with _logs.lock:
            log.closed = True
            del _logs.open[id(log)]
        _current.restore(before)
