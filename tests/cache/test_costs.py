"""What reads and writes cost, in requests and cache round trips, and what they leave in the cache."""

from __future__ import annotations

import json

import pytest
from django.core.cache import caches

from django_appwrite_orm import CachePolicy, orm
from django_appwrite_orm.cache import backend
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.effects import CacheGetMany
from django_appwrite_orm.cache.keys import Keys
from django_appwrite_orm.connection import connections
from django_appwrite_orm.sansio import run_async, run_sync
from tests.support.costs import counted
from tests.support.library.tables import Book

pytestmark = pytest.mark.usefixtures("library")


def test_a_hit_is_one_round_trip_and_no_request() -> None:
    list(Book.objects.all())
    with counted() as costs:
        list(Book.objects.all())
    assert (costs.requests, costs.cache) == ([], ["get_many"])


def test_the_first_read_after_an_invalidation_is_four_round_trips_and_one_request() -> None:
    with counted() as costs:
        list(Book.objects.all())
    assert costs.requests == ["GET /tablesdb/library/tables/books/rows"]
    assert costs.cache == ["get_many", "add", "get_many", "set"]


def test_a_miss_on_a_table_that_is_current_is_three_round_trips_and_one_request() -> None:
    list(Book.objects.all())
    with counted() as costs:
        list(Book.objects.filter(price__lt=5))
    assert (len(costs.requests), costs.cache) == (1, ["get_many", "get_many", "set"])


def test_a_look_up_asks_for_the_entry_and_one_key_of_each_table(monkeypatch: pytest.MonkeyPatch) -> None:
    list(Book.objects.all())
    connections["default"].store.memory.clear()
    asked: list[list[str]] = []
    perform = CacheGetMany.perform
    monkeypatch.setattr(CacheGetMany, "perform", lambda call: (asked.append(list(call.keys)), perform(call))[1])
    for _ in range(2):
        list(Book.objects.all())
    first, again = asked
    assert first[1:] == again == [connections["default"].table_keys(Book.objects.ref).token]  # the entry is remembered


def test_a_write_is_three_round_trips_and_one_request() -> None:
    with counted() as costs:
        Book.objects.create(title="Dune", price=9)
    assert costs.requests == ["POST /tablesdb/library/tables/books/rows"]
    assert costs.cache == ["add", "delete_many", "delete_many"]


def test_a_write_beside_other_writers_is_a_round_trip_more_for_each_and_leaves_a_marker_beside_all() -> None:
    keys = connections["default"].table_keys(Book.objects.ref)
    for number, lease in enumerate(keys.leases):
        with counted() as costs:
            Book.objects.create(title=f"Dune {number}", price=9)
        assert costs.cache == ["add"] * (number + 1) + ["delete_many", "delete_many"]
        assert caches["default"].get_many(keys.fences) == dict.fromkeys(keys.leases[:number], "somebody else")
        caches["default"].set(lease, "somebody else", 30)
    with counted() as costs:
        Book.objects.create(title="Dune", price=9)
    assert costs.cache == ["add"] * len(keys.leases) + ["set", "delete_many", "delete_many"]
    assert caches["default"].get_many(keys.leases) == dict.fromkeys(keys.leases, "somebody else")
    assert caches["default"].get(keys.in_doubt)


def test_under_a_fence_nothing_is_stored_and_nothing_from_before_served() -> None:
    list(Book.objects.all())
    keys = connections["default"].table_keys(Book.objects.ref)
    caches["default"].set(keys.leases[0], "a writer", 30)
    caches["default"].delete(keys.token)
    for calls in (["get_many", "add", "get_many"], ["get_many", "get_many"], ["get_many", "get_many"]):
        with counted() as costs:
            list(Book.objects.all())
        assert (len(costs.requests), costs.cache) == (1, calls)


def test_a_writer_that_has_yet_to_delete_the_token_has_sent_nothing_so_hits_go_on() -> None:
    list(Book.objects.all())
    caches["default"].set(connections["default"].table_keys(Book.objects.ref).leases[0], "a writer", 30)
    with counted() as costs:
        list(Book.objects.all())
    assert (costs.requests, costs.cache) == ([], ["get_many"])


def test_a_ttl_of_0_keeps_results_out_of_the_cache() -> None:
    with counted() as costs:
        list(Book.objects.uncached())
        list(Book.objects.cached(0))
        Book.objects.uncached().count()
    assert (len(costs.requests), costs.cache) == (3, [])


def test_the_ttl_of_an_entry_is_that_of_the_query_the_table_or_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    lives: list[int] = []
    real = caches["default"].set
    monkeypatch.setattr(caches["default"], "set", lambda key, value, life: (lives.append(life), real(key, value, life)))
    list(Book.objects.all())
    list(Book.objects.cached(7).filter(pages=1))
    monkeypatch.setattr(Book._meta, "policy", CachePolicy(ttl=60))
    list(Book.objects.filter(pages=2))
    assert lives == [300, 7, 60]


def test_absent_rows_empty_lists_and_counts_are_answers_too() -> None:
    def ask() -> None:
        with pytest.raises(Book.DoesNotExist):
            Book.objects.get(pk="nobody")
        assert list(Book.objects.filter(pages=0)) == []
        assert Book.objects.count() == 0
        assert not Book.objects.exists()

    ask()
    with counted() as costs:
        ask()
    assert (costs.requests, costs.cache) == ([], ["get_many"] * 4)


def test_every_change_makes_every_answer_a_miss() -> None:
    book = Book.objects.create(title="Dune", price=9)
    verbs = orm.table("books")
    changes = [
        lambda: Book.objects.create(title="Emma", price=1),
        lambda: (setattr(book, "pages", 400), book.save()),
        lambda: Book.objects.filter(pages=400).update(price=8),
        lambda: Book.objects.bulk_create([Book(title=f"b{n}", price=n) for n in range(3)]),
        lambda: verbs.create({"title": "Ulysses", "price": 4}),
        lambda: verbs.update(book.id, {"pages": 1}),
        lambda: verbs.bulk_update([{"id": book.id, "data": {"pages": 2}}]),
        lambda: verbs.bulk_create([{"title": "x", "price": 1}]),
        lambda: Book.objects.filter(title="x").delete(),
        lambda: verbs.bulk_delete([Book.objects.get(title="b1").id]),
        lambda: book.delete(),
        lambda: Book.objects.set_updated(False),
        lambda: verbs.set_updated(False),
        orm.clear_caches,
    ]
    for number, change in enumerate(changes):
        list(Book.objects.all())
        assert Book.objects.is_updated(), number
        change()
        assert not Book.objects.is_updated(), number
        with counted() as costs:
            list(Book.objects.all())
        assert len(costs.requests) == 1, number


def test_set_updated_true_declares_nothing_fresh() -> None:
    Book.objects.set_updated(True)
    assert not Book.objects.is_updated()
    orm.table("books").set_updated(True)
    assert not Book.objects.is_updated()


def test_refresh_reads_from_the_server() -> None:
    Book.objects.create(title="Dune", price=9)
    list(Book.objects.all())
    with counted() as costs:
        assert [book.title for book in Book.objects.refresh()] == ["Dune"]
        assert [book.title for book in orm.table("books").refresh()] == ["Dune"]
    assert len(costs.requests) == 2
    assert Book.objects.is_updated()


@pytest.mark.parametrize("garbage", [b"\x80\x04", 5, "", "[", "[1]\n{}", "[[], 0]\n{}", "{}\n{}", ["x"], None])
def test_what_is_not_ours_under_a_key_is_a_miss(garbage: object) -> None:
    Book.objects.create(title="Dune", price=9)
    list(Book.objects.all())
    cache = caches["default"]
    keys = connections["default"].table_keys(Book.objects.ref)
    for key in list(cache._cache):
        plain = key.split(":", 2)[2]
        if plain not in keys:
            cache.set(plain, garbage)
    connections["default"].store.memory.clear()
    with counted() as costs:
        assert [book.title for book in Book.objects.all()] == ["Dune"]
    assert len(costs.requests) == 1


@pytest.mark.parametrize("garbage", [b"\x80", 5, "", ["x"]])
def test_a_garbled_token_is_no_token(garbage: object) -> None:
    list(Book.objects.all())
    caches["default"].set(connections["default"].table_keys(Book.objects.ref).token, garbage)
    for _ in range(2):
        with counted() as costs:
            list(Book.objects.all())
        # Missing to us, present to the cache: nothing is stored under it and nothing served, until it runs out.
        assert len(costs.requests) == 1


def test_keys_are_short_and_hold_nothing_of_what_they_are_made_from() -> None:
    keys = Keys("appwrite", ("https://user.example/v1", "project" * 5), "key")
    table = keys.table(("db", "t" * 36))
    made = [table.token, *table.fences, keys.entry("é" * 5000)]
    for key in made:
        assert len(key) < 100
        assert key.isascii()
        assert "project" not in key
        assert "example" not in key
    assert len(set(made)) == len(made)
    other = Keys("appwrite", ("https://user.example/v1", "project" * 5), "user:1")
    assert other.table(("db", "t" * 36)) == keys.table(("db", "t" * 36))
    assert other.entry("x") != keys.entry("x")
    assert keys.table(("db", "T")) == keys.table(("DB", "t"))


class Broken:
    """A cache that is not there."""

    def __getattr__(self, name: str) -> object:
        raise ConnectionError("no cache here")


def test_a_broken_cache_breaks_neither_reads_nor_writes(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def levels() -> list[str]:
        return [record.levelname for record in caplog.records if record.name == "django_appwrite_orm.cache"]

    book = Book.objects.create(title="Dune", price=9)
    list(Book.objects.all())
    real = caches["default"]
    caches["default"] = Broken()
    with caplog.at_level("INFO", "django_appwrite_orm.cache"):
        assert [b.title for b in Book.objects.all()] == ["Dune"]
        book.pages = 412
        book.save()
        assert Book.objects.get(pk=book.id).pages == 412
        assert not Book.objects.is_updated()
        assert levels() == ["WARNING"]
        caches["default"] = real
        monkeypatch.setattr(backend, "QUIET", 0)
        # The old answer still lies in the cache under its old token; the deletion is made up for first.
        assert [b.pages for b in Book.objects.all()] == [412]
        assert levels() == ["WARNING", "INFO"]
    with counted() as costs:
        list(Book.objects.all())
    assert costs.requests == []


async def _count_async() -> tuple[list[str], list[str]]:
    with counted() as costs:
        assert await Book.objects.acount() == 1
        assert await Book.objects.acount() == 1
        assert [book.title async for book in Book.objects.all()] == ["Dune"]
    return costs.requests, costs.cache


def test_asynchronous_reads_take_the_same_steps() -> None:
    import asyncio

    Book.objects.create(title="Dune", price=9)
    requests, cache = asyncio.run(_count_async())
    assert len(requests) == 2
    assert cache == ["get_many", "add", "get_many", "set", "get_many", "get_many", "get_many", "set"]


def test_an_entry_is_two_lines_of_json() -> None:
    Book.objects.create(title="Dune", price=9)
    list(Book.objects.all())
    fresh, connection = CacheBackend("default"), connections["default"]
    texts = [v for v in map(caches["default"].get, (k.split(":", 2)[2] for k in caches["default"]._cache)) if "\n" in v]
    assert len(texts) == 1
    head, body = map(json.loads, texts[0].split("\n", 1))
    assert head[0] == [caches["default"].get(connection.table_keys(Book.objects.ref).token)]
    total, count, keys, columns = body
    assert (total, count, columns[keys.index("title")]) == (0, 1, ["Dune"])
    assert not fresh.ledger
    assert run_sync(connection.is_current(Book.objects.ref))
    import asyncio

    assert asyncio.run(_arun(connection.is_current(Book.objects.ref)))


async def _arun(steps):
    return await run_async(steps)
