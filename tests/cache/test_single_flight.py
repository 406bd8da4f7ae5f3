"""Single flight: readers who miss the same answer at the same time cause one request."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.test import override_settings

from django_appwrite_orm import CachePolicy
from django_appwrite_orm.cache import Status
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.effects import CacheAdd
from django_appwrite_orm.cache.keys import Keys
from django_appwrite_orm.cache.process_cache import ProcessCache
from django_appwrite_orm.cache.reads import read
from django_appwrite_orm.cache.single_flight import Await, SingleFlight
from django_appwrite_orm.exceptions import InvalidRequest, RateLimited, Unavailable
from django_appwrite_orm.plans import Response
from django_appwrite_orm.sansio import Effect, Sleep, run_async, run_sync
from tests.support import redis_server
from tests.support.waiting import LIMIT, auntil, tasks_waiting, until

KEYS = Keys("test", ("endpoint", "project"))
TABLE = KEYS.table(("db", "books"))
KEY = KEYS.entry("all")


class Slow(Effect):
    """A request that takes until the test lets it go."""

    def __init__(self, error: Exception | None = None) -> None:
        self.requests = 0
        self.open = threading.Event()
        self._error = error

    def perform(self) -> Response:
        self.requests += 1
        assert self.open.wait(LIMIT)
        if self._error:
            raise self._error
        return Response(json.dumps({"n": self.requests}), {"n": self.requests})

    async def aperform(self) -> Response:
        self.requests += 1
        await asyncio.to_thread(self.open.wait, LIMIT)
        if self._error:
            raise self._error
        return Response(json.dumps({"n": self.requests}), {"n": self.requests})

    def fetch(self):
        return (yield self)


def asked(store: CacheBackend, request: Slow, policy: CachePolicy | None = None):
    return read(store, KEY, [TABLE], request.fetch, policy or CachePolicy())


def in_threads(count: int, work) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def waiting(store: CacheBackend) -> int:
    """How many threads wait for a flight under way."""
    return sum(len(flight.future._condition._waiters) for flight in store.flights._under_way.values())


@pytest.mark.parametrize("memory", [0, 1_000_000])
def test_threads_share_one_request(memory: int) -> None:
    store, request, answers = CacheBackend("default", memory=ProcessCache(memory)), Slow(), []
    run_sync(CacheStep(store))
    threads = in_threads(50, lambda: answers.append(run_sync(asked(store, request)).data))
    until(lambda: waiting(store) == 49)
    request.open.set()
    for thread in threads:
        thread.join(LIMIT)
    assert (request.requests, answers) == (1, [{"n": 1}] * 50)


def test_tasks_share_one_request() -> None:
    store, request = CacheBackend("default"), Slow()
    run_sync(CacheStep(store))

    async def ask() -> list:
        tasks = [asyncio.create_task(run_async(asked(store, request))) for _ in range(50)]
        await auntil(lambda: tasks_waiting(store) == 49)
        request.open.set()
        return [found.data for found in await asyncio.gather(*tasks)]

    assert asyncio.run(ask()) == [{"n": 1}] * 50
    assert request.requests == 1


def test_who_reads_after_an_invalidation_fetches_anew() -> None:
    store, old, new, answers = CacheBackend("default"), Slow(), Slow(), []
    run_sync(CacheStep(store))
    thread = in_threads(1, lambda: answers.append(run_sync(asked(store, old)).data))[0]
    until(lambda: old.requests == 1)
    caches["default"].delete(TABLE.token)
    new.open.set()
    run_sync(asked(store, new))
    assert new.requests == 1
    old.open.set()
    thread.join(LIMIT)
    # What the first one brought was stored last, and under a token that is gone: to the next reader it is a miss.
    third = Slow()
    third.open.set()
    assert run_sync(asked(store, third)).status is Status.MISS
    assert (new.requests, third.requests) == (1, 1)


@pytest.mark.parametrize("error", [Unavailable("down"), InvalidRequest("no"), RateLimited("slow", retry_after=3)])
def test_an_error_is_everybodys(error: Exception) -> None:
    store, request, errors = CacheBackend("default"), Slow(error), []
    run_sync(CacheStep(store))

    def ask() -> None:
        try:
            run_sync(asked(store, request))
        except Exception as caught:
            errors.append(caught)

    threads = in_threads(5, ask)
    until(lambda: waiting(store) == 4)
    request.open.set()
    for thread in threads:
        thread.join(LIMIT)
    assert request.requests == 1
    assert [type(caught) for caught in errors] == [type(error)] * 5
    assert len({id(caught) for caught in errors}) == 5
    assert [getattr(caught, "retry_after", None) for caught in errors] == [getattr(error, "retry_after", None)] * 5


def test_when_the_leader_is_cancelled_the_others_go_on_alone() -> None:
    store, request = CacheBackend("default"), Slow()
    run_sync(CacheStep(store))

    async def ask() -> list:
        leader = asyncio.create_task(run_async(asked(store, request)))
        await auntil(lambda: request.requests == 1)
        others = [asyncio.create_task(run_async(asked(store, request))) for _ in range(3)]
        await auntil(lambda: tasks_waiting(store) == 3)
        leader.cancel()
        request.open.set()
        with pytest.raises(asyncio.CancelledError):
            await leader
        return [found.data["n"] for found in await asyncio.gather(*others)]

    assert len(asyncio.run(ask())) == 3
    assert store.flights._under_way == {}


def test_the_wait_is_bounded() -> None:
    flights = SingleFlight()
    flights.join("x")
    assert run_sync(_wait(Await(flights.join("x"), 0.01))) is None
    assert asyncio.run(_await(Await(flights.join("x"), 0.01))) is None


# Between processes: the lock in a cache that is shared.


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with redis_server.running() as address:
        yield address


@pytest.fixture
def on_redis(url: str) -> Iterator[dict]:
    cache = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": url,
        "OPTIONS": {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
    }
    with override_settings(CACHES={"default": cache}):
        caches["default"].clear()
        yield cache
        caches["default"].close()


def test_a_lock_whose_holder_died_is_waited_for_no_longer_than_patience(on_redis: dict) -> None:
    store, request = CacheBackend("default", patience=0.3), Slow()
    request.open.set()
    run_sync(asked(store, request))
    lock = next(key for key in caches["default"].keys("*") if caches["default"].get(key) == "done")
    caches["default"].delete(KEY)
    caches["default"].set(lock, "busy", 60)
    with steps_counted() as pauses:
        assert run_sync(asked(CacheBackend("default", patience=0.3), request)).data == {"n": 2}
    assert pauses  # it did wait, and then went on


def test_a_lock_that_is_freed_without_an_answer_is_taken(on_redis: dict) -> None:
    failing, request = Slow(Unavailable("down")), Slow()
    failing.open.set()
    request.open.set()
    with pytest.raises(Unavailable):
        run_sync(asked(CacheBackend("default"), failing))
    with steps_counted() as pauses:
        assert run_sync(asked(CacheBackend("default"), request)).data == {"n": 1}
    assert pauses == []


_READERS = """
import sys, threading, json, time, django
from django.conf import settings
settings.configure(CACHES={{"default": {cache!r}}}, USE_TZ=True)
django.setup()
from django.core.cache import caches
from django_appwrite_orm import CachePolicy
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.keys import Keys
from django_appwrite_orm.cache.reads import read
from django_appwrite_orm.plans import Response
from django_appwrite_orm.sansio import Sleep, run_sync
KEYS = Keys("test", ("endpoint", "project"))
store = CacheBackend("default")
def fetch():
    cache = caches["default"]
    cache.add("requests", 0)
    cache.incr("requests")
    yield Sleep(0.3)
    return Response('{{"rows": [1, 2]}}', {{"rows": [1, 2]}})
answers = []
def ask():
    found = run_sync(read(store, KEYS.entry("all"), [KEYS.table(("db", "books"))], fetch, CachePolicy()))
    answers.append(found.data)
threads = [threading.Thread(target=ask) for _ in range(50)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps(answers))
"""


@pytest.mark.slow
def test_two_hundred_cold_readers_in_four_processes_cause_one_request(on_redis: dict) -> None:
    code = _READERS.format(cache=on_redis)
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [answer for process in processes for answer in json.loads(process.communicate(timeout=60)[0])]
    assert answers == [{"rows": [1, 2]}] * 200
    assert caches["default"].get("requests") == 1


def CacheStep(store: CacheBackend):  # noqa: N802
    """The token is there already, as in the middle of a day: only the answer is missing."""
    yield from CacheAdd(store, TABLE.token, "a" * 32, 60)


def _wait(step: Effect):
    return (yield step)


async def _await(step: Effect):
    return await run_async(_wait(step))


class steps_counted:  # noqa: N801
    """The pauses made inside."""

    def __enter__(self) -> list[float]:
        self._real, pauses = Sleep.perform, []

        def perform(step: Sleep) -> None:
            pauses.append(step.seconds)
            self._real(step)

        Sleep.perform = perform
        return pauses

    def __exit__(self, *exc_info: object) -> None:
        Sleep.perform = self._real
