"""What each event of a cached site costs a web process and Redis: the input of `python -m benchmarks.site`.

Each contender reads a list of so many rows of a table, with every attribute of every row. A miss fetches it over HTTP
from a server that repeats recorded bytes. The time of Redis is that of its whole process: commands and connections.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from django_appwrite_orm.cache.process_cache import ProcessCache

from ..cells import Cell, Number
from ..sizes import sized
from ..support import servers
from ..support.products import attributes, site, tables
from ..support.redis_usage import RedisUsage
from . import Goal

TITLE = "Events of a site"
SIZES = {1: "1 row", 25: "25 rows", 100: "100 rows"}
CONTENDERS = dict.fromkeys(SIZES.values(), "django_appwrite_orm")
TRUSTED, IN_PROCESS, FROM_REDIS = "hit, trusted", "hit, in the process", "hit, from Redis"
MISS, COUNTER = "miss", "counter of statistics"
EVENTS = (TRUSTED, IN_PROCESS, FROM_REDIS, MISS, COUNTER)
WEB, REDIS, BYTES, COMMANDS = "web", "Redis", "bytes", "commands"
KINDS = {
    WEB: "microseconds of the web process",
    REDIS: "microseconds of Redis",
    BYTES: "bytes to and from Redis",
    COMMANDS: "commands",
}
STORED_IN_REDIS, STORED_IN_PROCESS = "bytes in Redis", "bytes in the process"
TABLES = {
    **{heading: {event: f"{event}: {kind}" for event in EVENTS} for kind, heading in KINDS.items()},
    "bytes of a stored list": {"in Redis": STORED_IN_REDIS, "in the process": STORED_IN_PROCESS},
}
BASE: dict[str, tuple[str, str]] = {}
GOALS: list[Goal] = []
# Calls of one event in a turn.
CALLS = sized(200, quick=20)
# Bytes of a process cache that keeps all that is read.
ROOM = 2**26

Action = Callable[[], object]


def prepare(name: str, stack: ExitStack) -> dict[str, Cell]:
    from django_appwrite_orm.cache import stats

    stats.FLUSH_INTERVAL = 3_600  # no thread may store statistics while something else is measured
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    endpoint = stack.enter_context(servers.running(folder / "rows.sqlite3", repeats=True)).endpoint
    redis = RedisUsage(site(stack, endpoints={"default": endpoint}).redis)
    stack.callback(redis.client.close)
    (size,) = (size for size, contender in SIZES.items() if contender == name)
    events = _events(tables().product, size)
    meters: dict[str, Callable[[], float]] = {
        WEB: lambda: time.process_time() * 1e6,
        REDIS: lambda: redis.processor() * 1e6,
        BYTES: partial(_traffic, redis),
        COMMANDS: redis.calls,
    }
    cells: dict[str, Cell] = {
        f"{event}: {kind}": Number(partial(_used, meter, *actions), per=CALLS)
        for event, actions in events.items()
        for kind, meter in meters.items()
    }
    read = events[FROM_REDIS][1]
    return {
        **cells,
        STORED_IN_REDIS: Number(partial(_in_redis, redis, read)),
        STORED_IN_PROCESS: Number(partial(_in_process, read)),
    }


def _used(meter: Callable[[], float], before: Action, action: Action) -> float:
    before()
    action()
    began = meter()
    for _ in range(CALLS):
        action()
    return meter() - began


def _traffic(redis: RedisUsage) -> float:
    info = redis.client.info("stats")
    return float(info["total_net_input_bytes"] + info["total_net_output_bytes"])


def _in_redis(redis: RedisUsage, read: Action) -> float:
    redis.client.flushall()
    read()
    return float(max(redis.client.memory_usage(key) or 0 for key in redis.client.scan_iter()))


def _in_process(read: Action) -> float:
    from django_appwrite_orm.connection import connections

    memory = ProcessCache(ROOM)
    connections["default"].store.memory = memory
    read()
    return float(memory.bytes)


def _events(product: Any, size: int) -> dict[str, tuple[Action, Action]]:
    """Each event with what comes before all of them."""
    from django_appwrite_orm.connection import connections

    connection = connections["default"]
    table = product.objects.ref

    def using(limit: int, trust: float = 0) -> Callable[[], None]:
        def use() -> None:
            connection.store.memory = ProcessCache(limit, trust)

        return use

    def read() -> None:
        attributes(product.objects.all()[:size])

    def miss() -> None:
        attributes(product.objects.filter(stock__gte=-next(numbers))[:size])  # a query that nobody has read

    def count() -> None:
        connection.statistics.note_invalidation(table.table)
        connection.statistics.flush()

    numbers = itertools.count()
    return {
        TRUSTED: (using(ROOM, trust=3_600), read),
        IN_PROCESS: (using(ROOM), read),
        FROM_REDIS: (using(0), read),
        MISS: (using(0), miss),
        COUNTER: (count, count),
    }
