"""A small site as it really is: several processes with threads, a Redis, and a local Appwrite in one SQLite file.

A request to Appwrite takes `read_latency` or `write_latency` longer than the local Appwrite does. Hits and misses are
counted by the package's statistics, commands by Redis, requests where they are sent.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import Array, Value
from typing import Any, NamedTuple
from unittest import mock

from ..support.children import Work, in_children
from ..support.products import site as configured
from ..support.redis_usage import RedisUsage
from .formulas import COUNT, LOOK_UPS, predict
from .simulation import Simulation
from .workload import Arrival, Workload, arrivals

# One that a busy machine with two cores can run.
SITE = Workload(
    tables=12,
    entries=40,
    processes=6,
    threads=4,
    reads=120,
    reads_per_request=3,
    writes=1.5,
    write_zipf=0.5,
    ttl=15,
    memory=400_000,
    rows=5,
    read_latency=0.02,
    write_latency=0.02,
    round_trip=0.001,
)
SEED = 5
# Arrivals that begin later than this, in seconds, are counted as late.
LATE = 0.1
COMMANDS = (LOOK_UPS, "SET", "DEL", "EVAL")


class Found(NamedTuple):
    """The counts of a run, and the site as it was: with the rates and latencies of that time."""

    site: Workload
    entry_in_process: float
    counts: dict[str, float]


class _Meter:
    """Requests of all processes: their number and seconds, of reads and of writes; then late arrivals."""

    def __init__(self, site: Workload) -> None:
        self._site = site
        self._numbers = Array("d", len(_NAMES))
        self._children = Value("i", 0)

    def next_child(self) -> int:
        with self._children.get_lock():
            self._children.value += 1
            return self._children.value - 1

    def add(self, **amounts: float) -> None:
        with self._numbers.get_lock():
            for name, amount in amounts.items():
                self._numbers[_NAMES.index(name)] += amount

    def values(self) -> dict[str, float]:
        return dict(zip(_NAMES, self._numbers[:], strict=True))

    @contextmanager
    def attempts(self) -> Iterator[None]:
        """Count the requests of this process and its children, and let them take longer."""
        from django_appwrite_orm.transport.retry import Attempt

        perform = Attempt.perform

        def measured(attempt: Attempt) -> Any:
            began = time.monotonic()
            is_read = attempt.request.method == "GET"
            time.sleep(self._site.read_latency if is_read else self._site.write_latency)
            try:
                return perform(attempt)
            finally:
                taken = time.monotonic() - began
                self.add(**({"reads": 1, "read_time": taken} if is_read else {"writes": 1, "write_time": taken}))

        with mock.patch.object(Attempt, "perform", measured):
            yield


_NAMES = ("reads", "read_time", "writes", "write_time", "late")


def run(site: Workload, warm: float, seconds: float) -> Found:
    """Run the site; count from the end of the warm-up."""
    with ExitStack() as stack:
        settings = {"TTL": site.ttl, "MEMORY": site.memory, "TRUST": site.trust}
        redis = RedisUsage(configured(stack, cache_settings=settings).redis)
        stack.callback(redis.client.close)
        tables = _tables(site)
        entry_in_process = _entry_in_process(tables[0], site)
        meter = _Meter(site)
        stack.enter_context(meter.attempts())
        before: dict[str, float] = {}
        visits = list(arrivals(site, warm + seconds, SEED))
        start_at = time.monotonic() + 1

        def counts() -> dict[str, float]:
            sent = {name.upper(): float(calls) for name, (calls, _) in redis.commands().items()}
            calls = {names: sum(sent.get(name, 0) for name in names.split(", ")) for names in COMMANDS}
            return {**calls, **_statistics(), **meter.values()}

        def start() -> Work:
            number = meter.next_child()
            own = [visit for visit in visits if visit.process == number]
            _visit(site, tables, meter, [visit for visit in own if visit.at < warm], start_at)

            def work() -> float:
                rest = [visit for visit in own if visit.at >= warm]
                _visit(site, tables, meter, rest, time.monotonic() - warm)
                return 0.0

            return work

        in_children(site.processes, start, lambda: before.update(counts()))
        after = counts()
    found = {name: after[name] - before[name] for name in after}
    counted = [visit for visit in visits if visit.at >= warm]
    return Found(
        dataclasses.replace(
            site,
            reads=sum(len(visit.reads) for visit in counted) / seconds,
            writes=sum(visit.written is not None for visit in counted) / seconds,
            read_latency=found["read_time"] / max(found["reads"], 1),
            write_latency=found["write_time"] / max(found["writes"], 1),
        ),
        entry_in_process,
        found,
    )


def _tables(site: Workload) -> list[Any]:
    """Return the tables of the site, with a few rows in each."""
    from django_appwrite_orm import Table, columns, register
    from django_appwrite_orm.sansio import run_sync
    from django_appwrite_orm.schema import migrate

    tables: list[Any] = [
        register(type(f"Kind{n}", (Table,), {"__module__": __name__, "number": columns.Integer()}))
        for n in range(site.tables)
    ]
    run_sync(migrate(tables))
    for table in tables:
        table.objects.bulk_create([table(pk=f"row{n}", number=n) for n in range(site.rows)])
    return tables


def _read(site: Workload, table: Any, entry: int) -> None:
    for row in table.objects.filter(number__gte=-entry)[: site.rows]:
        row.pk, row.number  # noqa: B018


def _entry_in_process(table: Any, site: Workload) -> float:
    from django.core.cache import caches

    from django_appwrite_orm.connection import connections

    memory = connections["default"].store.memory
    _read(site, table, 0)
    size = memory.bytes
    memory.clear()
    caches.close_all()  # no child may use a connection of its parent
    return float(size)


def _statistics() -> dict[str, float]:
    from django_appwrite_orm import orm

    tables = orm.stats().values()
    return {name: sum(table[name] for table in tables) for name in ("hits", "misses", "bypasses")}


def _visit(site: Workload, tables: list[Any], meter: _Meter, visits: Iterable[Arrival], start: float) -> None:
    """Let each visit begin at its time after `start`, then add what was counted to the statistics."""
    from django_appwrite_orm.connection import connections

    def visit(one: Arrival) -> None:
        meter.add(late=float(time.monotonic() - start - one.at > LATE))
        for table, entry in one.reads:
            _read(site, tables[table], entry)
        if one.written is not None:
            tables[one.written].objects.filter(pk="row0").update(number=0)

    with ThreadPoolExecutor(site.threads) as threads:
        running = []
        for one in visits:
            time.sleep(max(0.0, start + one.at - time.monotonic()))
            running.append(threads.submit(visit, one))
    for done in running:
        done.result()
    connections["default"].statistics.close()  # so that its timer does not flush again
    connections["default"].statistics.flush()


class Line(NamedTuple):
    """A figure of the run, as formulas and simulation predict it and as it was."""

    name: str
    formulas: float
    simulation: float
    measured: float


def compared(site: Workload, found: Found, warm: float, seconds: float) -> list[Line]:
    """The predictions for a site that has run, beside its counts: the hit rate, then what happened in a second.

    The simulation has the same visits as the site had.
    """
    counts = found.counts
    rates = predict(found.site, found.entry_in_process)
    simulation = Simulation(found.site, found.entry_in_process)
    simulated = simulation.run(arrivals(site, warm + seconds, SEED), warm, seconds)
    simulated[COUNT] = simulated["counters"]
    lines = [
        Line(
            "hit rate",
            rates.hit_rate,
            simulated["HIT"] / (simulated["HIT"] + simulated["MISS"]),
            counts["hits"] / (counts["hits"] + counts["misses"] + counts["bypasses"]),
        ),
        Line("requests of reads", rates.read_requests, simulated["read requests"] / seconds, counts["reads"] / seconds),
        Line("requests of writes", rates.writes, simulated["write requests"] / seconds, counts["writes"] / seconds),
    ]
    for name in COMMANDS:
        predicted = rates.commands.get(name, 0), simulated.get(name, 0) / seconds
        lines.append(Line(name, *predicted, counts[name] / seconds))
    sums = [sum(getattr(line, kind) for line in lines[3:]) for kind in ("formulas", "simulation", "measured")]
    return [*lines, Line("all commands", *sums)]
