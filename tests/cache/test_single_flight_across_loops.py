"""Flights of asynchronous readers, whichever loops they run in: under WSGI each view has one of its own."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable

import pytest

from django_appwrite_orm.cache import CachePolicy
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.effects import CacheAdd
from django_appwrite_orm.cache.keys import Keys
from django_appwrite_orm.cache.reads import read
from django_appwrite_orm.exceptions import Unavailable
from django_appwrite_orm.plans import Response
from django_appwrite_orm.sansio import Effect, run_async, run_sync
from tests.support.waiting import LIMIT, auntil, tasks_waiting, until

KEYS = Keys("test", ("endpoint", "project"))
TABLE = KEYS.table(("db", "books"))
KEY = KEYS.entry("all")


class Request(Effect):
    """What Appwrite is asked; it answers, or fails, when the test lets it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent = 0
        self.open = threading.Event()
        self._error = error

    def perform(self) -> Response:
        self.sent += 1
        assert self.open.wait(LIMIT)
        if self._error is not None:
            raise self._error
        return Response("1", 1)

    async def aperform(self) -> Response:
        self.sent += 1
        while not self.open.is_set():  # noqa: ASYNC110 -- the test opens it in any thread
            await asyncio.sleep(0.005)
        if self._error is not None:
            raise self._error
        return Response("1", 1)

    def fetch(self):
        return (yield self)


@pytest.fixture
def store() -> CacheBackend:
    """With the token there already: only the answer is missing."""
    store = CacheBackend("default", patience=LIMIT)
    run_sync(_token(store))
    return store


def _token(store: CacheBackend):
    yield from CacheAdd(store, TABLE.token, "a" * 32, 60)


def asked(store: CacheBackend, request: Request):
    return read(store, KEY, [TABLE], request.fetch, CachePolicy())


def in_threads(*work: Callable[[], object]) -> list[threading.Thread]:
    threads = [threading.Thread(target=one, daemon=True) for one in work]
    for thread in threads:
        thread.start()
    return threads


def test_readers_in_different_loops_share_one_request(store: CacheBackend) -> None:
    request, answers = Request(), []

    def view() -> None:
        answers.append(asyncio.run(run_async(asked(store, request))).data)

    threads = in_threads(view, view, view)
    until(lambda: tasks_waiting(store) == 2 or request.sent > 1)
    request.open.set()
    for thread in threads:
        thread.join(LIMIT)
    assert (request.sent, answers) == (1, [1, 1, 1])


def test_a_task_shares_a_thread_s_request(store: CacheBackend) -> None:
    request, answers = Request(), []
    threads = in_threads(lambda: answers.append(run_sync(asked(store, request)).data))
    until(lambda: request.sent == 1)
    threads += in_threads(lambda: answers.append(asyncio.run(run_async(asked(store, request))).data))
    until(lambda: tasks_waiting(store) == 1 or request.sent > 1)
    request.open.set()
    for thread in threads:
        thread.join(LIMIT)
    assert (request.sent, answers) == (1, [1, 1])


def test_a_thread_waits_for_no_task(store: CacheBackend) -> None:
    """It might hold up what the task needs: before Django 6.1 that calls the cache in the one thread of its context."""
    tasks, thread = Request(), Request()
    thread.open.set()
    leader = in_threads(lambda: asyncio.run(run_async(asked(store, tasks))))
    until(lambda: tasks.sent == 1)
    assert run_sync(asked(store, thread)).data == 1
    tasks.open.set()
    leader[0].join(LIMIT)


@pytest.mark.parametrize("patience", [0.01, LIMIT])
def test_the_error_of_a_flight_that_nobody_waits_for_any_more_is_not_reported(
    store: CacheBackend, patience: float
) -> None:
    """Who waited has given up, or was cancelled: the event loop has nothing to complain about."""
    request, alone, reported = Request(Unavailable("down")), Request(), []
    alone.open.set()
    store.patience = patience

    async def views() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
        leader = asyncio.create_task(run_async(asked(store, request)))
        await auntil(lambda: request.sent == 1)
        follower = asyncio.create_task(run_async(asked(store, alone)))
        if patience == LIMIT:
            await auntil(lambda: tasks_waiting(store) == 1)
            follower.cancel()
        await asyncio.wait([follower])
        assert follower.cancelled() is (patience == LIMIT)
        request.open.set()
        with pytest.raises(Unavailable):
            await leader
        del leader
        gc.collect()

    asyncio.run(views())
    assert reported == []


def test_who_waited_may_be_gone_with_its_loop(store: CacheBackend, caplog: pytest.LogCaptureFixture) -> None:
    request = Request()
    leader = in_threads(lambda: asyncio.run(run_async(asked(store, request))))
    until(lambda: request.sent == 1)

    async def view() -> None:
        task = asyncio.create_task(run_async(asked(store, request)))
        await auntil(lambda: tasks_waiting(store) == 1)
        task.cancel()

    asyncio.run(view())
    request.open.set()
    leader[0].join(LIMIT)
    assert [record.message for record in caplog.records] == []
    assert store.flights._under_way == {}


@pytest.mark.filterwarnings("ignore:.*was never awaited")
def test_a_flight_ends_with_a_loop_that_nobody_ended(store: CacheBackend) -> None:
    """Closed in the middle, as some test runners do: the next reader does not wait for what will never come."""
    request, loop = Request(), asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)  # the task that was left there is what the test is about
    task = loop.create_task(run_async(asked(store, request)))
    for _ in range(LIMIT * 100):
        loop.run_until_complete(asyncio.sleep(0.01))
        if request.sent:
            break
    loop.close()
    assert (request.sent, len(store.flights._under_way)) == (1, 1)
    del task
    gc.collect()
    assert store.flights._under_way == {}
