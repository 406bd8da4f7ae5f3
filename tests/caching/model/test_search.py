"""The promise of the cache, in every state that can be reached: no read is answered with less than it must show.

What is asked is more than what is promised: a hit must show every change that is applied when the read begins,
also one whose writer has not heard of it yet. That holds as long as fences stand. A fence that is lost lets such
a change be missed while its writer is still at work, and, if that writer dies or hears nothing, afterwards too:
these are the residues that docs/guarantees.md names, with the numbers found here.
"""

from __future__ import annotations

import pytest

from .search import PROMISED, search
from .state import Rules, Setup

ONE = ((0,),)
OUTCOMES = {"timeouts": True, "refusals": True, "errors": True}

SOUND = {
    "2 readers, 2 writers": Setup(),
    "2 readers, 1 writer, anything": Setup(writers=ONE, **OUTCOMES, crashes=1),
    "1 reader, 2 writers, anything": Setup(readers=1, **OUTCOMES, crashes=1),
    "1 reader, 3 writers": Setup(readers=1, writers=ONE * 3, evictions=False),
    "key by key, 1 reader, 1 writer, anything": Setup(readers=1, writers=ONE, at_once=False, **OUTCOMES, crashes=1),
    "two tables, a writer of each": Setup(readers=1, writers=((0,), (1,)), tables=2),
    "two tables, one writer of both, anything": Setup(readers=1, writers=((0, 1),), tables=2, **OUTCOMES, crashes=1),
}


@pytest.mark.slow
@pytest.mark.parametrize("setup", SOUND.values(), ids=SOUND)
def test_no_read_is_older_than_it_may_be(setup: Setup) -> None:
    result = search(setup)
    assert result.states > 1000
    assert result.traces == {}


@pytest.mark.parametrize(
    "accident", [{"lost_fences": 1}, {"failures": 1}], ids=["a fence is lost", "the cache fails once"]
)
def test_without_its_fence_a_write_is_still_seen_once_acknowledged(accident: dict[str, int]) -> None:
    assert set(search(Setup(readers=1, **accident)).stale) == {"under way"}


@pytest.mark.parametrize(
    ("accident", "number"),
    [({"crashes": 1}, {"crashed": 1}), ({"timeouts": True}, {"unclear": 1})],
    ids=["a crash", "a time-out"],
)
def test_the_residues_are_a_lost_fence_together_with(accident: dict[str, int], number: dict[str, int]) -> None:
    setup = Setup(readers=1, writers=ONE, **accident)
    assert search(setup).stale == {}
    stale = search(Setup(readers=1, writers=ONE, lost_fences=1, **accident)).stale
    assert {kind: count for kind, count in stale.items() if kind != "under way"} == number


# For each safeguard: the writers it takes to need it, and how many moves lead to a broken promise without it.
SAFEGUARDS = {
    "fence": (ONE, 9),
    "fence_before_token": (ONE, 11),
    "second_look": (ONE, 10),
    "keep_when_unclear": (ONE, 11),
    "tokens_from_before": (ONE, 13),
    "fresh_tokens": (ONE, 13),
    "doubt": (ONE * 2, 14),
    "stopwatch": (ONE * 2, 17),
    "own_keys": (ONE * 2, 14),
}


@pytest.mark.parametrize("safeguard", SAFEGUARDS)
def test_each_safeguard_is_needed(safeguard: str) -> None:
    """Without it a change is missed after its writer has died or has been told how it went."""
    writers, moves = SAFEGUARDS[safeguard]
    readers = 2 if safeguard in ("tokens_from_before", "fresh_tokens") else 1
    setup = Setup(readers, writers, timeouts=True, crashes=1, rules=Rules(**{safeguard: False}))
    found = search(setup, until=PROMISED)
    (kind,) = PROMISED & found.stale.keys()
    assert len(found.traces[kind]) == moves, [str(move) for move in found.traces[kind]]


def test_the_rules_tried_are_all_there_are() -> None:
    assert set(SAFEGUARDS) == set(Rules.__dataclass_fields__)
