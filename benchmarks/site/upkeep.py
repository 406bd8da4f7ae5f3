"""What processes send besides reads and writes: statistics, polls, and proofs that the cache accepts changes."""

from __future__ import annotations

import math

from django_appwrite_orm.cache.pending import PROOF
from django_appwrite_orm.cache.stats import FLUSH_INTERVAL, FLUSHED_TABLES

from .workload import LEAST, QUANTILES, STEPS, Workload, alike, zipf


def polls(seconds: float) -> float:
    """How often a reader looks whether the fetch of another process has ended, which takes `seconds` in all."""
    total = 0
    for z in QUANTILES:
        slept, pause, left = 0.0, 0.005, seconds * z
        total += 1
        while slept < left:
            slept, pause = slept + pause, min(pause * 2, 0.1)
            total += 1
    return total / STEPS


def containing(site: Workload, reads: float) -> float:
    """The web requests of a second that make at least one of these reads."""
    share = min(reads / site.reads, 1 - LEAST)
    return site.reads / site.reads_per_request * -math.expm1(site.reads_per_request * math.log1p(-share))


def proofs(site: Workload, changing: float) -> float:
    """The proofs that the cache accepts changes, of all processes; `changing` are the reads that change it.

    A proof lasts for a second from the last change of the process.
    """
    changes = (containing(site, changing) + site.writes) / site.processes
    if changes * PROOF > 500:
        return 0.0
    proved = math.expm1(changes * PROOF) / changes if changes > LEAST else PROOF
    pages = site.reads / site.reads_per_request / site.processes
    arrivals = pages + site.writes / site.processes
    return site.processes * pages / arrivals / (proved + 1 / arrivals)


def flush_interval(site: Workload) -> float:
    """The seconds after which a process adds its counters of a table: longer where it reads very many tables."""
    seconds = float(FLUSH_INTERVAL)
    for _ in range(20):
        waiting = math.fsum(
            -table.number * math.expm1(-containing(site, site.reads * table.share) / site.processes * seconds)
            for table in alike(zipf(site.tables, site.zipf))
        )
        seconds = FLUSH_INTERVAL * max(1.0, waiting / FLUSHED_TABLES)
    return seconds


def flushed(site: Workload, interval: float, counting: float) -> float:
    """How often a counter of one table is added to the total in the cache, which `counting` web requests increase.

    The first web request of a process begins an interval, at whose end the process adds what it has counted.
    """
    arrivals = site.reads / site.reads_per_request + site.writes
    never = (1 - counting / arrivals) * math.exp(-counting / site.processes * interval)
    return site.processes * (1 - never) / (interval + site.processes / arrivals)
