"""The same protocol on a real Redis and a real Valkey, through each client that the guides name."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import redis as redis_client
from django.core.cache import caches
from django.test import override_settings

from django_appwrite_orm.connection import connections
from tests.support import redis_server
from tests.support.costs import counted
from tests.support.library.tables import Book


@pytest.fixture(scope="module", params=redis_server.PAIRS, ids=" on ".join)
def place(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """The settings of a cache on a server that is up."""
    kind, backend = request.param
    with redis_server.running(kind) as address:
        yield {**redis_server.BACKENDS[backend], "LOCATION": address}


@pytest.fixture
def url(place: dict[str, Any]) -> str:
    return str(place["LOCATION"])


@pytest.fixture
def on_redis(request: pytest.FixtureRequest, place: dict[str, Any], url: str, tmp_path) -> Iterator[dict]:
    cache = dict(place)
    connection = {"ENDPOINT": f"local:{tmp_path}/appwrite.sqlite3", "DATABASE_ID": "library"}
    with override_settings(CACHES={"default": cache}, APPWRITE_ORM={"default": connection}):
        redis_client.Redis.from_url(url).flushall()
        request.getfixturevalue("library")
        yield {"CACHES": {"default": cache}, "APPWRITE_ORM": {"default": connection}}
        caches["default"].close()


def test_hits_misses_and_invalidations(on_redis: dict) -> None:
    book = Book.objects.create(title="Dune", price=9)
    list(Book.objects.all())
    with counted() as costs:
        assert [b.title for b in Book.objects.all()] == ["Dune"]
    assert (costs.requests, costs.cache) == ([], ["get_many"])
    book.price = 7
    book.save()
    assert not Book.objects.is_updated()
    assert Book.objects.get(pk=book.id).price == 7


def test_where_the_cache_is_shared_a_miss_costs_two_round_trips_more(on_redis: dict) -> None:
    """For the lock between processes: taken, and let go."""
    with counted() as costs:
        list(Book.objects.all())
    assert (len(costs.requests), costs.cache) == (1, ["get_many", "add", "get_many", "add", "set", "set"])
    with counted() as costs:
        list(Book.objects.filter(price=1))
    assert (len(costs.requests), costs.cache) == (1, ["get_many", "get_many", "add", "set", "set"])
    with counted() as costs:
        Book.objects.create(title="Dune", price=9)
    assert (len(costs.requests), costs.cache) == (1, ["add", "delete_many", "delete_many"])


def test_what_lies_in_the_cache_does_not_grow_with_what_was_asked(on_redis: dict, url: str) -> None:
    """One entry for each answer, and nothing that lists them: a change costs the same whatever there is."""
    for pages in range(20):
        list(Book.objects.filter(pages=pages))
    client = redis_client.Redis.from_url(url)
    kinds = {client.type(key) for key in client.scan_iter()}
    names = sorted(key.decode().rsplit(":", 1)[1] for key in client.scan_iter())
    assert kinds == {b"string"}
    assert len(names) == 1 + 20 + 20  # the token, the answers, the locks they were fetched under, which end soon
    assert sum(name == "token" for name in names) == 1
    with counted() as costs:
        Book.objects.create(title="Dune", price=9)
    assert costs.cache == ["add", "delete_many", "delete_many"]
    client.close()


def test_asynchronously(on_redis: dict) -> None:
    async def ask() -> None:
        book = await Book.objects.acreate(title="Emma", price=3)
        assert (await Book.objects.aget(pk=book.id)).price == 3
        with counted() as costs:
            assert (await Book.objects.aget(pk=book.id)).price == 3
        assert (costs.requests, costs.cache) == ([], ["get_many"])

    asyncio.run(ask())


def test_every_entry_has_a_life_and_a_small_key(on_redis: dict, url: str) -> None:
    Book.objects.create(title="Dune", price=9)
    list(Book.objects.all())
    client = redis_client.Redis.from_url(url)
    keys = [key for key in client.scan_iter() if b":stats:" not in key]  # which are counted in the background
    assert len(keys) == 3  # the token, the answer, the lock it was fetched under; the lease was freed
    for key in keys:
        assert 0 < client.ttl(key) <= 86_400
        assert len(key) < 100
        if "django_redis" in str(on_redis):
            json.loads(client.get(key))  # nothing to unpickle
    client.close()


_OTHER_PROCESS = """
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["django_appwrite_orm", "tests.support.library"], USE_TZ=True, **{settings!r})
django.setup()
from tests.support.library.tables import Book
print(Book.objects.is_updated(), [b.title for b in Book.objects.all()], Book.objects.is_updated())
Book.objects.create(title="Emma", price=1)
"""


def test_another_process_shares_status_and_invalidation(on_redis: dict) -> None:
    Book.objects.create(title="Dune", price=9)
    list(Book.objects.all())
    code = _OTHER_PROCESS.replace("{settings!r}", repr(on_redis))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True ['Dune'] True"
    assert not Book.objects.is_updated()
    assert [b.title for b in Book.objects.all()] == ["Dune", "Emma"]
    assert not connections["default"].store.ledger
