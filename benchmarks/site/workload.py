"""What visitors and writers of a site do."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

# Rates below this are none, so that no formula divides by 0.
LEAST = 1e-9
# Points of numeric integration, and where they are between 0 and 1.
STEPS = 64
QUANTILES = [(step + 0.5) / STEPS for step in range(STEPS)]


def zipf(number: int, exponent: float) -> list[float]:
    """The shares of `number` things, the most popular first: the share of rank k is proportional to 1 / k**exponent."""
    weights = [rank**-exponent for rank in range(1, number + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]


class Alike(NamedTuple):
    """So many things of about the same popularity, with the mean share of each."""

    number: int
    share: float
    first: int


def alike(shares: list[float]) -> Iterator[Alike]:
    """Group falling shares: the first eight alone, then groups that grow by a quarter."""
    start = 0
    while start < len(shares):
        size = 1 if start < 8 else max(1, start // 4)
        group = shares[start : start + size]
        yield Alike(len(group), math.fsum(group) / len(group), start)
        start += size


@dataclass(frozen=True)
class Workload:
    """A site whose tables have `entries` different queries each. Rates are for each second of the whole site.

    A web request makes `reads_per_request` reads in a process that is chosen at random. Reads choose a table and then
    one of its queries by Zipf's law with the exponent `zipf`, writes choose a table by `write_zipf`: the table that is
    read most is written most, or all are written alike (0). Bytes are those of one entry.
    """

    tables: int = 300
    entries: int = 200
    processes: int = 200
    threads: int = 2
    reads: float = 2_000.0
    reads_per_request: int = 5
    writes: float = 5.0
    zipf: float = 1.1
    write_zipf: float = 0.0
    ttl: float = 300.0
    trust: float = 0.0
    memory: int = 4 * 1024 * 1024
    rows: int = 25
    # Seconds of a read and of a write by Appwrite, and of a round trip to the cache.
    read_latency: float = 0.02
    write_latency: float = 0.03
    round_trip: float = 0.0003

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            least = 1 if field.name in ("tables", "entries", "processes", "threads", "reads_per_request", "rows") else 0
            if not least <= value < float("inf"):
                raise ValueError(f"{field.name} must be a number, {least} or more, not {value!r}.")
        if not self.reads or not self.ttl:
            raise ValueError("reads and ttl must be more than 0.")
        if self.read_latency + 3 * self.round_trip >= self.ttl:
            raise ValueError("ttl must be longer than a miss takes.")

    def times(self, factor: float) -> Workload:
        """The same site with so many times the visitors and the writes, and processes for them."""
        processes = max(1, round(self.processes * factor))
        return dataclasses.replace(self, reads=self.reads * factor, writes=self.writes * factor, processes=processes)


class Arrival(NamedTuple):
    """A web request to a process: the entries it reads as (table, entry), or the table that it writes."""

    at: float
    process: int
    reads: tuple[tuple[int, int], ...]
    written: int | None = None


def arrivals(workload: Workload, seconds: float, seed: int) -> Iterator[Arrival]:
    """The web requests of so many seconds, in their order: Poisson processes of reads and of writes."""
    chance = random.Random(seed)
    tables, entries = range(workload.tables), range(workload.entries)
    read_most = list(accumulate(zipf(workload.tables, workload.zipf)))
    written_most = list(accumulate(zipf(workload.tables, workload.write_zipf)))
    popular = list(accumulate(zipf(workload.entries, workload.zipf)))
    pages = workload.reads / workload.reads_per_request
    at = 0.0
    while (at := at + chance.expovariate(pages + workload.writes)) < seconds:
        process = chance.randrange(workload.processes)
        if chance.random() * (pages + workload.writes) < workload.writes:
            (written,) = chance.choices(tables, cum_weights=written_most)
            yield Arrival(at, process, (), written)
        else:
            names = chance.choices(tables, cum_weights=read_most, k=workload.reads_per_request)
            ranks = chance.choices(entries, cum_weights=popular, k=workload.reads_per_request)
            yield Arrival(at, process, tuple(zip(names, ranks, strict=True)))
