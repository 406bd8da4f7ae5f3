"""The rates of a site in its steady state, by closed formulas for Poisson arrivals.

Entries of one table share its token, so that a write ends all of them. Between two writes an entry is in turn absent
(until a reader misses it), being fetched, and valid (until its TTL ends). The rates follow from the expected time in
each state. The process caches are LRU caches: their contents follow from Che's approximation.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from django_appwrite_orm.cache.keys import IN_DOUBT_TTLS, LEASES

from .upkeep import containing, flush_interval, flushed, polls, proofs
from .workload import LEAST, QUANTILES, STEPS, Workload, alike, zipf

# Of an in-doubt marker, with the default TIMEOUT.
MARKER = IN_DOUBT_TTLS[0]
# The command that adds one counter to its total; EVAL, since django-redis looks first whether there is a total.
COUNT = "EVAL"
# The commands of a look-up: of one key, or of several.
LOOK_UPS = "GET, MGET"


@dataclass
class Rates:
    """Events of the whole site in a second; `redis_entries` and `process_entries` are numbers of entries."""

    trusted: float = 0  # hits without a look-up
    checked: float = 0  # hits whose result was in the process
    transferred: float = 0  # hits whose result came from Redis
    first_misses: float = 0  # misses after a write that sent a request
    expired_misses: float = 0  # misses after the end of a TTL that sent a request
    waits: float = 0  # misses that took the result of another reader
    fenced_misses: float = 0  # misses beside a write, each with a request
    writes: float = 0
    marked_reads: float = 0  # those of a table with an in-doubt marker
    commands: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    counters: float = 0
    redis_entries: float = 0
    process_entries: float = 0

    @property
    def hits(self) -> float:
        return self.trusted + self.checked + self.transferred

    @property
    def misses(self) -> float:
        return self.first_misses + self.expired_misses + self.waits + self.fenced_misses

    @property
    def hit_rate(self) -> float:
        return self.hits / (self.hits + self.misses)

    @property
    def read_requests(self) -> float:
        return self.first_misses + self.expired_misses + self.fenced_misses

    def add(self, other: Rates, times: int) -> None:
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + times * getattr(other, name))
        for command, rate in other.commands.items():
            self.commands[command] += times * rate


_SUMS = [field.name for field in dataclasses.fields(Rates) if field.name != "commands"]


def mean_time(rate: float, seconds: float) -> float:
    """The integral of exp(-rate * t) from 0 to `seconds`."""
    return -math.expm1(-rate * seconds) / rate if rate * seconds > LEAST else seconds


class Fences(NamedTuple):
    """The shares of the time in which a table is fenced: by the lease of a writer, and by an in-doubt marker.

    `intervals` are those without a fence, in a second. `calls` are those that set the fence of a writer: it tries the
    leases in order, and then sets a marker.
    """

    leased: float
    marked: float
    calls: float
    intervals: float

    @classmethod
    def of(cls, writes: float, duration: float) -> Fences:
        """The fences of so many writes a second, each of which needs a lease for `duration`.

        The leases are the servers of Erlang's loss system, and so are the first ones of them.
        """
        load = writes * duration
        idle = 1 / math.fsum(load**number / math.factorial(number) for number in range(LEASES + 1))
        taken = [1.0]  # the probabilities that a writer finds the first 0, 1, 2, ... leases taken
        for number in range(1, LEASES + 1):
            taken.append(load * taken[-1] / (number + load * taken[-1]))
        one_left = idle * load ** (LEASES - 1) / math.factorial(LEASES - 1)
        # The writers that take the last lease, and are joined by another one before the first lease is released.
        overflows = writes * one_left * -math.expm1(-load / LEASES)
        marked = min(-math.expm1(-overflows * MARKER), 1 - LEAST)
        return cls(1 - idle, marked, math.fsum(taken), writes * idle * (1 - marked))


def characteristic_time(site: Workload, entry_in_process: float) -> float:
    """The seconds that a process keeps an entry which it does not read, by Che's approximation of an LRU cache."""
    room = site.memory / entry_in_process
    if entry_in_process > site.memory // 4:
        return 0.0  # the process cache refuses it
    if room >= site.tables * site.entries:
        return math.inf
    groups = [
        (table.number * entry.number, site.reads / site.processes * table.share * entry.share)
        for table in alike(zipf(site.tables, site.zipf))
        for entry in alike(zipf(site.entries, site.zipf))
    ]
    low, high = 0.0, 1.0
    while math.fsum(-number * math.expm1(-rate * high) for number, rate in groups) < room:
        low, high = high, high * 2
    for _ in range(40):
        middle = (low + high) / 2
        filled = math.fsum(-number * math.expm1(-rate * middle) for number, rate in groups)
        low, high = (middle, high) if filled < room else (low, middle)
    return high


@dataclass(frozen=True)
class Table:
    """One table that is written `writes` times a second. `kept` is the characteristic time of the process caches."""

    site: Workload
    kept: float
    writes: float

    @cached_property
    def fetch(self) -> float:
        """Seconds from the look-up of a reader that misses until its result is stored."""
        return 3 * self.site.round_trip + self.site.read_latency

    @cached_property
    def fences(self) -> Fences:
        return Fences.of(self.writes, 2 * self.site.round_trip + self.site.write_latency)

    @cached_property
    def ages(self) -> list[float]:
        """The ages of an entry at hits, as quantiles. An age is as likely as no write since."""
        low, high = math.exp(-self.writes * self.fetch), math.exp(-self.writes * self.site.ttl)
        if low - high < LEAST:
            return [self.fetch + (self.site.ttl - self.fetch) * z for z in QUANTILES]
        return [-math.log(low - (low - high) * z) / self.writes for z in QUANTILES]

    def younger(self, age: float) -> float:
        """The share of hits at which the entry is younger."""
        valid = mean_time(self.writes, self.site.ttl) - mean_time(self.writes, self.fetch)
        return max(0.0, mean_time(self.writes, age) - mean_time(self.writes, self.fetch)) / valid

    def entry(self, reads: float) -> Rates:
        """The rates of one entry of the table that is read so many times a second."""
        site, fences, writes = self.site, self.fences, self.writes
        each = reads / site.processes
        window = min(site.trust, self.kept)
        trusted = window / (window + 1 / (each * (1 - fences.leased)))
        looks = reads * (1 - trusted)
        # The expected times until the next write, in each state. It begins without a valid entry.
        read_first = looks / (looks + writes)
        fetched, expired = math.exp(-writes * self.fetch), math.exp(-writes * (site.ttl - self.fetch))
        rounds = read_first / (1 - read_first * fetched * expired)
        waiting = rounds * mean_time(writes, self.fetch)
        valid = rounds * fetched * mean_time(writes, site.ttl - self.fetch)
        hits = fences.intervals * looks * valid
        first = fences.intervals * read_first
        waits = fences.intervals * looks * waiting
        fenced = looks * fences.leased * (1 - fences.marked) + reads * fences.marked
        leaders = fences.intervals * rounds

        hit_rate = hits / (hits + waits + leaders)
        moved = self._not_in_process(each, window)
        outdated = self._outdated_in_process(each, window, looks, hit_rate)
        elsewhere = 1 - 1 / site.processes  # the share of readers in another process than the one that fetches
        rates = Rates(
            trusted=reads * trusted * (1 - fences.marked),
            checked=hits * (1 - moved),
            transferred=hits * moved,
            first_misses=first,
            expired_misses=leaders - first,
            waits=waits,
            fenced_misses=fenced,
            redis_entries=leaders * self._mean_stored(looks),
        )
        # A hit looks once, or twice where the copy of the process is outdated. A miss looks for fences too.
        rates.commands[LOOK_UPS] = hits * (1 + min(outdated, moved)) + 2 * (leaders + waits + fenced)
        rates.commands[LOOK_UPS] += waits * elsewhere * polls(self.fetch)
        rates.commands["SET"] = 3 * leaders + waits * elsewhere
        return rates

    def _not_in_process(self, each: float, window: float) -> float:
        """The share of checked hits for which the process has no current copy: it has not read it at this age."""
        unread = [math.exp(-each * max(0.0, min(age, self.kept) - window)) for age in self.ages]
        fetcher = [gone if age > self.kept else 0.0 for age, gone in zip(self.ages, unread, strict=True)]
        alone = 1 / self.site.processes  # this process has fetched it
        return ((1 - alone) * math.fsum(unread) + alone * math.fsum(fetcher)) / STEPS

    def _outdated_in_process(self, each: float, window: float, looks: float, hit_rate: float) -> float:
        """The share of hits for which the process has a copy of before the last write.

        It has read the entry before, and the TTL of that copy has not ended.
        """
        rate, fetch = self.writes, self.fetch
        share = 0.0
        for z in QUANTILES:
            ago = window - math.log1p(-z) / each
            if fetch < ago < min(self.kept, self.site.ttl):
                # A write since then, and a read after the last one.
                written = math.exp(-rate * fetch) * rate
                read = mean_time(rate, ago - fetch) - mean_time(rate + looks, ago - fetch)
                share += self._unexpired(ago, hit_rate) * written * read / hit_rate
        return share / STEPS

    def _unexpired(self, ago: float, hit_rate: float) -> float:
        """The probability that the TTL has not ended of what a reader got so long ago."""
        return 1 - hit_rate + hit_rate * self.younger(self.site.ttl - ago)

    def _mean_stored(self, looks: float) -> float:
        """The seconds that Redis keeps a stored result: until its TTL ends or another one replaces it."""
        writes, ttl = self.writes, self.site.ttl
        if math.isclose(looks, writes, rel_tol=1e-6):
            looks *= 1 + 1e-5
        until_write, until_read = mean_time(writes, ttl), mean_time(looks, ttl)
        return until_write + writes / (looks - writes) * (until_write - until_read)


def predict(site: Workload, entry_in_process: float) -> Rates:
    """The rates of a site, whose entries take so many bytes in a process."""
    total = Rates()
    kept = characteristic_time(site, entry_in_process)
    interval = flush_interval(site)
    written = zipf(site.tables, site.write_zipf)
    entries = list(alike(zipf(site.entries, site.zipf)))
    for group in alike(zipf(site.tables, site.zipf)):
        writes = site.writes * math.fsum(written[group.first : group.first + group.number]) / group.number
        table = Table(site, kept, max(writes, LEAST))
        rates = Rates(writes=writes, marked_reads=site.reads * group.share * table.fences.marked)
        for entry in entries:
            rates.add(table.entry(site.reads * group.share * entry.share), entry.number)
        # The first reader after a write adds the token.
        looks = rates.hits - rates.trusted + rates.misses - rates.fenced_misses
        rates.commands["SET"] += table.fences.intervals * looks / max(looks + writes, LEAST)
        rates.commands["SET"] += writes * table.fences.calls
        rates.commands["DEL"] += 2 * writes
        rates.counters = (
            2 * flushed(site, interval, containing(site, rates.hits))
            + 2 * flushed(site, interval, containing(site, rates.misses))
            + flushed(site, interval, containing(site, rates.misses + rates.transferred))
            + flushed(site, interval, writes)
        )
        total.add(rates, group.number)
    total.commands["DEL"] += proofs(site, total.misses - total.fenced_misses)
    total.commands[COUNT] = total.counters
    total.process_entries = min(site.memory / entry_in_process, site.tables * site.entries) if kept else 0.0
    return total
