"""Backends that do not say that they failed, and entries that only look like ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_client
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.test import override_settings

from django_appwrite_orm.cache import recording
from django_appwrite_orm.connection import connections
from django_appwrite_orm.web.http_cache import _cache_status
from tests.support import redis_server
from tests.support.library.tables import Book


class NothingToSay(LocMemCache):
    """Looks up nothing, and does not even say so in a dict."""

    def get_many(self, keys, version=None):
        return None


@pytest.fixture
def silent_redis(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[redis_client.Redis]:
    connection = {"ENDPOINT": f"local:{tmp_path}/appwrite.sqlite3", "DATABASE_ID": "library"}
    with redis_server.server() as server, redis_client.Redis.from_url(server.url) as client:
        options = {"SERIALIZER": "django_redis.serializers.json.JSONSerializer", "IGNORE_EXCEPTIONS": True}
        cache = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": server.url, "OPTIONS": options}
        with override_settings(CACHES={"default": cache}, APPWRITE_ORM={"default": connection}):
            request.getfixturevalue("library")
            yield client
            caches["default"].close()


def prices() -> list[float]:
    return [book.price for book in Book.objects.all()]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_redis_whose_failures_are_ignored(silent_redis, asynchronous: bool, caplog) -> None:
    """With IGNORE_EXCEPTIONS, which many sites set, a token that could not be deleted looks like one that was."""
    book = Book.objects.create(title="Dune", price=1)
    assert prices() == prices() == [1]
    silent_redis.replicaof("127.0.0.1", "1")  # read-only: the old token and the old answer are still there
    book.price = 2
    asyncio.run(book.asave()) if asynchronous else book.save()
    assert prices() == [2]
    silent_redis.replicaof("no", "one")
    assert prices() == prices() == [2]
    assert [record.levelname for record in caplog.records if "IGNORE_EXCEPTIONS" in record.getMessage()] == ["WARNING"]


def test_a_backend_that_answers_no_dict(request: pytest.FixtureRequest) -> None:
    with override_settings(CACHES={"default": {"BACKEND": f"{__name__}.NothingToSay"}}):
        request.getfixturevalue("library")
        book = Book.objects.create(title="Dune", price=1)
        assert prices() == [1]
        assert Book.objects.get(pk=book.id).price == 1
        assert not Book.objects.is_updated()


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "entry",
    [
        DEEP,
        "%s, " + "9" * 400 + "]\n{}",
        "%s, Infinity]\n{}",
        "%s, 1e400]\n{}",
        "%s, NaN]\n{}",
        f"%s, 9e9]\n{DEEP}",
        "%s, 9e9]\n{",
    ],
    ids=["nested", "a long number", "for ever", "too large", "no number", "nested answer", "half an answer"],
)
def test_an_entry_that_only_looks_like_ours_is_a_miss(library, entry: str) -> None:
    """Even under the right tokens, as from a program that writes to the same cache and means no good."""
    Book.objects.create(title="Dune", price=1)
    assert prices() == [1]
    store, table = connections["default"].store, connections["default"].table_keys(Book.objects.ref)
    cache = caches["default"]
    (key,) = set(store.memory._entries)
    cache.set(key, entry.replace("%s", f"[{json.dumps([cache.get(table.token)])}"))
    store.memory.clear()
    with recording() as record:
        assert prices() == [1]
    assert record.worst.name == "MISS"
    assert _cache_status(record.worst, record.expires)
    assert prices() == [1]
