"""The serializer and the client of `contrib.redis_json`: any value comes back, and django-redis understands it too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django_redis.client import DefaultClient
from django_redis.serializers.json import JSONSerializer as Quoting
from hypothesis import example, given
from hypothesis import strategies as st

from django_appwrite_orm.cache.entries import CacheEntry, pack, unpack
from django_appwrite_orm.contrib.redis_json import Client, JSONSerializer
from tests.support import redis_server
from tests.support.costs import counted
from tests.support.library.tables import Book

PATH = f"{JSONSerializer.__module__}.{JSONSerializer.__name__}"
OURS, QUOTING = JSONSerializer({}), Quoting({})
ENTRY = pack(CacheEntry(("a1", "b2"), 1234.5, '{"rows": [{"name": "Düne \\"1\\""}]}'))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON_VALUES | st.text('[]"a,\n\ud800 '))
@example(ENTRY)
@example('[["a"], 1]\nnot JSON')
@example('[["a"\n,b\n,c')
@example('[["a"], 1]\n\ud800')
@example([[["a"], 1], "\n,"])
@example([[["a"], 1]])
@example("[[")
def test_every_value_comes_back(value: Any) -> None:
    assert OURS.loads(OURS.dumps(value)) == value
    assert OURS.loads(QUOTING.dumps(value)) == value


def client(cls: type[DefaultClient], compressor: str, serializer: str = PATH) -> Any:
    return cls("redis://cache", {"OPTIONS": {"SERIALIZER": serializer, "COMPRESSOR": compressor}}, None)


@pytest.mark.parametrize(
    "compressor",
    ["django_redis.compressors.identity.IdentityCompressor", "django_redis.compressors.zlib.ZlibCompressor"],
)
@given(value=JSON_VALUES | st.text('[]{}"a1,\n') | st.integers().map(str))
@example(value=ENTRY)
@example(value="0" * 32)
@example(value="[" * 500)
def test_the_client_stores_and_reads_what_that_of_django_redis_does(compressor: str, value: Any) -> None:
    ours, theirs = client(Client, compressor), client(DefaultClient, compressor)
    stored = ours.encode(value)
    assert stored == theirs.encode(value)
    stored = str(stored).encode() if isinstance(stored, int) else stored  # as it comes from Redis
    assert ours.decode(stored) == theirs.decode(stored) == value


@given(st.binary() | st.text().map(lambda text: b'"%b"' % text.encode("utf-8", "replace")))
@example(b'"')
@example(b'"a"b"')
@example(b'"a\\"')
@example('"\u00b2"'.encode())
def test_what_is_not_json_is_refused_as_django_redis_does(stored: bytes) -> None:
    identity = "django_redis.compressors.identity.IdentityCompressor"
    results = []
    for decode in (
        client(Client, identity).decode,
        client(DefaultClient, identity, f"{Quoting.__module__}.{Quoting.__name__}").decode,
    ):
        try:
            results.append(decode(stored))
        except ValueError:
            results.append(ValueError)
    assert repr(results[0]) == repr(results[1])  # repr: NaN is not NaN


def test_only_what_may_be_an_integer_is_tried_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bytes] = []
    monkeypatch.setattr(DefaultClient, "decode", lambda self, value: tried.append(value))
    ours = client(Client, "django_redis.compressors.identity.IdentityCompressor")
    for value in ("a1", ENTRY, {"a": 1}, 7, None, True):
        stored = ours.encode(value)
        ours.decode(str(stored).encode() if type(stored) is int else stored)
    assert tried == [b"7", b"null", b"true"]


def test_an_entry_is_stored_as_the_json_that_it_is() -> None:
    stored = OURS.dumps(ENTRY)
    assert json.loads(stored) == [[["a1", "b2"], 1234.5], {"rows": [{"name": 'Düne "1"'}]}]
    assert len(stored) < len(QUOTING.dumps(ENTRY))


def test_the_serializer_of_django_redis_reads_an_entry_as_a_miss() -> None:
    assert unpack(QUOTING.loads(OURS.dumps(ENTRY))) is None
    assert unpack(OURS.loads(QUOTING.dumps(ENTRY))) == unpack(ENTRY)


@pytest.fixture
def serializer(settings: Any, library: None) -> Iterator[Any]:
    """Set the serializer of the cache, a Redis."""
    memory = {"CACHE": {"MEMORY": 0}}
    settings.APPWRITE_ORM = {alias: {**given, **memory} for alias, given in settings.APPWRITE_ORM.items()}
    with redis_server.running() as url:

        def choose(path: str) -> None:
            options = {"SERIALIZER": path}
            cache = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url, "OPTIONS": options}
            settings.CACHES = {"default": cache}

        yield choose
        caches.close_all()


def test_processes_with_either_serializer_share_tokens(serializer: Any) -> None:
    """As during a deployment that changes it: each sees the changes of the other, and none fails."""
    serializer(PATH)
    Book.objects.create(id="b", title="Dune", price=9)
    list(Book.objects.all())
    with counted() as costs:
        assert [book.title for book in Book.objects.all()] == ["Dune"]
    assert (costs.requests, costs.cache) == ([], ["get_many"])
    serializer(f"{Quoting.__module__}.{Quoting.__name__}")
    assert [book.title for book in Book.objects.all()] == ["Dune"]
    Book.objects.filter(pk="b").update(title="Emma")
    serializer(PATH)
    assert [book.title for book in Book.objects.all()] == ["Emma"]
