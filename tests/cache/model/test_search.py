"""The promise of the cache, in every state that can be reached: no read is answered with less than it must show.

What is asked is more than what is promised: a hit must show every change that is applied when the read begins,
also one whose writer has not heard of it yet. That holds as long as fences stand. A fence that is lost lets such
a change be missed while its writer is still at work, and, if that writer dies or hears nothing, afterwards too:
these are the residues that docs/explanation/guarantees.md names, with the numbers found here.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.cache.model.__main__ import residue
from tests.cache.model.search import PROMISED, search
from tests.cache.model.setups import LONGER, ONE, RESIDUES, SOUND
from tests.cache.model.state import Rules, Setup

PAGE = (Path(__file__).parents[3] / "docs" / "explanation" / "guarantees.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", SOUND)
def test_no_read_is_older_than_it_may_be(name: str) -> None:
    result = search(SOUND[name])
    assert result.traces == {}
    assert f"| {name} | {result.states:,} | {result.moves:,} | 0 |" in PAGE


@pytest.mark.slow
@pytest.mark.parametrize("name", RESIDUES)
def test_the_residues_are_those_of_the_page(name: str) -> None:
    assert f"| {name} | {residue(RESIDUES[name])} |" in PAGE


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in RESIDUES if "writer" not in name])
def test_without_its_fence_a_write_is_still_seen_once_acknowledged(name: str) -> None:
    assert set(search(RESIDUES[name]).stale) == {"under way"}


# For each safeguard: what it takes to need it besides timeouts, and how many moves lead to a broken promise
# without it.
SAFEGUARDS = {
    "fence": ({"crashes": 1}, 9),
    "fence_before_token": ({"crashes": 1}, 10),
    "token_before_fences": ({"crashes": 1, "readers": 2, "at_once": False}, 18),
    "second_look": ({"crashes": 1}, 9),
    "fences_at_a_miss": ({"crashes": 1}, 12),
    "every_lease": ({"crashes": 1, "writers": ONE * 2, "leases": 2}, 15),
    "keep_when_unclear": ({"crashes": 1}, 11),
    "in_doubt_when_unclear": ({"failures": 1}, 11),
    "tokens_from_before": ({"crashes": 1, "readers": 2}, 12),
    "fresh_tokens": ({"crashes": 1, "readers": 2}, 12),
    "in_doubt": ({"crashes": 1, "writers": ONE * 2}, 14),
    "in_doubt_by_life": ({"crashes": 1, "writers": ONE * 2, "longer": LONGER}, 19),
    "stopwatch": ({"crashes": 1, "writers": ONE * 2}, 17),
    "own_keys": ({"crashes": 1, "writers": ONE * 2}, 14),
    "flights_by_tokens": ({"crashes": 1, "readers": 2, "flights": True}, 14),
    "proof": ({"timeouts": False, "outages": 1, "outage_ends": False}, 12),
    "clearing": ({"timeouts": False, "outages": 1, "all_notice": True}, 18),
}


@pytest.mark.slow
@pytest.mark.parametrize("safeguard", SAFEGUARDS)
def test_each_safeguard_is_needed(safeguard: str) -> None:
    """Without it a change is missed after its writer has died or has been told how it went."""
    needs, moves = SAFEGUARDS[safeguard]
    setup = Setup(**{"readers": 1, "writers": ONE, "timeouts": True, **needs})
    found = search(dataclasses.replace(setup, rules=Rules(**{safeguard: False})), until=PROMISED)
    (kind,) = PROMISED & found.stale.keys()
    assert len(found.traces[kind]) == moves, [str(move) for move in found.traces[kind]]


def test_the_rules_tried_are_all_there_are() -> None:
    assert set(SAFEGUARDS) == set(Rules.__dataclass_fields__)
