"""A world in which the real read and write steps run in any order we like.

A cache that is a dict, a store that is a set of the writes applied to it, and actors made of the package's own
generators. Every step is one atomic action, as a round trip to a cache or a server is; a schedule says who
moves next. What is checked is the promise itself: a read that starts after a write was acknowledged sees it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django_appwrite_orm.caching import CachePolicy, Found, Keys, Store, read, write
from django_appwrite_orm.caching.store import CacheCall
from django_appwrite_orm.exceptions import Unavailable
from django_appwrite_orm.plans import Answer
from django_appwrite_orm.steps import Step, Steps

KEYS = Keys("test", ("endpoint", "project"))
TABLE = KEYS.table(("db", "books"))
ENVELOPE = KEYS.envelope("all books")


@dataclass(frozen=True)
class Act(Step):
    """Something that is not a cache call: a request that reads or writes the store."""

    action: Callable[[], Any]

    def perform(self) -> Any:
        return self.action()

    async def aperform(self) -> Any:
        return self.action()


@dataclass
class World:
    cache: dict[str, Any] = field(default_factory=dict)
    applied: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    stale: list[str] = field(default_factory=list)
    requests: int = 0

    def do(self, step: Step) -> Any:
        if not isinstance(step, CacheCall):
            return step.perform()
        match step.method, step.arguments:
            case "get_many", (keys,):
                return {key: self.cache[key] for key in keys if key in self.cache}
            case "add", (key, value, _):
                return self.cache.setdefault(key, value) is value
            case "set", (key, value, _):
                self.cache[key] = value
            case "delete_many", (keys,):
                for key in keys:
                    self.cache.pop(key, None)
            case other:
                raise AssertionError(f"an unexpected cache call: {other}")
        return None

    # Actors: generators that yield steps.

    def reader(self, name: str) -> Steps[None]:
        yield Act(lambda: None)  # the moment the read starts is a moment of its own
        promised = set(self.acknowledged)
        found: Found = yield from read(Store("default"), ENVELOPE, [TABLE], self._fetch, CachePolicy())
        if not promised <= set(found.data):
            self.stale.append(f"{name} saw {sorted(found.data)}, promised {sorted(promised)}")

    def _fetch(self) -> Steps[Answer]:
        self.requests += 1
        data = yield Act(lambda: sorted(self.applied))
        return Answer(json.dumps(data), data)

    def writer(self, name: str) -> Steps[None]:
        def send() -> Steps[None]:
            yield Act(lambda: self.applied.add(name))

        yield from write(Store("default"), [TABLE], send, life=30)
        self.acknowledged.add(name)

    def refused_writer(self, name: str) -> Steps[None]:
        """The server says no: nothing is applied, and the client knows."""

        def send() -> Steps[None]:
            yield Act(lambda: None)
            raise Refused

        try:
            yield from write(Store("default"), [TABLE], send, life=30)
        except Refused:
            return

    def late_writer(self, name: str) -> Steps[None]:
        """The client gets no answer, and the request is applied after it has given up."""

        def send() -> Steps[None]:
            yield Act(lambda: None)
            raise Unavailable("lost", unclear=True)

        try:
            yield from write(Store("default"), [TABLE], send, life=30)
        except Unavailable:
            yield Act(lambda: self.applied.add(name))
            # A fence lives until the request can no longer be applied, so it runs out only now. Whoever learns
            # of the write by then may rely on it.
            yield Act(lambda: [self.cache.pop(key, None) for key in (TABLE.lane, TABLE.doubt)])
            self.acknowledged.add(name)

    def evictor(self, key: str) -> Steps[None]:
        yield Act(lambda: self.cache.pop(key, None))


class Refused(Exception):
    unclear = False


Actor = Callable[[World], Steps[None]]


def play(actors: Sequence[Actor], schedule: Iterator[int] | Sequence[int], *, warm: bool) -> World:
    """Let the actors take their steps in the order of `schedule`; what is left over runs to its end."""
    world = World()
    if warm:
        finish(world, world.reader("warm-up"))
    running = [actor(world) for actor in actors]
    waiting: list[Any] = [None] * len(running)
    done = [False] * len(running)
    for index in itertools.chain(schedule, *([i] * 40 for i in range(len(running)))):
        if done[index]:
            continue
        try:
            step = running[index].send(waiting[index])
        except StopIteration:
            done[index] = True
            continue
        # A step is asked for and carried out at once: between two steps of one actor any other may move.
        waiting[index] = world.do(step)
    assert all(done)
    return world


def finish(world: World, steps: Steps[None]) -> None:
    answer = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return
        answer = world.do(step)


def schedules(lengths: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every order of `lengths[i]` moves of actor i."""

    def orders(left: tuple[int, ...], so_far: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if not any(left):
            yield so_far
        for index, moves in enumerate(left):
            if moves:
                yield from orders((*left[:index], moves - 1, *left[index + 1 :]), (*so_far, index))

    return orders(tuple(lengths), ())
