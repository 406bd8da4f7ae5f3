"""Traces that together make every move of the model: what the package's own readers and writers are tried with."""

from __future__ import annotations

from collections.abc import Iterator

from tests.cache.model.search import moves, way_to
from tests.cache.model.state import Move, Setup, State, start

Trace = list[tuple[Move, State]]


def traces(setup: Setup, without: str = "") -> Iterator[Trace]:
    """For every move that a reader or writer can make in any state: a shortest way there, and the move. None goes
    through the move called `without`."""
    first = start(setup)
    came: dict[State, State | None] = {first: None}
    arrived: dict[State, Move] = {}
    queue = [first]
    for state in queue:
        way = [(arrived[passed], passed) for passed in way_to(came, state)[1:]]
        for move, after in moves(setup, state):
            if move.what == without:
                continue
            if move.who.startswith(("reader", "writer")) and move.what != "crash":
                yield [*way, (move, after)]
            if after not in came:
                came[after], arrived[after] = state, move
                queue.append(after)
