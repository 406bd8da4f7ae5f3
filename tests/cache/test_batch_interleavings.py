"""A batch beside a reader and another writer, in every order of their steps: the package's own, on a real cache.

The model of the protocol knows single writes. Here nothing is modelled: each schedule is carried out from the start,
one step of one actor at a time, and no read may show less than the server had applied when it began.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import caches

from django_appwrite_orm.cache import CachePolicy
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.batch import WriteBatch
from django_appwrite_orm.cache.keys import Keys, TableKeys
from django_appwrite_orm.cache.reads import read
from django_appwrite_orm.cache.writes import write
from django_appwrite_orm.exceptions import Timeout
from django_appwrite_orm.plans import Response
from django_appwrite_orm.sansio import Effect, Operation, run_sync
from tests.support.pages import DOCS

PAGE = (DOCS / "explanation" / "guarantees.md").read_text()
KEYS = Keys("batch", ("endpoint", "project"))
TABLE, ENVELOPE = KEYS.table(("db", "books")), KEYS.entry("all")
# As if other writers held the other leases.
LAST_LEASE = TABLE._replace(leases=TABLE.leases[-1:])
LIFE = 30


class Server:
    """Changes are bits of a number; those that were sent and lost sight of are still `coming`."""

    def __init__(self) -> None:
        self.applied = 0
        self.coming: list[Request] = []


@dataclass(frozen=True)
class Request(Effect):
    """A change that is applied, or one that hears nothing and is left to be applied later; 0 asks what there is."""

    server: Server
    change: int = 0
    lost: bool = False

    def perform(self) -> int:
        if self.lost:
            self.server.coming.append(Request(self.server, self.change))
            raise Timeout("no answer", unclear=True)
        self.server.applied |= self.change
        return self.server.applied

    async def aperform(self) -> int:
        return self.perform()


@dataclass(frozen=True)
class Begin(Effect):
    """A read begins: what it must show."""

    server: Server

    def perform(self) -> int:
        return self.server.applied

    async def aperform(self) -> int:
        return self.perform()


def batch_of(server: Server, lost: bool = False) -> Operation[None]:
    batch = WriteBatch(CacheBackend("default"), TABLE, LIFE)

    def request(change: int, lost: bool = False) -> Callable[[], Operation[int]]:
        def send() -> Operation[int]:
            return (yield Request(server, change, lost))

        return send

    with suppress(Timeout):
        yield from batch.write(request(1, lost))
    yield from batch.write(request(2))
    yield from batch.end()


def writer(server: Server, table: TableKeys = TABLE) -> Operation[None]:
    def send() -> Operation[int]:
        return (yield Request(server, 4))

    yield from write(CacheBackend("default"), [table], send, LIFE)


def reader(server: Server) -> Operation[None]:
    def fetch() -> Operation[Response]:
        shows = yield Request(server)
        return Response(json.dumps(shows), shows)

    must_show = yield Begin(server)
    found = yield from read(CacheBackend("default"), ENVELOPE, [TABLE], fetch, CachePolicy())
    assert found.data & must_show == must_show, f"{found} misses something of {must_show}"


Perform = Callable[[Effect], Any]
ACTORS: dict[str, Callable[[Server], list[Operation[None]]]] = {
    "a reader": lambda server: [batch_of(server), reader(server)],
    "a reader, and a request that is applied later": lambda server: [
        batch_of(server, lost=True),
        reader(server),
    ],
    "another writer": lambda server: [batch_of(server), writer(server)],
    "another writer, with one lease for both": lambda server: [batch_of(server), writer(server, LAST_LEASE)],
}


def follow(server: Server, actors: list[Operation[None]], chosen: list[int], perform: Perform) -> list[int]:
    """Let the actors take their steps in the order `chosen`, the first of those at work where nothing is; how many
    there were to choose from each time.

    What is still `coming` may come after a step that the server sees: before or after one of the cache is all the same.
    """
    at_work: list[tuple[Operation[None], Any]] = [(actor, None) for actor in actors]
    choices, seen = [], True
    while at_work or server.coming:
        choices.append(len(at_work) + (len(server.coming) if seen or not at_work else 0))
        if len(chosen) < len(choices):
            chosen.append(0)
        turn = chosen[len(choices) - 1]
        if turn >= len(at_work):
            perform(server.coming.pop(turn - len(at_work)))
            continue
        actor, answer = at_work.pop(turn)
        try:
            step = actor.throw(answer) if isinstance(answer, Exception) else actor.send(answer)
        except StopIteration:
            continue
        try:
            answer = perform(step)
        except Exception as error:
            answer = error
        at_work.insert(turn, (actor, answer))
        seen = isinstance(step, Request | Begin)
    return choices


def schedules(carry_out: Callable[[list[int]], list[int]]) -> Iterator[None]:
    """Carry out every order there is."""
    chosen: list[int] = []
    while True:
        choices = carry_out(chosen)
        yield
        while chosen and chosen[-1] + 1 == choices[len(chosen) - 1]:
            chosen.pop()
        if not chosen:
            return
        chosen[-1] += 1


def count(name: str, perform: Perform) -> int:
    def carry_out(chosen: list[int]) -> list[int]:
        server = Server()
        caches["default"].clear()
        choices = follow(server, ACTORS[name](server), chosen, perform)
        for _ in range(2):
            run_sync(reader(server))  # whatever was stored on the way
        return choices

    return sum(1 for _ in schedules(carry_out))


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTORS)
def test_no_order_misleads_a_read(name: str) -> None:
    assert f"| {name} | {count(name, lambda step: step.perform()):,} |" in PAGE


@pytest.mark.slow
def test_nor_does_one_of_asynchronous_steps() -> None:
    with asyncio.Runner() as runner:
        assert count("a reader", lambda step: runner.run(step.aperform())) > 1000


@pytest.mark.parametrize(
    "without",
    ["_take", "_renew"],
    ids=["the lease is not taken", "the lease is not prolonged but thought to stand"],
)
def test_a_batch_without_its_lease_does(without: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(batch: WriteBatch) -> Operation[bool]:
        return True
        yield

    monkeypatch.setattr(WriteBatch, without, nothing)
    with pytest.raises(AssertionError, match="misses something"):
        count("a reader, and a request that is applied later", lambda step: step.perform())
