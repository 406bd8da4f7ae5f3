"""Visit every state that can be reached, nearest first, and look in each for a read that would be misled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain

from tests.cache.model.accidents import cache_moves, server_moves
from tests.cache.model.reading import reader_moves
from tests.cache.model.state import Move, Moves, Setup, State, start
from tests.cache.model.symmetry import Symmetry
from tests.cache.model.writing import writer_moves

Origins = dict[State, State | None]  # each state with one from which it was first reached


@dataclass
class Result:
    """`stale` counts the states in which a read is misled, by what it misses: an "acknowledged" change, one whose
    writer heard an "unclear" outcome or "crashed", or one still "under way" that is applied already.

    `traces` holds a shortest way to each.
    """

    states: int = 0
    moves: int = 0
    stale: Counter[str] = field(default_factory=Counter)
    traces: dict[str, list[Move]] = field(default_factory=dict)


def moves(setup: Setup, state: State) -> Moves:
    """Everything that may happen next; nothing after a read that was misled, which would be counted again when its
    writer gets on. A read that is a hit changes nothing, so that whatever happens then happens without it too."""
    if any(reader.at == "misled" for reader in state.readers):
        return
    for number, reader in enumerate(state.readers):
        if reader not in state.readers[:number]:  # what equal readers do is the same
            yield from reader_moves(setup, state, number)
    yield from chain.from_iterable(writer_moves(setup, state, n) for n in range(len(setup.writers)))
    yield from server_moves(setup, state)
    yield from cache_moves(setup, state)


def misled(setup: Setup, state: State) -> set[str]:
    """What a read misses: one that begins now and would be a hit, or one that has just ended with a hit."""
    missing = 0
    begins_with_a_look = not (setup.outages and setup.rules.proof)
    if setup.at_once and begins_with_a_look and (hit := state.hit()):
        missing = state.applied & ~hit.shows
    for reader in state.readers:
        if reader.at == "misled":
            missing |= reader.must_show
        if reader.at == "look" and state.remembers(reader):
            missing |= state.applied & ~reader.kept.shows
    return {
        KINDS.get(writer.at, "under way") for number, writer in enumerate(state.writers) if missing & setup.bits[number]
    }


KINDS = {"succeeded": "acknowledged", "unclear": "unclear", "crashed": "crashed"}
PROMISED = frozenset(KINDS.values())


def search(setup: Setup, *, limit: int = 50_000_000, until: frozenset[str] = frozenset()) -> Result:
    """Go through all states, up to symmetry, or until a kind of staleness in `until` has been found.

    Raises `RuntimeError` beyond `limit` states.
    """
    result, canonical = Result(), Symmetry(setup).canonical
    first = canonical(start(setup))
    came: Origins = {first: None}
    layer = [first]
    while layer:
        following = []
        for state in layer:
            for _, after in moves(setup, state):
                result.moves += 1
                if after == state:
                    continue
                after = canonical(after)
                if after in came:
                    continue
                came[after] = state
                following.append(after)
                for kind in misled(setup, after):
                    result.stale[kind] += 1
                    if kind not in result.traces:
                        result.traces[kind] = _trace(setup, came, after, canonical)
                if until & result.stale.keys():
                    result.states = len(came)
                    return result
        if len(came) > limit:
            raise RuntimeError(f"More than {limit} states; the search is not complete.")
        layer = following
    result.states = len(came)
    return result


def _trace(setup: Setup, came: Origins, state: State, canonical: Callable[[State], State]) -> list[Move]:
    """A way from the start to `state` in which everybody keeps their name."""
    trace: list[Move] = []
    way, state = way_to(came, state), start(setup)
    for target in way[1:]:
        move, state = next((move, after) for move, after in moves(setup, state) if canonical(after) == target)
        trace.append(move)
    return trace


def way_to(came: Origins, state: State) -> list[State]:
    """The states that were gone through from the first one to `state`."""
    way = [state]
    while (before := came[way[-1]]) is not None:
        way.append(before)
    return way[::-1]
