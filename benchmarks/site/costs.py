"""What the events of a site cost, from the group `events` of a run, and what that amounts to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from .. import ROOT
from ..groups import events
from .formulas import Rates, predict
from .workload import Workload

RESULTS = ROOT / "docs" / "performance" / "results" / "benchmarks.json"
# Bytes in Redis of a token, of a counter of statistics, and of a connection.
SHORT_KEY, CONNECTION = 160, 20_000
# Kinds of counters of each table.
COUNTERS = 8


class MissingCosts(ValueError):
    """The run has no group `events`."""


@dataclass(frozen=True)
class Costs:
    """The figures of the group `events` for lists of so many rows, by measure."""

    figures: Mapping[str, float]

    @classmethod
    def of(cls, run: Mapping[str, Any], rows: int) -> Costs:
        """Return what lists of `rows` rows cost; between the measured lengths, costs grow evenly."""
        group = run["groups"].get("events")
        if group is None:
            raise MissingCosts("The run has no costs of events: `python -m benchmarks --only events`")
        measured: dict[str, dict[int, float]] = {}
        sizes = {name: size for size, name in events.SIZES.items()}
        for figure in group["figures"]:
            measured.setdefault(figure["measure"], {})[sizes[figure["contender"]]] = figure["number"]
        return cls({measure: _between(points, rows) for measure, points in measured.items()})

    @classmethod
    def load(cls, file: Path, rows: int) -> Costs:
        return cls.of(json.loads(file.read_text(encoding="utf-8")), rows)

    def __getitem__(self, measure: tuple[str, str]) -> float:
        """The cost of an event, of one kind: seconds for times, else a number."""
        event, kind = measure
        figure = self.figures[f"{event}: {kind}"]
        return figure / 1e6 if kind in (events.WEB, events.REDIS) else figure

    @property
    def entry_in_process(self) -> float:
        return self.figures[events.STORED_IN_PROCESS]

    @property
    def entry_in_redis(self) -> float:
        return self.figures[events.STORED_IN_REDIS]

    def of_commands(self, rates: Rates, kind: str) -> float:
        """What all commands take of Redis: seconds or bytes in a second.

        A short command costs what the look-up of a hit in the process does. A result that is read or stored, and
        a counter, cost more than their commands.
        """
        short = self[events.IN_PROCESS, kind]
        moved = max(0.0, self[events.FROM_REDIS, kind] - short)
        commands_of_miss = self[events.MISS, events.COMMANDS]
        stored = max(0.0, self[events.MISS, kind] - commands_of_miss * short)
        counted = max(0.0, self[events.COUNTER, kind] - short)
        misses = rates.first_misses + rates.expired_misses
        short_commands = sum(rates.commands.values())
        return short * short_commands + moved * rates.transferred + stored * misses + counted * rates.counters


def _between(points: Mapping[int, float], size: int) -> float:
    (low, at_low), (high, at_high) = next(
        (pair for pair in pairwise(sorted(points.items())) if size <= pair[1][0]), sorted(points.items())[-2:]
    )
    return at_low + (at_high - at_low) * (size - low) / (high - low)


@dataclass(frozen=True)
class Limits:
    """What there is: cores, bytes, requests and bits in a second. Redis carries out its commands in one core."""

    web_cores: float = 200.0
    web_memory: float = 2**30 * 64
    redis_memory: float = 2**30
    redis_connections: int = 10_000
    network: float = 1e9
    appwrite: float = 500.0


class Share(NamedTuple):
    """How much of a limit a site uses."""

    what: str
    used: float
    limit: float
    unit: str

    @property
    def of_limit(self) -> float:
        return self.used / self.limit


class Load(NamedTuple):
    """A site with its rates and what they amount to."""

    site: Workload
    rates: Rates
    shares: tuple[Share, ...]

    @property
    def fullest(self) -> Share:
        return max(self.shares, key=lambda share: share.of_limit)


def load(site: Workload, costs: Costs, limits: Limits, page: float) -> Load:
    """What a site takes of each limit; `page` is the time of the processor of a web request, without its reads."""
    rates = predict(site, costs.entry_in_process)
    return Load(site, rates, tuple(_shares(site, costs, limits, page, rates)))


def _shares(site: Workload, costs: Costs, limits: Limits, page: float, rates: Rates) -> Iterator[Share]:
    web = {
        events.TRUSTED: rates.trusted,
        events.IN_PROCESS: rates.checked,
        events.FROM_REDIS: rates.transferred,
        events.MISS: rates.misses + rates.writes,
    }
    cores = sum(number * costs[event, events.WEB] for event, number in web.items())
    cores += rates.counters * costs[events.COUNTER, events.WEB] + page * site.reads / site.reads_per_request
    yield Share("processor of the web processes", cores, limits.web_cores, "cores")
    kept = site.processes * rates.process_entries * costs.entry_in_process
    yield Share("memory of the process caches", kept / 2**20, limits.web_memory / 2**20, "MiB")
    yield Share("processor of Redis", costs.of_commands(rates, events.REDIS), 1.0, "cores")
    connections = site.processes * site.threads
    stored = rates.redis_entries * costs.entry_in_redis + connections * CONNECTION
    stored += site.tables * (COUNTERS + 2) * SHORT_KEY
    yield Share("memory of Redis", stored / 2**20, limits.redis_memory / 2**20, "MiB")
    yield Share("connections of Redis", connections, limits.redis_connections, "")
    network = 8 * costs.of_commands(rates, events.BYTES)
    yield Share("network of Redis", network / 1e6, limits.network / 1e6, "Mbit/s")
    yield Share("requests to Appwrite", rates.read_requests + rates.writes, limits.appwrite, "in a second")


def room(site: Workload, costs: Costs, limits: Limits, page: float) -> tuple[float, Share]:
    """How many times the visitors and writes reach a limit, and which one."""

    def at(factor: float) -> Share:
        return load(site.times(factor), costs, limits, page).fullest

    low, high = 0.0, 1.0
    while at(high).of_limit < 1:
        low, high = high, high * 2
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle).of_limit < 1 else (low, middle)
    return high, at(high)
