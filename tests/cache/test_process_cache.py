"""The answers a process remembers: bounded, never trusted further than the tokens, shared without harm."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest
from django.core.cache import caches

from django_appwrite_orm.cache.process_cache import DecodedEntry, ProcessCache, size_of
from django_appwrite_orm.connection import connections
from tests.support.costs import counted
from tests.support.library.tables import Book


def entry(size: int = 100) -> DecodedEntry:
    return DecodedEntry(("t",), 1e12, "x" * (size - sys.getsizeof("")))


def test_it_is_bounded_and_forgets_the_least_recently_used() -> None:
    memory = ProcessCache(1000)
    for name in "abcd":
        memory.put(name, entry(250), 0)
    memory.get("a")
    memory.put("e", entry(250), 0)
    assert memory.get("b") is None
    assert memory.get("a") is not None
    assert (memory.bytes, len(memory)) == (1000, 4)
    memory.put("a", entry(50), 0)
    assert memory.bytes == 800
    memory.put("large", entry(251), 0)  # more than a quarter of it
    assert memory.get("large") is None
    memory.clear()
    assert (memory.bytes, len(memory)) == (0, 0)


def test_nothing_is_remembered_when_it_is_off() -> None:
    memory = ProcessCache(0)
    memory.put("a", entry(), 0)
    assert memory.get("a") is None


def test_trust_lasts_for_its_window_and_to_the_next_write_of_this_process() -> None:
    memory = ProcessCache(1000, trust=60)
    now = time.monotonic()
    memory.put("a", entry(), now)
    assert memory.trusted("a", touched=0)
    assert memory.trusted("a", touched=now - 1)
    assert memory.trusted("a", touched=now) is None
    memory.put("a", entry(), time.monotonic() - 61)
    assert memory.trusted("a", touched=0) is None
    assert ProcessCache(1000).trusted("a", touched=0) is None


def test_sizes_are_those_of_the_objects() -> None:
    assert size_of({"a": ["x" * 1000]}) > 1000
    assert size_of([]) < 100
    row: dict[str, Any] = {"a": "text", "b": [1.5, {"c": [None]}]}
    parts = [row, "text", row["b"], 1.5, row["b"][1], row["b"][1]["c"], None]
    assert 0.8 < size_of(row) / sum(map(sys.getsizeof, parts)) <= 1


@pytest.mark.usefixtures("library")
class TestInUse:
    def test_a_hit_does_not_transfer_the_answer(self) -> None:
        list(Book.objects.all())
        keys: list[list[str]] = []
        real = caches["default"].get_many
        caches["default"].get_many = lambda names: (keys.append(list(names)), real(names))[1]
        try:
            list(Book.objects.all())
        finally:
            del caches["default"].get_many
        assert keys == [list(connections["default"].table_keys(Book.objects.ref))]

    def test_what_another_process_stored_is_found(self) -> None:
        book = Book.objects.create(title="Dune", price=9)
        assert Book.objects.get(pk=book.pk).price == 9
        connection = connections["default"]
        remembered = connection.store.memory
        connections.reset()  # now we are the other process
        Book.objects.filter(pk=book.pk).update(price=8)
        assert Book.objects.get(pk=book.pk).price == 8
        connections["default"].store.memory = remembered  # and back
        with counted() as costs:
            assert Book.objects.get(pk=book.pk).price == 8
        assert (costs.requests, costs.cache) == ([], ["get_many", "get"])

    def test_what_another_process_fetched_anew_is_found_when_our_own_has_run_out(self) -> None:
        Book.objects.create(title="Dune", price=9, id="d")
        assert Book.objects.get(pk="d").price == 9
        memory = connections["default"].store.memory
        for key, kept in list(memory._entries.items()):
            memory.put(key, kept.entry._replace(expires=time.time() - 1), kept.checked)  # the cache has a later one
        with counted() as costs:
            Book.objects.get(pk="d")
            Book.objects.get(pk="d")
        assert (costs.requests, costs.cache) == ([], ["get_many", "get_many"])

    def test_a_row_that_is_changed_changes_nobody_elses(self) -> None:
        Book.objects.create(title="Dune", price=9, tags=["sf"], id="d")
        first = Book.objects.get(pk="d")
        first.title = "x"
        first.tags.append("y")
        first.to_appwrite()["tags"].append("z")
        first.to_appwrite()["$permissions"].append("z")
        rows = list(Book.objects.all())
        rows[0].tags.clear()
        rows[0].to_appwrite()["tags"].append("w")
        rows.clear()
        with counted() as costs:
            assert (Book.objects.get(pk="d").title, Book.objects.get(pk="d").tags) == ("Dune", ["sf"])
            assert Book.objects.all()[0].to_appwrite()["tags"] == ["sf"]
            assert Book.objects.get(pk="d").to_appwrite()["$permissions"] == []
        assert [request for request in costs.requests if request.endswith("/d")] == []

    def test_within_the_trust_window_nothing_is_asked(self, settings) -> None:
        settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "CACHE": {"TRUST": 60}}}
        list(Book.objects.all())
        with counted() as costs:
            list(Book.objects.all())
        assert (costs.requests, costs.cache) == ([], [])
        Book.objects.create(title="Dune", price=9)
        assert [book.title for book in Book.objects.all()] == ["Dune"]
        # Another process writes: for as long as the window, and no longer, we do not know of it.
        caches["default"].delete(connections["default"].table_keys(Book.objects.ref).token)
        with counted() as costs:
            list(Book.objects.all())
        assert costs.requests == []
        connections["default"].store.memory.trust = 1e-9
        with counted() as costs:
            list(Book.objects.all())
        assert len(costs.requests) == 1
