"""What a hit and an invalidation cost as the cache, the project and the number of its clients grow.

Each size is a contender with a Redis and a process of its own. The processor's time includes what Redis took: of its
commands, and with several clients, of its whole process. A goal compares the largest size with the smallest.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from threading import Barrier, Thread
from typing import Any

from ..cells import CALLS, TURN, Cell, Number
from ..sizes import sized
from ..support.children import Work, in_children
from ..support.filling import FIRST, Filled, row_id
from ..support.products import site
from ..support.redis_usage import RedisUsage
from . import Goal

TITLE = "Growth"
AXES = {
    "entries": {
        f"{size:,} entries": size for size in (10, 1_000, sized(100_000, quick=5_000), sized(1_000_000, quick=10_000))
    },
    "tables": {f"{size:,} table{'s' * (size > 1)}": size for size in (1, 10, 100, 1_000)},
    "clients": {f"{size} client{'s' * (size > 1)}": size for size in (1, 4, 16, 64)},
}
CONTENDERS = {name: "django_appwrite_orm" for sizes in AXES.values() for name in sizes}
FROM_REDIS, IN_PROCESS, EITHER = "hit, from Redis", "hit, in the process", "hit of any entry"
INVALIDATION, BY_NAME, REPORTED = "invalidation", "orm.table(name)", "change reported by an event"
HIT_COMMANDS, INVALIDATION_COMMANDS = "commands of a hit", "commands of an invalidation"
STATISTICS = "commands of the statistics"
PROCESSES, THREADS = "microseconds of a hit, processes", "microseconds of a hit, threads"
BARE = "microseconds of an MGET, processes"
TABLES = {
    "a cache and a project that grow": {
        "hit, from Redis": FROM_REDIS,
        "hit, in the process": IN_PROCESS,
        "hit, any entry": EITHER,
        "invalidation": INVALIDATION,
    },
    "a project with more and more tables": {"orm.table(name)": BY_NAME, "change reported by an event": REPORTED},
    "commands sent to Redis": {
        "for a hit": HIT_COMMANDS,
        "for an invalidation": INVALIDATION_COMMANDS,
        "for statistics, in 5 s": STATISTICS,
    },
    "microseconds of the processor for a hit": {
        "processes": PROCESSES,
        "threads": THREADS,
        "bare MGET, processes": BARE,
    },
}
BASE: dict[str, tuple[str, str]] = {}
FLAT = 1.2
# Rows that the process cache has room for, with its default limit.
ROOM = 2_000
# Hits of all clients together, and those of each before they are counted.
HITS, WARMING = sized(6_400, quick=640), 20


def _goals() -> Iterator[Goal]:
    hits = (FROM_REDIS, IN_PROCESS, INVALIDATION, HIT_COMMANDS, INVALIDATION_COMMANDS)
    measures = {"entries": hits, "tables": (*hits, BY_NAME, REPORTED), "clients": (PROCESSES, THREADS)}
    for axis, sizes in AXES.items():
        smallest, *_, largest = sizes
        for measure in measures[axis]:
            yield Goal((measure, largest), than=(measure, smallest), at_most=FLAT)
    *_, hundred, thousand = AXES["tables"]
    yield Goal((STATISTICS, thousand), than=(STATISTICS, hundred), at_most=FLAT)


GOALS = list(_goals())


@dataclass(frozen=True)
class WithRedis:
    """Seconds of one call: the shortest by the clock, the mean of the processor with that of Redis for its commands.

    `before` is called before each; its time and its SET are not counted.
    """

    redis: RedisUsage
    action: Callable[[], object]
    before: Callable[[], object] = int

    def measure(self) -> dict[str, float]:
        self.before()
        self.action()
        began, of_redis = time.perf_counter(), self._of_redis()
        shortest, processor, calls = math.inf, 0.0, 0
        while time.perf_counter() - began < TURN or calls < CALLS:
            self.before()
            processor -= time.process_time()
            start = time.perf_counter()
            self.action()
            shortest = min(shortest, time.perf_counter() - start)
            processor += time.process_time()
            calls += 1
        return {"wall": shortest, "cpu": (processor + self._of_redis() - of_redis) / calls}

    def _of_redis(self) -> float:
        return sum(seconds for name, (_, seconds) in self.redis.commands().items() if name != "set")


@dataclass(frozen=True)
class After:
    """A cell that is measured after `prepare`."""

    prepare: Callable[[], object]
    cell: Cell

    def measure(self) -> dict[str, float]:
        self.prepare()
        return self.cell.measure()


def prepare(name: str, stack: ExitStack) -> dict[str, Cell]:
    from django_appwrite_orm.cache import stats

    (axis,) = (axis for axis, sizes in AXES.items() if name in sizes)
    size = AXES[axis][name]
    own = site(stack)
    redis = RedisUsage(own.redis)
    stack.callback(redis.client.close)
    tables = _registered(size if axis == "tables" else 1)
    filled = Filled(own.redis, tables, size if axis == "entries" else 10)
    if axis == "clients":
        return _of_clients(size, redis, filled)
    stats.FLUSH_INTERVAL = 3_600  # no thread may store statistics while something else is measured
    cells = _of_cache(redis, filled)
    return cells | _of_tables(redis, filled) if axis == "tables" else cells


def _registered(number: int) -> list[Any]:
    """Return so many tables, of which Appwrite has the first."""
    from django_appwrite_orm import Table, columns, register
    from django_appwrite_orm.sansio import run_sync
    from django_appwrite_orm.schema import migrate

    def declared(name: str) -> Any:
        return register(type(name, (Table,), {"__module__": __name__, "name": columns.String(size=64)}))

    tables = [declared(f"Kind{n}") for n in range(number)]
    run_sync(migrate(tables[:1]))
    return tables


def _of_cache(redis: RedisUsage, filled: Filled) -> dict[str, Cell]:
    from django_appwrite_orm.cache.process_cache import ProcessCache
    from django_appwrite_orm.connection import connections

    connection = connections["default"]
    limit = connection.settings.cache.memory
    nothing, hot, any_entry = ProcessCache(), ProcessCache(limit), ProcessCache(limit)

    def using(memory: ProcessCache) -> Callable[[], None]:
        def prepare() -> None:
            connection.store.memory = memory
            filled.restore()

        return prepare

    pairs = [(table, row_id(n)) for n in range(filled.rows) for table in filled.tables][: 3 * ROOM]
    for memory in (any_entry, hot):
        using(memory)()
        for table, pk in pairs:
            table.objects.get(pk=pk)
    kept = cycle(pairs[-ROOM:])

    def read_kept() -> None:
        table, pk = next(kept)
        table.objects.get(pk=pk)

    def commands(action: Callable[[], object], calls: int = 1) -> Number:
        def sent() -> float:
            before = redis.calls()
            for _ in range(calls):
                action()
            return redis.calls() - before

        return Number(sent, per=calls)

    return {
        FROM_REDIS: After(using(nothing), WithRedis(redis, filled.read)),
        IN_PROCESS: After(using(hot), WithRedis(redis, read_kept)),
        EITHER: After(using(any_entry), WithRedis(redis, filled.read)),
        INVALIDATION: After(using(hot), WithRedis(redis, filled.invalidate, filled.restore)),
        HIT_COMMANDS: After(using(nothing), commands(filled.read, 100)),
        INVALIDATION_COMMANDS: After(using(hot), commands(filled.invalidate)),
    }


def _of_tables(redis: RedisUsage, filled: Filled) -> dict[str, Cell]:
    from django_appwrite_orm import orm
    from django_appwrite_orm.cache import stats
    from django_appwrite_orm.connection import connections
    from django_appwrite_orm.events.dispatch import dispatch_event
    from django_appwrite_orm.sansio import run_sync

    names = cycle([table._meta.name for table in filled.tables])

    def reported() -> None:
        ref = filled.current.objects.ref
        names = [f"databases.{ref.database}.tables.{ref.table}.rows.{FIRST}{action}" for action in (".update", "")]
        # A webhook's header has 42 names, most of them with wildcards.
        run_sync(dispatch_event([*names, *(["databases.*"] * 40)], {"$id": FIRST, "name": "Name"}, "default"))

    def of_statistics() -> float:
        statistics = connections["default"].statistics
        statistics.flush()
        for table in filled.tables:
            table.objects.get(pk=FIRST)
        before = redis.calls()
        statistics.flush(stats.FLUSHED_TABLES)
        return redis.calls() - before

    return {
        BY_NAME: WithRedis(redis, lambda: orm.table(next(names))),
        REPORTED: WithRedis(redis, reported, filled.restore),
        STATISTICS: After(filled.restore, Number(of_statistics)),
    }


def _of_clients(number: int, redis: RedisUsage, filled: Filled) -> dict[str, Cell]:
    """Microseconds of the processor, of the clients and of Redis, for each hit of so many clients."""
    each, read = HITS // number, filled.read
    keys = filled.keys()
    before = 0.0

    def begin() -> None:
        nonlocal before
        before = redis.processor()

    def client(action: Callable[[], object]) -> Work:
        for _ in range(WARMING):
            action()

        def work() -> float:
            began = time.process_time()
            for _ in range(each):
                action()
            return time.process_time() - began

        return work

    def processes(action: Callable[[], object]) -> float:
        used = in_children(number, lambda: client(action), begin)
        return used + redis.processor() - before

    def mget() -> object:
        return json.loads(redis.client.mget(keys)[0])

    def threads() -> float:
        together = Barrier(number + 1)

        def run() -> None:
            for _ in range(WARMING):
                read()
            together.wait()
            together.wait()
            for _ in range(each):
                read()

        running = [Thread(target=run) for _ in range(number)]
        for thread in running:
            thread.start()
        together.wait()
        begin()
        began = time.process_time()
        together.wait()
        for thread in running:
            thread.join()
        return time.process_time() - began + redis.processor() - before

    return {
        PROCESSES: Number(lambda: processes(read) * 1e6, per=HITS),
        BARE: Number(lambda: processes(mget) * 1e6, per=HITS),
        THREADS: Number(lambda: threads() * 1e6, per=HITS),
    }
