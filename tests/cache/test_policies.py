"""Policies: what is stored how long, and what is served when it is no longer current."""

from __future__ import annotations

import asyncio
import threading
from unittest import mock

import pytest
from django.core.cache import caches

from django_appwrite_orm import CachePolicy, cache_policy, sansio
from django_appwrite_orm.cache import Status
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.keys import Keys
from django_appwrite_orm.cache.process_cache import ProcessCache
from django_appwrite_orm.cache.reads import read
from django_appwrite_orm.exceptions import NotFound, PermissionDenied, RateLimited, Timeout, Unavailable
from django_appwrite_orm.plans import Response
from django_appwrite_orm.sansio import run_async, run_sync
from django_appwrite_orm.threads import DaemonThreadPool
from tests.support.costs import counted
from tests.support.library.tables import Book
from tests.support.waiting import until

KEYS = Keys("test", ("endpoint", "project"))
TABLE = KEYS.table(("db", "books"))
KEY = KEYS.entry("all")


class Server:
    """What is asked of Appwrite: an answer that counts, or an error."""

    def __init__(self) -> None:
        self.requests = 0
        self.error: Exception | None = None
        self.text: str | None = None
        self.asked = threading.Event()
        self.answering = threading.Event()
        self.answering.set()

    def fetch(self):
        self.requests += 1
        self.asked.set()
        assert self.answering.wait(30)
        if self.error is not None:
            raise self.error
        text = self.text if self.text is not None else str(self.requests)
        return Response(text, None if text == "null" else int(text) if text.isdigit() else text)
        yield


@pytest.fixture(params=[0, 1_000_000], ids=["without memory", "with memory"])
def store(request: pytest.FixtureRequest) -> CacheBackend:
    return CacheBackend("default", memory=ProcessCache(request.param))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    """Time that passes when the test says so: what is stored stays, what it says of its life counts."""
    now = [1_000_000.0]
    monkeypatch.setattr("django_appwrite_orm.cache.reads.time.time", lambda: now[0])
    lives: list[int] = []
    real = caches["default"].set
    monkeypatch.setattr(
        caches["default"], "set", lambda key, value, life, *rest: (lives.append(life), real(key, value, None))
    )
    return type("Clock", (), {"now": now, "lives": lives, "passes": lambda self, s: now.__setitem__(0, now[0] + s)})()


def ask(store: CacheBackend, server: Server, policy: CachePolicy):
    return run_sync(read(store, KEY, [TABLE], server.fetch, policy))


def test_a_result_expires_with_its_ttl(store: CacheBackend, clock) -> None:
    server, policy = Server(), CachePolicy(ttl=60)
    assert ask(store, server, policy).expires == clock.now[0] + 60
    clock.passes(59)
    assert ask(store, server, policy).status is Status.HIT
    clock.passes(1)
    found = ask(store, server, policy)
    assert (found.status, found.data) == (Status.MISS, 2)
    assert clock.lives == [60, 60]


def test_stale_while_revalidate_serves_the_old_answer_once_and_fetches_behind(store: CacheBackend, clock) -> None:
    server, policy = Server(), CachePolicy(ttl=60, stale_while_revalidate=30)
    ask(store, server, policy)
    clock.passes(75)
    server.asked.clear()
    found = ask(store, server, policy)
    assert (found.status, found.data, found.expires) == (Status.STALE, 1, 0)
    assert server.asked.wait(30)
    until(lambda: ask(store, server, policy).status is Status.HIT)
    assert ask(store, server, policy).data == 2
    assert clock.lives[0] == 90
    clock.passes(60 + 30)
    assert ask(store, server, policy).status is Status.MISS


def test_stale_while_revalidate_asynchronously(clock) -> None:
    server, policy = Server(), CachePolicy(ttl=60, stale_while_revalidate=30)
    store = CacheBackend("default", memory=ProcessCache(1_000_000))

    async def life() -> None:
        async def look():
            return await run_async(read(store, KEY, [TABLE], server.fetch, policy))

        await look()
        clock.passes(75)
        assert (await look()).status is Status.STALE
        for _ in range(3000):
            await asyncio.sleep(0.01)
            if (await look()).status is Status.HIT:
                break
        assert (await look()).data == 2

    asyncio.run(life())
    assert server.requests == 2


def test_the_loop_of_a_single_view_ends_and_the_refresh_goes_on(clock) -> None:
    """An asynchronous view under WSGI, or a command: the event loop is gone before the answer is there."""
    server, policy = Server(), CachePolicy(ttl=60, stale_while_revalidate=30)
    store = CacheBackend("default", memory=ProcessCache(1_000_000))
    loops = []  # kept, for a loop that is gone may leave its id to the next

    async def view() -> Status:
        loops.append(asyncio.get_running_loop())
        return (await run_async(read(store, KEY, [TABLE], server.fetch, policy))).status

    def look() -> Status:
        return asyncio.run(view())

    look()
    clock.passes(75)
    server.answering.clear()
    assert [look(), look()] == [Status.STALE] * 2
    assert ask(store, server, policy).status is Status.STALE
    server.answering.set()
    until(lambda: look() is Status.HIT)
    assert server.requests == 2


def test_so_many_refreshes_at_a_time_and_the_next_reader_tries_again(clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sansio, "_background", DaemonThreadPool(1, "test"))
    server, policy = Server(), CachePolicy(ttl=60, stale_while_revalidate=30)
    store = CacheBackend("default", memory=ProcessCache(1_000_000))

    def look(name: str) -> Status:
        return run_sync(read(store, KEYS.entry(name), [TABLE], server.fetch, policy)).status

    assert [look("a"), look("b")] == [Status.MISS] * 2
    clock.passes(75)
    server.answering.clear()
    assert [look("a"), look("b"), look("b")] == [Status.STALE] * 3
    server.answering.set()
    until(lambda: (look("a"), look("b")) == (Status.HIT, Status.HIT))
    assert server.requests == 4


def test_where_no_thread_is_to_be_had_the_old_answer_serves_and_the_next_reader_tries_again(clock) -> None:
    server, policy = Server(), CachePolicy(ttl=60, stale_while_revalidate=30)
    store = CacheBackend("default", memory=ProcessCache(1_000_000))
    ask(store, server, policy)
    clock.passes(75)
    with mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("can't start new thread")):
        assert ask(store, server, policy).status is Status.STALE
    assert ask(store, server, policy).status is Status.STALE
    until(lambda: ask(store, server, policy).status is Status.HIT)
    assert server.requests == 2


def test_after_a_write_nothing_is_revalidated_behind(store: CacheBackend, clock) -> None:
    server, policy = Server(), CachePolicy(ttl=60, stale_while_revalidate=3000)
    ask(store, server, policy)
    caches["default"].delete(TABLE.token)
    found = ask(store, server, policy)
    assert (found.status, found.data) == (Status.MISS, 2)


@pytest.mark.parametrize("error", [Unavailable("down"), Timeout("slow"), RateLimited("slow")])
@pytest.mark.parametrize("why", ["expired", "invalidated", "fenced"])
def test_stale_if_error(store: CacheBackend, clock, error: Exception, why: str) -> None:
    server, policy = Server(), CachePolicy(ttl=60, stale_if_error=3600)
    ask(store, server, policy)
    if why == "expired":
        clock.passes(70)
    elif why == "invalidated":
        caches["default"].delete(TABLE.token)
    else:
        caches["default"].add(TABLE.leases[0], "a writer")
        caches["default"].delete(TABLE.token)
    server.error = error
    found = ask(store, server, policy)
    assert (found.status, found.data, found.expires) == (Status.STALE, 1, 0)
    with pytest.raises(type(error)):
        ask(store, server, CachePolicy(ttl=60))
    clock.passes(3600 + 60)
    with pytest.raises(type(error)):
        ask(store, server, policy)


@pytest.mark.parametrize("error", [PermissionDenied("401", status=401), NotFound("404", status=404)])
def test_a_stale_result_never_replaces_401_403_or_404(store: CacheBackend, clock, error: Exception) -> None:
    server, policy = Server(), CachePolicy(ttl=60, stale_if_error=3600)
    ask(store, server, policy)
    clock.passes(70)
    server.error = error
    with pytest.raises(type(error)):
        ask(store, server, policy)


def test_an_answer_lives_as_the_read_that_fetched_it_says(store: CacheBackend, clock) -> None:
    server = Server()
    ask(store, server, CachePolicy(ttl=300))
    clock.passes(60)
    assert ask(store, server, CachePolicy(ttl=10)).status is Status.HIT
    clock.passes(240)
    assert ask(store, server, CachePolicy(ttl=3600)).status is Status.MISS


def test_absent_rows_and_large_answers_have_lives_of_their_own(store: CacheBackend, clock) -> None:
    server, policy = Server(), CachePolicy(ttl=60, negative_ttl=5, largest=10)
    server.text = "null"
    ask(store, server, policy)
    assert clock.lives == [5]
    clock.passes(5)
    server.text = "x" * 11
    assert ask(store, server, policy).expires == 0
    assert clock.lives == [5]
    assert ask(store, server, CachePolicy(ttl=60, negative_ttl=0)).status is Status.MISS


@pytest.mark.parametrize(
    "bad", [{"ttl": -1}, {"ttl": "5"}, {"ttl": True}, {"largest": -1}, {"negative_ttl": float("inf")}]
)
def test_a_policy_that_makes_no_sense_says_so(bad: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        CachePolicy(**bad)


@pytest.mark.usefixtures("library")
def test_the_query_overrides_the_block_which_overrides_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    lives: list[int] = []
    real = caches["default"].set
    monkeypatch.setattr(caches["default"], "set", lambda key, value, life: (lives.append(life), real(key, value, life)))
    monkeypatch.setattr(Book._meta, "policy", CachePolicy(ttl=60))
    list(Book.objects.filter(pages=1))
    with cache_policy(ttl=20):
        list(Book.objects.filter(pages=2))
        list(Book.objects.filter(pages=3).cached(7))
        with cache_policy(CachePolicy(ttl=9), stale_if_error=1), counted() as costs:
            list(Book.objects.filter(pages=4))
            list(Book.objects.filter(pages=5).uncached())
    list(Book.objects.filter(pages=6))
    list(Book.objects.filter(pages=7).cached(CachePolicy(ttl=8)))
    list(Book.objects.filter(pages=8).cached(stale_if_error=5))
    assert lives == [60, 20, 7, 10, 60, 8, 65]
    assert len(costs.requests) == 2


@pytest.mark.usefixtures("library")
def test_a_change_leaves_a_table_the_rest_of_its_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Book._meta, "policy", CachePolicy(ttl=0))
    with cache_policy(stale_if_error=60), cache_policy(largest=10), counted() as costs:
        list(Book.objects.all())
        list(Book.objects.all())
    assert (len(costs.requests), costs.cache) == (2, [])
    for bad in ({"tll": 1}, {"ttl": -1}):
        with pytest.raises((TypeError, ValueError), match=r"tll|ttl"), cache_policy(**bad):
            pass
        with pytest.raises((TypeError, ValueError), match=r"tll|ttl"):
            Book.objects.all().cached(**bad)
