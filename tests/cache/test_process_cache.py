"""The answers a process remembers: bounded, never trusted further than the tokens, shared without harm."""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
import weakref
from typing import Any

import pytest
from django.core.cache import caches

from django_appwrite_orm import Table, columns
from django_appwrite_orm.cache.process_cache import DecodedEntry, ProcessCache, size_of
from django_appwrite_orm.connection import connections
from django_appwrite_orm.plans import ColumnarRows
from django_appwrite_orm.tables import read_rows
from tests.support.costs import counted
from tests.support.library.tables import Book
from tests.support.raw_rows import SYSTEM


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


def test_a_result_that_has_become_too_large_leaves_no_outdated_one() -> None:
    memory = ProcessCache(1000)
    memory.put("a", entry(250), 0)
    memory.put("a", entry(251), 0)
    assert memory.get("a") is None
    assert memory.bytes == 0


def test_what_is_trusted_counts_as_used() -> None:
    memory = ProcessCache(1000, trust=60)
    for name in "abcd":
        memory.put(name, entry(250), time.monotonic())
    assert memory.trusted("a", 0) is not None
    memory.put("e", entry(250), 0)
    assert memory.get("a") is not None
    assert memory.get("b") is None


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


class Measured(Table):
    text = columns.String(size=99)
    number = columns.Integer()
    price = columns.Float()
    amount = columns.Float()
    day = columns.Datetime()
    tags = columns.String(size=9, array=True)


def page(rows: int) -> ColumnarRows:
    """Rows as they are parsed; of the floats one column has to be converted, because the server writes 1 for 1.0."""
    raws = [
        {
            **SYSTEM,
            "$id": f"id {number}",
            "text": f"text {number}",
            "number": 1_000 + number,
            "price": number + 0.5,
            "amount": number,
            "day": f"2026-11-30T12:{number % 60:02}:00.000+00:00",
            "tags": [f"tag {number}"],
        }
        for number in range(rows)
    ]
    by_column = ColumnarRows.of(raws)
    assert by_column is not None
    return ColumnarRows.from_json(*json.loads(json.dumps(by_column.to_json())))


def test_what_is_prepared_of_a_page_counts_from_its_second_reading() -> None:
    memory = ProcessCache(4_000_000)
    rows = page(500)
    memory.put("a", DecodedEntry(("t",), 1e12, {"total": 0, "rows": rows}), 0)
    stored = memory.bytes
    tracemalloc.start()
    try:
        read_rows(Measured, rows, "default")
        gc.collect()
        assert (memory.bytes, rows.prepared) == (stored, None)
        before, _ = tracemalloc.get_traced_memory()
        read_rows(Measured, rows, "default")
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.95 < (memory.bytes - stored) / (after - before) < 1.05
    grown = memory.bytes
    read_rows(Measured, rows, "default")
    read_rows(Measured, rows, "other")
    assert rows.keep is not None
    assert rows.prepared is not None
    assert not rows.keep(rows, rows.prepared)  # of another thread, which prepared the same meanwhile
    assert memory.bytes == grown == size_of({"total": 0, "rows": rows})
    memory.put("a", DecodedEntry(("t",), 1e12, "x"), 0)
    assert memory.bytes == size_of("x")


def test_what_is_prepared_stays_within_the_bound() -> None:
    one = size_of({"total": 0, "rows": page(100)})
    memory = ProcessCache(one * 10)
    pages = {name: page(100) for name in "abcdefghi"}
    for name, rows in pages.items():
        memory.put(name, DecodedEntry(("t",), 1e12, {"total": 0, "rows": rows}), 0)
    for rows in [*pages.values(), *pages.values()]:
        read_rows(Measured, rows, "default")
        assert memory.bytes <= one * 10
        assert memory.bytes == sum(size_of(kept.entry.data) for kept in memory._entries.values())
    assert 0 < len(memory) < len(pages)
    assert memory.get("i") is not None
    assert memory.get("a") is None


@pytest.mark.parametrize("later", [{"total": 0, "rows": page(1)}, "of another kind", None])
def test_nothing_is_prepared_of_a_page_that_was_replaced_or_dropped(later: Any) -> None:
    memory = ProcessCache(1_000_000)
    rows = page(100)
    memory.put("a", DecodedEntry(("t",), 1e12, {"total": 0, "rows": rows}), 0)
    read_rows(Measured, rows, "default")
    if later is None:
        memory.clear()
    else:
        memory.put("a", DecodedEntry(("t",), 1e12, later), 0)
    kept = memory.bytes
    read_rows(Measured, rows, "default")
    assert (memory.bytes, rows.prepared) == (kept, None)


def test_nothing_is_prepared_of_a_page_that_would_take_more_than_a_quarter() -> None:
    one = size_of({"total": 0, "rows": page(100)})
    memory = ProcessCache(one * 5)
    rows = page(100)
    memory.put("a", DecodedEntry(("t",), 1e12, {"total": 0, "rows": rows}), 0)
    for _ in range(3):
        read_rows(Measured, rows, "default")
    assert (rows.prepared, memory.bytes, len(memory)) == (None, one, 1)


def test_a_dropped_page_is_freed_at_once() -> None:
    memory = ProcessCache(1_000_000)
    rows = page(100)
    memory.put("a", DecodedEntry(("t",), 1e12, {"total": 0, "rows": rows}), 0)
    for _ in range(2):
        read_rows(Measured, rows, "default")
    assert rows.prepared is not None
    freed: list[str] = []
    weakref.finalize(rows.keep, freed.append, "rows")
    gc.collect()
    gc.disable()
    try:
        memory.put("a", DecodedEntry(("t",), 1e12, "x"), 0)
        del rows
        assert freed == ["rows"]
    finally:
        gc.enable()


def test_an_entry_that_is_found_current_again_keeps_what_it_takes() -> None:
    memory = ProcessCache(1_000_000, trust=60)
    rows = page(100)
    stored = DecodedEntry(("t",), 1e12, {"total": 0, "rows": rows})
    memory.put("a", stored, 0)
    for _ in range(2):
        read_rows(Measured, rows, "default")
    grown, now = memory.bytes, time.monotonic()
    assert memory.trusted("a", touched=now - 1) is None
    memory.put("a", stored, now)
    assert memory.trusted("a", touched=now - 1) is stored
    assert (memory.bytes, len(memory)) == (grown, 1)


@pytest.mark.usefixtures("library")
class TestInUse:
    def test_a_hit_does_not_transfer_the_answer(self) -> None:
        list(Book.objects.all())
        keys: list[str] = []
        real = caches["default"].get
        caches["default"].get = lambda key, default: (keys.append(key), real(key, default))[1]
        try:
            list(Book.objects.all())
        finally:
            del caches["default"].get
        assert keys == [connections["default"].table_keys(Book.objects.ref).token]

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
        assert (costs.requests, costs.cache) == ([], ["get_many", "get_many"])

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
        Book.objects.create(title="Emma", price=8, tags=["love"], id="e")
        first = Book.objects.get(pk="d")
        first.title = "x"
        first.tags.append("y")
        first.to_appwrite()["tags"].append("z")
        first.to_appwrite()["$permissions"].append("z")
        for _ in range(3):  # a miss and two hits
            rows = list(Book.objects.all())
            assert [(row.title, row.tags, row.to_appwrite()["$permissions"]) for row in rows] == [
                ("Dune", ["sf"], []),
                ("Emma", ["love"], []),
            ]
            for row in rows:
                row.title = "x"
                row.tags.clear()
                row.to_appwrite()["tags"].append("w")
                row.permissions.append("v")
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
