"""The promise of the cache under every order of steps: no read is older than a write acknowledged before it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from django_appwrite_orm.caching import fetching, writing

from .world import TABLE, Actor, World, play, schedules

# A read takes at most 7 moves here (start, look, add, look, join, fetch, store), a write 5 (lane, token, send, end).
READ, WRITE = 7, 5


def reader(world: World) -> object:
    return world.reader("reader")


def later_reader(world: World) -> object:
    return world.reader("later reader")


def writer(world: World) -> object:
    return world.writer("first")


def second_writer(world: World) -> object:
    return world.writer("second")


def violations(actors: Sequence[Actor], orders, *, warm: bool) -> list[str]:
    found = []
    for order in orders:
        world = play([*actors, later_reader], order, warm=warm)
        found += [f"{order}: {problem}" for problem in world.stale]
    return found


@pytest.mark.parametrize("warm", [True, False])
def test_a_reader_beside_a_writer(warm: bool) -> None:
    orders = list(schedules([READ, WRITE]))
    assert len(orders) == 792
    assert violations([reader, writer], orders, warm=warm) == []


@pytest.mark.parametrize("warm", [True, False])
def test_a_reader_beside_two_writers(warm: bool) -> None:
    assert violations([reader, writer, second_writer], _sampled([READ, WRITE, WRITE], 1_500), warm=warm) == []


@pytest.mark.parametrize("warm", [True, False])
def test_two_readers_beside_a_writer(warm: bool) -> None:
    assert violations([reader, reader, writer], _sampled([READ, READ, WRITE], 1_500), warm=warm) == []


@pytest.mark.parametrize("key", [TABLE.token, TABLE.doubt])
def test_the_cache_may_forget_a_token_at_any_moment(key: str) -> None:
    def evictor(world: World) -> object:
        return world.evictor(key)

    assert violations([reader, writer, evictor], _sampled([READ, WRITE, 1], 1_500), warm=True) == []


@pytest.mark.parametrize("other", ["late_writer", "refused_writer"])
def test_a_writer_whose_request_is_applied_late_or_never(other: str) -> None:
    def odd_writer(world: World) -> object:
        return getattr(world, other)("odd")

    assert violations([reader, odd_writer], schedules([READ, WRITE]), warm=True) == []
    assert violations([reader, odd_writer, writer], _sampled([READ, WRITE, WRITE], 1_500), warm=True) == []


def _sampled(lengths: Sequence[int], count: int):
    moves = [index for index, length in enumerate(lengths) for _ in range(length)]
    chance = random.Random(20)
    for _ in range(count):
        chance.shuffle(moves)
        yield tuple(moves)


# Each safeguard is taken out once: the search must then find a stale read, or it proves nothing.


def test_without_the_fence_a_stale_read_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_fence(*args, **kwargs):
        return []
        yield

    monkeypatch.setattr(writing, "_fence", no_fence)
    orders = list(schedules([READ, WRITE]))

    def late(world: World) -> object:
        return world.late_writer("odd")

    assert violations([reader, late], orders, warm=True)


def test_a_fence_after_the_token_instead_of_before_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    fence, invalidate = writing._fence, writing.invalidate

    def token_first(store, tables, life):
        yield from invalidate(store, tables)
        return (yield from fence(store, tables, life))

    def only_at_the_end(store, tables, lanes=()):
        return (yield from invalidate(store, tables, lanes)) if lanes else True

    monkeypatch.setattr(writing, "_fence", token_first)
    monkeypatch.setattr(writing, "invalidate", only_at_the_end)

    def late(world: World) -> object:
        return world.late_writer("odd")

    assert violations([reader, late], schedules([READ, WRITE]), warm=True)


def test_storing_under_a_token_read_after_the_fetch_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    pack, worlds = fetching.pack, []

    def newest(envelope):
        return pack(envelope._replace(tokens=(worlds[-1].cache.get(TABLE.token, envelope.tokens[0]),)))

    def watched(world: World) -> object:
        worlds.append(world)
        return world.reader("reader")

    monkeypatch.setattr(fetching, "pack", newest)
    # The first reader fetches, the writer comes and goes, the second reader makes a new token, the first one stores.
    order = (0,) * 6 + (2,) * WRITE + (1,) * READ
    assert violations([watched, reader, writer], [order], warm=False)
    monkeypatch.undo()
    assert violations([watched, reader, writer], [order], warm=False) == []
