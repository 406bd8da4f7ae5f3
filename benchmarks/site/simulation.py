"""Run the reads and writes of the package under a virtual clock: thousands of processes in one.

The operations are those of `django_appwrite_orm.cache`, step by step; simulated are the cache they call, the time, and
Appwrite, which takes a fixed time.
"""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from unittest import mock

from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.effects import CacheAdd, CacheCall, CacheDeleteMany, CacheGetMany, CacheSet
from django_appwrite_orm.cache.entries import unpack
from django_appwrite_orm.cache.keys import Keys, TableKeys
from django_appwrite_orm.cache.pending import PendingInvalidations
from django_appwrite_orm.cache.policy import CachePolicy
from django_appwrite_orm.cache.process_cache import ProcessCache, size_of
from django_appwrite_orm.cache.reads import read
from django_appwrite_orm.cache.results import Status
from django_appwrite_orm.cache.single_flight import Await
from django_appwrite_orm.cache.stats import FLUSH_INTERVAL, FLUSHED_TABLES
from django_appwrite_orm.cache.writes import fence_ttl, write
from django_appwrite_orm.plans import Response
from django_appwrite_orm.sansio import Operation, Sleep

from .formulas import LOOK_UPS
from .workload import Arrival, Workload

# Stands for an entry of `Workload.entry_in_process` bytes. The limit of the process cache shrinks in proportion.
DATA = "x" * 80
TEXT = f'"{DATA}"'
TIMEOUT = 10


class Redis:
    """A cache with expiry by a clock, which counts its commands."""

    def __init__(self, now: Callable[[], float], commands: Counter[str]) -> None:
        self._now = now
        self._values: dict[str, tuple[Any, float]] = {}
        self.commands = commands

    def perform(self, call: CacheCall[Any]) -> Any:
        match call:
            case CacheGetMany():
                self.commands[LOOK_UPS] += 1
                found = {key: self._get(key) for key in call.keys}
                return {key: value for key, value in found.items() if value is not None}
            case CacheAdd() | CacheSet():
                self.commands["SET"] += 1
                stored = isinstance(call, CacheSet) or self._get(call.key) is None
                if stored:
                    self._values[call.key] = call.value, self._now() + call.timeout
                return stored
            case CacheDeleteMany():
                self.commands["DEL"] += 1
                return [self._values.pop(key, None) for key in call.keys]
        raise TypeError(f"The simulated cache does not know {call}.")

    def _get(self, key: str) -> Any:
        value, expires = self._values.get(key, (None, 0.0))
        return value if self._now() < expires else None

    def entries(self) -> int:
        """How many results are stored, current or not."""
        return sum(self._now() < expires for value, expires in self._values.values() if unpack(value) is not None)


class Simulation:
    """A site under a clock of its own.

    `counts` are reads by status, requests, commands of Redis, and counters of statistics, from the end of the warm-up.
    """

    def __init__(self, workload: Workload, entry_in_process: float) -> None:
        self.now = 1e9
        self.workload = workload
        self.counts: Counter[str] = Counter()
        self.redis = Redis(lambda: self.now, self.counts)
        self.result: dict[str, int] = {}
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._policy = CachePolicy(ttl=workload.ttl)
        limit = round(workload.memory / entry_in_process * size_of(DATA))
        self._processes = [self._process(limit) for _ in range(workload.processes)]
        self._unflushed: list[dict[int, set[str]]] = [{} for _ in self._processes]
        keys = Keys("site", ("simulated",))
        self._tables: list[TableKeys] = [keys.table((str(number),)) for number in range(workload.tables)]

    def _process(self, limit: int) -> CacheBackend:
        store = CacheBackend("simulated", memory=ProcessCache(limit, self.workload.trust))
        store.ledger = PendingInvalidations()  # of this process, not of all
        vars(store)["shared"] = True
        return store

    def run(self, arrivals: Iterable[Arrival], warm: float, seconds: float) -> dict[str, int]:
        """Let them arrive; return the counts of `seconds` after a warm-up of `warm`."""
        start = self.now
        self._after(warm, self._begin)
        self._after(warm + seconds, self._end)
        upcoming = iter(arrivals)

        def arrive() -> None:
            if (arrival := next(upcoming, None)) is not None:
                self._after(max(0.0, start + arrival.at - self.now), partial(self._start, arrival, arrive))

        random.seed(1)  # pauses of readers who wait for another process
        with mock.patch.multiple(time, time=lambda: self.now, monotonic=lambda: self.now):
            arrive()
            while self._events:
                self.now, _, action = heapq.heappop(self._events)
                action()
        return self.result

    def _begin(self) -> None:
        self._flush_all()
        self.counts.clear()

    def _end(self) -> None:
        self._flush_all()
        self.result.update(self.counts, entries=self.redis.entries())

    def _flush_all(self) -> None:
        for process, unflushed in enumerate(self._unflushed):
            self._flush(process, unflushed, None)

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._order), action))

    def _start(self, arrival: Arrival, then: Callable[[], None]) -> None:
        then()
        if arrival.written is not None:
            self._note(arrival.process, arrival.written, "invalidations")
            self._step(self._write(self._processes[arrival.process], arrival.written))
        else:
            self._step(self._page(arrival))

    def _page(self, arrival: Arrival) -> Operation[None]:
        store = self._processes[arrival.process]
        for table, entry in arrival.reads:
            found = yield from read(store, f"entry:{table}:{entry}", [self._tables[table]], self._fetch, self._policy)
            self.counts[found.status.name] += 1
            kind = "hits" if found.status is Status.HIT else "misses"
            self._note(arrival.process, table, kind, f"{kind} time", *(["bytes"] if found.size else []))

    def _note(self, process: int, table: int, *counters: str) -> None:
        """Note counters of statistics, which the process adds to those in the cache a few seconds later."""
        unflushed = self._unflushed[process]
        if not unflushed:
            self._after(FLUSH_INTERVAL, partial(self._flush, process, unflushed))
        unflushed.setdefault(table, set()).update(counters)

    def _flush(self, process: int, unflushed: dict[int, set[str]], most: int | None = FLUSHED_TABLES) -> None:
        if self._unflushed[process] is not unflushed:
            return  # they were added before
        added = dict(itertools.islice(unflushed.items(), most))
        self.counts["counters"] += sum(map(len, added.values()))
        left = {table: counters for table, counters in unflushed.items() if table not in added}
        self._unflushed[process] = left
        if left:
            self._after(FLUSH_INTERVAL, partial(self._flush, process, left))

    def _fetch(self) -> Operation[Response]:
        self.counts["read requests"] += 1
        yield from Sleep(self.workload.read_latency)
        return Response(TEXT, DATA)

    def _write(self, store: CacheBackend, table: int) -> Operation[None]:
        def send() -> Operation[Response]:
            self.counts["write requests"] += 1
            yield from Sleep(self.workload.write_latency)
            return Response("{}", {})

        yield from write(store, [self._tables[table]], send, fence_ttl(TIMEOUT))

    def _step(self, steps: Operation[None], result: Any = None) -> None:
        """Go on until an effect takes time; this is what the drivers of `sansio` do."""
        while True:
            try:
                effect = steps.send(result)
            except StopIteration:
                return
            match effect:
                case CacheCall():
                    self._after(self.workload.round_trip / 2, partial(self._call, steps, effect))
                    return
                case Sleep():
                    self._after(effect.seconds, partial(self._step, steps))
                    return
                case Await() if not effect.flight.future.done():
                    effect.flight.future.add_done_callback(
                        lambda _, e=effect: self._after(0, partial(self._resume, steps, e))
                    )
                    return
            result = effect.perform()

    def _resume(self, steps: Operation[None], effect: Await) -> None:
        self._step(steps, effect.perform())

    def _call(self, steps: Operation[None], call: CacheCall[Any]) -> None:
        sent = self.now - self.workload.round_trip / 2
        result = call._checked(self.redis.perform(call), sent)
        self._after(self.workload.round_trip / 2, partial(self._step, steps, result))
