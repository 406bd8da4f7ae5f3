"""Cache statistics of each table, counted in the process and summed in the cache.

Counting costs a read a few additions. Where the cache is shared, a background thread adds the counts to totals in the
cache every few seconds: a fixed number of small keys for each table, and at most those of `FLUSHED_TABLES` at once.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from functools import partial
from itertools import islice
from typing import Any

from django.core.cache import caches

from ..credentials import masked
from ..exceptions import CacheUnavailable
from ..threads import close_caches_after, register_after_fork
from .results import Status

logger = logging.getLogger("django_appwrite_orm.cache")

# Seconds between two additions to the totals, and the TTL of a total, after which it starts from 0.
FLUSH_INTERVAL = 5
TOTAL_TTL = 30 * 86_400
# Tables whose counts are added at once. Those of further tables follow after the next interval, so that a process
# with a thousand tables sends no more commands for statistics than one with a hundred.
FLUSHED_TABLES = 100


@dataclass(slots=True)
class Counts:
    """Counters of one table. Times are in microseconds, `bytes` counts the JSON text of results from the cache."""

    hits: int = 0
    stale: int = 0
    misses: int = 0
    bypasses: int = 0
    invalidations: int = 0
    errors: int = 0
    bytes: int = 0
    hit_time: int = 0
    miss_time: int = 0

    @property
    def reads(self) -> int:
        """All reads, from the cache or not."""
        return self.hits + self.stale + self.misses + self.bypasses

    @property
    def hit_rate(self) -> float:
        """The percentage of reads served by the cache; 0 when there were none."""
        return 100 * (self.hits + self.stale) / self.reads if self.reads else 0.0

    @property
    def saved(self) -> float:
        """The seconds that hits saved: the time of as many reads of Appwrite, less the time they took."""
        fetched = self.misses + self.bypasses
        if not fetched:
            return 0.0
        return max((self.hits + self.stale) * self.miss_time / fetched - self.hit_time, 0) / 1_000_000

    def as_dict(self) -> dict[str, Any]:
        """Return the counters and the figures derived from them."""
        return {**asdict(self), "reads": self.reads, "hit_rate": round(self.hit_rate, 2), "saved": round(self.saved, 3)}


_NAMES = [field.name for field in fields(Counts)]


class Statistics:
    """The counters of one connection in this process, by table id."""

    def __init__(self, alias: str, prefix: str, *, shared: bool) -> None:
        self._alias = alias
        self._prefix = prefix
        self._shared = shared
        self.after_fork()
        register_after_fork(self)
        atexit.register(self.flush)

    def after_fork(self) -> None:
        """Start from 0 in a child: the parent stores its own counts, and its timer does not run here."""
        self._counts: dict[str, Counts] = {}  # since the last flush, or since the start where nothing is shared
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def note_read(self, table: str, status: Status, seconds: float, size: int) -> None:
        """Count a read that took `seconds`; `size` is in characters of JSON."""
        with self._lock:
            counts = self._of(table)
            counts.bytes += size
            microseconds = int(seconds * 1_000_000)
            if status is Status.HIT:
                counts.hits += 1
                counts.hit_time += microseconds
            elif status is Status.STALE:
                counts.stale += 1
                counts.hit_time += microseconds
            elif status is Status.MISS:
                counts.misses += 1
                counts.miss_time += microseconds
            else:
                counts.bypasses += 1
                counts.miss_time += microseconds

    def note_invalidation(self, table: str) -> None:
        """Count an invalidation."""
        with self._lock:
            self._of(table).invalidations += 1

    def note_error(self, table: str) -> None:
        """Count a read that failed."""
        with self._lock:
            self._of(table).errors += 1

    def _of(self, table: str) -> Counts:
        if self._shared and self._timer is None:
            self._start_timer()
        counts = self._counts.get(table)
        if counts is None:
            counts = self._counts[table] = Counts()
        return counts

    def _start_timer(self) -> None:
        timer = threading.Timer(FLUSH_INTERVAL, close_caches_after(partial(self.flush, FLUSHED_TABLES)))
        timer.daemon = True
        with suppress(RuntimeError):  # the system has no more threads: the next count tries again
            timer.start()
            self._timer = timer

    def flush(self, most: int | None = None) -> None:
        """Add the counts to the totals in the cache; they are lost if the cache fails.

        `most` tables are added now, those that wait longest, and the others later; None adds all.
        """
        if not self._shared:
            return
        with self._lock:
            counts_by_table = {table: self._counts.pop(table) for table in list(islice(self._counts, most))}
            self._timer = None
            if self._counts:
                self._start_timer()
        try:
            for table, counts in counts_by_table.items():
                for name in _NAMES:
                    if amount := getattr(counts, name):
                        self._add(self._key(table, name), amount)
        except Exception as error:  # a backend may raise anything, and statistics must not break a read
            logger.debug("Statistics could not be stored: %s", masked(error))

    def _add(self, key: str, amount: int) -> None:
        cache = caches[self._alias]
        try:
            cache.incr(key, amount)
        except ValueError:  # there is no total yet
            if not cache.add(key, amount, TOTAL_TTL):
                cache.incr(key, amount)

    @property
    def place(self) -> tuple[str, str]:
        """The place of the totals: the same for connections to one project behind one cache."""
        return self._alias, self._prefix

    def add_own(self, totals: dict[str, Counts]) -> None:
        """Add the counts of this process that are not stored yet."""
        with self._lock:
            for table, counts in self._counts.items():
                if table in totals:
                    for name in _NAMES:
                        _increase(totals[table], name, getattr(counts, name))

    def add_stored(self, totals: dict[str, Counts]) -> None:
        """Add the totals that all processes have stored. Raises `CacheUnavailable`."""
        keys = {self._key(table, name): (table, name) for table in totals for name in _NAMES}
        for key, amount in (self._call("get_many", list(keys)) if self._shared else {}).items():
            table, name = keys[key]
            if isinstance(amount, int):  # other values come from other programs
                _increase(totals[table], name, amount)

    def reset(self, tables: Iterable[str]) -> None:
        """Reset the counts; what other processes have not yet added is still added later.

        Raises `CacheUnavailable`, with nothing changed.
        """
        tables = list(tables)
        if self._shared:
            self._call("delete_many", [self._key(table, name) for table in tables for name in _NAMES])
        with self._lock:
            for table in tables:
                self._counts.pop(table, None)

    def _call(self, method: str, keys: list[str]) -> Any:
        try:
            return getattr(caches[self._alias], method)(keys)
        except Exception as error:  # a backend may raise anything
            raise CacheUnavailable(f"The cache {self._alias!r} failed: {masked(error)}") from error

    def _key(self, table: str, name: str) -> str:
        return f"{self._prefix}:stats:{table.lower()}:{name}"

    def close(self) -> None:
        """Stop adding to the totals."""
        atexit.unregister(self.flush)
        if self._timer is not None:
            self._timer.cancel()


def all_totals(connections: Iterable[Statistics], tables: Iterable[str]) -> dict[str, Counts]:
    """Return the counts of these tables over all connections and, where the cache is shared, all processes.

    Raises `CacheUnavailable`.
    """
    totals = {table: Counts() for table in tables}
    places = set()
    for statistics in connections:
        statistics.add_own(totals)
        if statistics.place not in places:
            statistics.add_stored(totals)
        places.add(statistics.place)
    return totals


def _increase(counts: Counts, name: str, amount: int) -> None:
    setattr(counts, name, getattr(counts, name) + amount)
