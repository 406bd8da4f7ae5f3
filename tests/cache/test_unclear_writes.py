"""Writes of which nobody knows what became of them: a fence stands as long as they may yet be applied."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.core.cache import caches

from django_appwrite_orm import orm
from django_appwrite_orm.cache import batch as batches
from django_appwrite_orm.cache import pending
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.batch import WriteBatch
from django_appwrite_orm.cache.effects import CacheCall
from django_appwrite_orm.cache.keys import IN_DOUBT_TTLS, Keys
from django_appwrite_orm.cache.writes import flush_pending, invalidate, write
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import CacheUnavailable, Unavailable
from django_appwrite_orm.sansio import Operation, Sleep, run_async, run_sync
from django_appwrite_orm.transport.retry import Attempt
from tests.support.costs import counted
from tests.support.library.tables import Book

TABLE = Keys("test", ("endpoint", "project")).table(("db", "books"))
OTHER = Keys("test", ("endpoint", "project")).table(("db", "readers"))
EVERY_KEY = (TABLE.token, *TABLE.fences)


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, fails: Callable[[CacheCall], bool]) -> Iterator[None]:
    """Calls of the cache for which `fails` is true raise."""
    perform, aperform = CacheCall.perform, CacheCall.aperform

    def tried(call: CacheCall) -> object:
        if fails(call):
            raise call.failed(OSError("down"), time.monotonic())
        return perform(call)

    async def atried(call: CacheCall) -> object:
        if fails(call):
            raise call.failed(OSError("down"), time.monotonic())
        return await aperform(call)

    with monkeypatch.context() as patch:
        patch.setattr(CacheCall, "perform", tried)
        patch.setattr(CacheCall, "aperform", atried)
        yield


def lost() -> Operation[None]:
    raise Unavailable("no answer", unclear=True)
    yield


@pytest.fixture(params=[False, True], ids=["blocking", "asynchronous"])
def drive(request: pytest.FixtureRequest) -> Callable[[Operation[object]], object]:
    return (lambda steps: asyncio.run(run_async(steps))) if request.param else run_sync


def lose(drive, store: CacheBackend, life: float = 30, tables=(TABLE,)) -> None:
    with pytest.raises(Unavailable):
        drive(write(store, tables, lost, life))


def test_a_fence_that_could_not_be_put_up_is_put_up_afterwards(drive, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the cache is away for a moment: back again before the request has timed out."""
    store = CacheBackend("default")
    caches["default"].set(TABLE.token, "an old one")
    with failing(monkeypatch, lambda call: call.method == "add"):
        lose(drive, store)
    assert set(caches["default"].get_many(EVERY_KEY)) == {TABLE.in_doubt}
    assert not store.ledger


def test_only_the_table_that_has_none_gets_another(drive, monkeypatch: pytest.MonkeyPatch) -> None:
    with failing(monkeypatch, lambda call: call.arguments[0] == TABLE.leases[0]):
        lose(drive, CacheBackend("default"), tables=[TABLE, OTHER])
    assert set(caches["default"].get_many([*EVERY_KEY, OTHER.token, *OTHER.fences])) == {
        TABLE.in_doubt,
        OTHER.leases[0],
    }


def test_a_fence_that_may_have_run_out_meanwhile_is_put_up_again(drive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer stood still for longer than its fence lives, between taking the lease and hearing nothing."""
    lose(drive, CacheBackend("default"), life=-1)
    assert caches["default"].get(TABLE.in_doubt)


def test_what_never_got_through_is_owed_and_paid_before_the_next_look(drive, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CacheBackend("default")
    caches["default"].set(TABLE.token, "an old one")
    with failing(monkeypatch, lambda call: True):
        lose(drive, store)
        assert not drive(flush_pending(store, [TABLE]))
    assert len(store.ledger) == 1
    with counted() as costs:
        assert drive(flush_pending(store, [OTHER]))
        assert drive(flush_pending(store, [TABLE, OTHER]))
        assert drive(flush_pending(store, [TABLE, OTHER]))
    assert costs.cache == ["set", "delete_many"]
    assert set(caches["default"].get_many(EVERY_KEY)) == {TABLE.in_doubt}


GOES_ON = {
    "a read": lambda store: flush_pending(store, [OTHER]),
    "a write": lambda store: write(store, [OTHER], run_nothing, 30),
    "a batch": lambda store: WriteBatch(store, OTHER, 30).write(run_nothing),
}


@pytest.mark.parametrize("goes_on", GOES_ON.values(), ids=GOES_ON)
def test_it_is_paid_by_whatever_the_process_does_next(drive, goes_on, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes are served what it could not invalidate, until it comes back to that table or to any other."""
    store = CacheBackend("default")
    caches["default"].set(TABLE.token, "an old one")
    with failing(monkeypatch, lambda call: True):
        lose(drive, store)
    drive(goes_on(store))
    assert not store.ledger
    assert set(caches["default"].get_many(EVERY_KEY)) == {TABLE.in_doubt}


def test_while_the_cache_is_away_other_tables_try_once_a_second(drive, monkeypatch: pytest.MonkeyPatch) -> None:
    store, clock = CacheBackend("default"), [time.monotonic()]
    monkeypatch.setattr(pending, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with failing(monkeypatch, lambda call: True), counted() as costs:
        lose(drive, store)
        costs.cache.clear()
        for _ in range(3):
            assert [drive(flush_pending(store, [OTHER])) for _ in range(5)] == [True] * 5
            clock[0] += 1
    assert len(costs.cache) == 3


def test_who_is_interrupted_twice_owes_for_every_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled while it waited for the answer, and again while it put up the fences that the cache had not taken."""
    store, tables = CacheBackend("default"), [TABLE, OTHER]
    with failing(monkeypatch, lambda call: call.method == "add"):
        steps = write(store, tables, lambda: (yield Sleep(0)), 30)
        step = next(steps)
        while isinstance(step, CacheCall):
            try:
                answer = step.perform()
            except CacheUnavailable as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    assert steps.throw(KeyboardInterrupt()).method == "set"
    with pytest.raises(KeyboardInterrupt):
        steps.throw(KeyboardInterrupt())
    assert len(store.ledger) == 2
    assert run_sync(flush_pending(store, tables))
    assert set(caches["default"].get_many([*EVERY_KEY, OTHER.token, *OTHER.fences])) == {TABLE.in_doubt, OTHER.in_doubt}


def test_a_later_deletion_does_not_pay_for_the_fence(drive, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CacheBackend("default")
    with failing(monkeypatch, lambda call: call.method in ("add", "set")):
        lose(drive, store)
        assert not drive(flush_pending(store, [TABLE]))
    assert drive(invalidate(store, [TABLE]))
    assert len(store.ledger) == 1
    assert drive(flush_pending(store, [TABLE]))
    assert caches["default"].get(TABLE.in_doubt)


def run_nothing() -> Operation[None]:
    return
    yield


def test_an_earlier_pending_invalidation_does_not_cover_one_added_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread's deletion gets through, another's fails after it, and then the first one notes its success."""
    store = CacheBackend("default")
    with failing(monkeypatch, lambda call: True):
        lose(run_sync, store)
    sent = flush_pending(store, [TABLE])
    calls = [next(sent)]
    calls[0].perform()
    calls.append(sent.send(True))
    calls[1].perform()
    with failing(monkeypatch, lambda call: True):
        lose(run_sync, store)
    with pytest.raises(StopIteration):
        sent.send(None)
    assert len(store.ledger) == 1


def test_it_is_owed_by_all_connections_to_the_cache(library, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that writes over one connection and reads over another still knows what it could not delete."""
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": default, "again": {**default, "RETRIES": 0}}
    book = Book.objects.create(title="Dune", price=1)
    assert [found.price for found in Book.objects.using("again")] == [1]
    with failing(monkeypatch, lambda call: call.method == "delete_many"):
        Book.objects.filter(pk=book.pk).update(price=2)
    caches["default"].delete(connections["default"].table_keys(Book.objects.ref).leases[0])
    assert [found.price for found in Book.objects.using("again")] == [2]


def test_trust_ends_with_a_write_over_another_connection(library, settings) -> None:
    default = {**settings.APPWRITE_ORM["default"], "CACHE": {"TRUST": 60}}
    settings.APPWRITE_ORM = {"default": default, "again": default}
    book = Book.objects.create(title="Dune", price=1)
    assert [found.price for found in Book.objects.using("again")] == [1]
    Book.objects.filter(pk=book.pk).update(price=2)
    assert [found.price for found in Book.objects.using("again")] == [2]


def test_in_a_batch_too(library, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, clock = connections["default"].table_keys(Book.objects.ref), [time.monotonic()]

    def cut_off(step: Attempt) -> None:
        clock[0] += 1_000  # as if it had stood still
        raise Unavailable("lost", unclear=True)

    with monkeypatch.context() as patch, orm.table("books").batch() as batch:
        batch.create({"title": "a", "price": 1})
        patch.setattr(Attempt, "perform", cut_off)
        patch.setattr(batches, "time", SimpleNamespace(monotonic=lambda: clock[0]))
        batch.create({"title": "b", "price": 1})
    assert keys.in_doubt_for(batch._batch._ttl).key in caches["default"].get_many(keys.fences)


@pytest.mark.parametrize(("lives", "kept"), [((320, 30), 320), ((30, 320), 320), ((80, 30), 80), ((30, 20), 30)])
def test_nobody_shortens_an_in_doubt_marker(monkeypatch: pytest.MonkeyPatch, lives: tuple[int, int], kept: int) -> None:
    """Two writers with different TIMEOUTs find all leases taken."""
    caches["default"].set_many(dict.fromkeys(TABLE.leases, "somebody"))
    ends: dict[str, int] = {}
    set_value = caches["default"].set

    def noted(key: str, value: object, life: int) -> None:
        ends[key] = life
        set_value(key, value, life)

    monkeypatch.setattr(caches["default"], "set", noted)
    for life in lives:
        run_sync(write(CacheBackend("default"), [TABLE], lambda: run_nothing(), life))
    assert max(ends.values()) == kept
    assert set(ends) <= set(TABLE.fences)


@pytest.mark.parametrize("number", range(len(TABLE.fences)))
def test_under_every_fence_nothing_is_stored(library, number: int) -> None:
    keys = connections["default"].table_keys(Book.objects.ref)
    list(Book.objects.all())
    caches["default"].set(keys.fences[number], "a writer", 30)
    for _ in range(2):
        with counted() as costs:
            list(Book.objects.filter(pages=1))
        assert (len(costs.requests), costs.cache) == (1, ["get_many", "get_many"])


def test_no_request_may_take_longer_than_the_longest_in_doubt_marker_stands() -> None:
    assert [TABLE.in_doubt_for(ttl).ttl for ttl in (1, 30, 31, 80, 320)] == [30, 30, 80, 80, 320]
    with pytest.raises(ValueError, match="TIMEOUT"):
        TABLE.in_doubt_for(IN_DOUBT_TTLS[-1] + 1)
