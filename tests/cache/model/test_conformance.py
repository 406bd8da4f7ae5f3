"""The model is a model of this package: its real readers and writers make the model's moves, in every branch."""

from __future__ import annotations

import asyncio
import collections
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from django_appwrite_orm.cache import pending, writes
from django_appwrite_orm.cache.effects import CacheAdd
from django_appwrite_orm.cache.keys import InDoubt, TableKeys
from django_appwrite_orm.sansio import run_async, run_sync
from tests.cache.model.locks import WAYS, Lock
from tests.cache.model.replay import Drive, World
from tests.cache.model.stage import Clock, Mismatch, ScriptedCache
from tests.cache.model.state import Setup
from tests.cache.model.traces import traces

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "guarantees.md"
OUTCOMES = {"timeouts": True, "refusals": True, "errors": True}
SETUPS = {
    "a reader and a writer": Setup(readers=1, writers=((0,),), **OUTCOMES, crashes=1),
    "a cache that fails once": Setup(readers=1, writers=((0,),), timeouts=True, failures=1, evictions=False),
    "two writers": Setup(readers=0, timeouts=True, evictions=False),
    "two writers, one with a longer life": Setup(0, longer=frozenset({1}), timeouts=True, evictions=False),
    "a reader that remembers": Setup(readers=1, writers=((0,),), memory=True, failures=1),
    "two writers, two leases": Setup(readers=0, leases=2, timeouts=True, evictions=False),
    "two tables": Setup(readers=1, writers=((0, 1),), tables=2, evictions=False),
}
MOVES = {
    *("look", "look at fences", "add token", "look again", "fetch", "store", "look at versions", "get envelope"),
    *("take lease", "take another lease", "mark in doubt", "delete tokens", "send", "give up waiting", "tidy up"),
    *("hear that it succeeded", "hear that it refused", "hear that it unclear"),
    *("look fails", "look at fences fails", "add token fails", "look again fails", "store fails"),
    *("look at versions fails", "get envelope fails"),
    *("mark again", "mark again fails", "take lease fails", "delete tokens fails", "tidy up fails"),
    "delete tokens again",
}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(writes, "time", clock)
    monkeypatch.setattr(pending, "SLOW", math.inf)  # on a busy machine a call that fails may seem to have waited
    with override_settings(CACHES={"model": {"BACKEND": f"{ScriptedCache.__module__}.ScriptedCache"}}):
        yield clock


@pytest.fixture(params=["run", "arun"])
def drive(request: pytest.FixtureRequest) -> Iterator[Drive]:
    if request.param == "run":
        yield run_sync
        return
    with asyncio.Runner() as runner:
        yield lambda steps: runner.run(run_async(steps))


@pytest.mark.slow
@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS)
def test_every_step_is_the_models(setup: Setup, drive: Drive, clock: Clock) -> None:
    for trace in traces(setup):
        World(setup, trace, drive, clock).play()


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_lock_between_processes_changes_no_step(way: str, drive: Drive, clock: Clock) -> None:
    setup = Setup(readers=2, writers=((0,),), flights=True, evictions=False)
    taken = 0
    for trace in traces(setup, without="take what another has fetched"):
        if trace[-1][0].what in ("fetch", "store", "take what another has stored"):  # what comes with a lock
            World(setup, trace, drive, clock, Lock(way)).play()
            taken += trace[-1][0].what == "take what another has stored"
    assert taken


def test_every_move_of_the_model_is_made() -> None:
    ways = [trace[-1][0].what for setup in SETUPS.values() for trace in traces(setup)]
    assert set(ways) == MOVES
    assert f"(some {round(len(ways), -2):,} ways)" in PAGE.read_text()


def _no_marker(store, tables, life):
    fence = writes._Fence(life)
    for table in tables:
        if (yield from CacheAdd(store, table.leases[0], "me", life)):
            fence = fence._replace(leases=(*fence.leases, table.leases[0]))
    return fence


def _always(fence):
    return True


def _leave_nothing(store, tables, life):
    return
    yield


@pytest.mark.parametrize(
    ("module", "name", "replacement", "setup"),
    [
        (writes, "_fence", _no_marker, SETUPS["two writers"]),
        (writes, "_stands", _always, SETUPS["a reader and a writer"]),
        (writes, "mark_in_doubt", _leave_nothing, SETUPS["a cache that fails once"]),
        (
            TableKeys,
            "in_doubt_for",
            lambda table, life: InDoubt(table.in_doubt, life),
            SETUPS["two writers, one with a longer life"],
        ),
        (writes, "invalidate_before_sending", writes.invalidate, SETUPS["a cache that fails once"]),
        (TableKeys, "fences", property(lambda table: ()), SETUPS["two tables"]),
        (
            TableKeys,
            "fences",
            property(lambda table: (table.leases[0], *table[2:])),
            Setup(readers=1, leases=2, evictions=False),
        ),
    ],
    ids=[
        "no marker beside a lease",
        "a lease that ran out is freed",
        "no marker after an unclear outcome",
        "one key for markers of all lives",
        "a failed deletion is not tried again",
        "fences are not looked at",
        "one lease is looked at",
    ],
)
def test_a_package_without_a_safeguard_does_not_conform(
    module: object, name: str, replacement: object, setup: Setup, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, replacement)
    worlds = (World(setup, trace, run_sync, clock) for trace in traces(setup))
    with pytest.raises(Mismatch):
        collections.deque(world.play() for world in worlds)
