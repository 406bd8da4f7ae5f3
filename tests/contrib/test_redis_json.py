"""The serializer of `contrib.redis_json`: any value comes back, and its stored form is understood by django-redis."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django_redis.serializers.json import JSONSerializer as Quoting
from hypothesis import example, given
from hypothesis import strategies as st

from django_appwrite_orm.cache.entries import CacheEntry, pack, unpack
from django_appwrite_orm.contrib.redis_json import JSONSerializer
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
