"""A process that is killed, or cut off, at any request of a change: all of it is written or nothing.

The process is a real one, killed by SIGKILL when its request has, or has not, reached the server. Another process
reads all the while through the same Redis.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client

from django_appwrite_orm.cache.keys import IN_DOUBT_TTLS
from tests.support import http_server, redis_server, shop_process
from tests.support.proxies import CuttingProxy, serving

pytestmark = pytest.mark.slow

State = dict[str, Any]


def added(stocks: int, *, weights: int = 0, notes: int = 0) -> Callable[[State], State]:
    """What a change makes of a state: 1 more for the stock of so many products, the weight of others, and notes."""

    def changed(before: State) -> State:
        return {
            "stocks": [stock + (n < stocks) for n, stock in enumerate(before["stocks"])],
            "weights": [weight + (n < weights) for n, weight in enumerate(before["weights"])],
            "notes": before["notes"] + notes,
            "status": "",
        }

    return changed


# Each change, with the requests that write, and what it makes of the state.
CHANGES = {
    "plain": (1, added(1)),
    "alone": (1, added(1)),
    "several": (3, added(2, notes=1)),
    "with_bulk": (3, added(1, weights=3)),
}


@dataclass
class World:
    proxy: CuttingProxy
    cache: redis_client.Redis
    reader: shop_process.Process
    writer: shop_process.Process

    def check_reads(self, stored: State, *, fenced: bool) -> None:
        """The other process reads what is stored, at once and when the fences that were left have expired."""
        if fenced:
            assert {**self.reader.call("state"), "status": ""} == stored
            fences = [key for key in self.cache.scan_iter() if key.endswith(b":lane") or b":doubt" in key]
            assert fences
            for key in fences:  # they expire soon; here at once
                assert 0 < self.cache.ttl(key) <= IN_DOUBT_TTLS[1]
                self.cache.delete(key)
        assert {**self.reader.call("state"), "status": ""} == stored
        assert self.reader.call("state") == {**stored, "status": "HIT"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("kills")
    with ExitStack() as stack:
        url = stack.enter_context(redis_server.running())
        endpoint = stack.enter_context(http_server.running(folder / "rows.sqlite3"))
        proxy = stack.enter_context(serving(CuttingProxy(endpoint)))
        reader = stack.enter_context(shop_process.running(endpoint, url))
        writer = stack.enter_context(shop_process.running(proxy.endpoint, url))
        assert reader.call("create") is None
        cache = stack.enter_context(redis_client.Redis.from_url(url))
        yield World(proxy, cache, reader, writer)


def requests_of(world: World, change: str) -> int:
    """How many requests an undisturbed change takes that write."""
    requests, changed = CHANGES[change]
    before = world.reader.call("stored")
    world.proxy.cut()
    assert world.writer.call(change) is None
    assert world.reader.call("stored") == changed(before)
    world.check_reads(changed(before), fenced=False)
    assert world.proxy.writes == requests, "the commit has other requests than before: see the tests of request counts"
    return requests


@pytest.mark.parametrize("change", CHANGES)
def test_a_process_that_is_killed_at_a_request_leaves_all_or_nothing(world: World, change: str) -> None:
    requests, changed = requests_of(world, change), CHANGES[change][1]
    for at in range(1, requests + 1):
        for applied in (False, True):
            before = world.reader.call("stored")
            child = world.writer.call("forked", change)
            world.proxy.cut(at, applied=applied, before_cut=partial(os.kill, child, signal.SIGKILL))
            world.writer.send("go")
            assert world.writer.receive() == -signal.SIGKILL, (at, applied)
            assert world.proxy.writes == at
            is_written = applied and at == requests
            stored = world.reader.call("stored")
            assert stored == (changed(before) if is_written else before), (at, applied)
            world.check_reads(stored, fenced=at == requests)


@pytest.mark.parametrize("change", CHANGES)
def test_a_process_that_is_cut_off_at_a_request_is_told_what_became_of_its_change(world: World, change: str) -> None:
    requests, changed = requests_of(world, change), CHANGES[change][1]
    for at in range(1, requests + 1):
        for applied in (False, True):
            before = world.reader.call("stored")
            world.proxy.cut(at, applied=applied)
            outcome = world.writer.call(change)
            assert "OperationalError" in outcome["raised"]
            is_unknown = "It is unknown whether the change was written" in outcome["text"]
            is_nothing = "Nothing of this atomic() block was written" in outcome["text"]
            assert (is_unknown, is_nothing) == (at == requests, at < requests), outcome
            is_written = applied and at == requests
            stored = world.reader.call("stored")
            assert stored == (changed(before) if is_written else before), (at, applied)
            world.check_reads(stored, fenced=at == requests)
            world.proxy.cut()
            assert {**world.writer.call("state"), "status": ""} == stored
