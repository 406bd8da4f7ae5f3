"""Batches: one fence from the first change to the last, a result for each, one preload."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from django.core.cache import caches

from django_appwrite_orm import orm
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import IntegrityError, Unavailable
from django_appwrite_orm.querysets import QuerySet
from django_appwrite_orm.transport.retry import Attempt
from tests.support.costs import counted
from tests.support.library.tables import Book, Reader

pytestmark = pytest.mark.usefixtures("library")


def keys():
    return connections["default"].table_keys(Book.objects.ref)


def test_each_result_is_reported_and_the_cache_is_warm_at_the_end() -> None:
    table = orm.table("books")
    with table.batch(preload=True) as batch:
        dune = batch.create({"title": "Dune", "price": 9}, id="dune")
        batch.create({"title": "Dune", "price": 1})
        batch.create({"price": -1})
        batch.update("dune", {"pages": 412})
        batch.update("nobody", {"pages": 1})
        batch.update("", {"pages": 1})
        batch.create({"title": "Emma", "price": 4}, id="emma")
        batch.delete("emma")
    assert dune is not None
    assert [result.success for result in batch.results] == [True, False, False, True, False, False, True, True]
    assert [result.id for result in batch.results] == ["dune", None, None, "dune", "nobody", "", "emma", "emma"]
    assert isinstance(batch.results[1].error, IntegrityError)
    assert batch.results[3].row.pages == 412
    assert table.is_updated()
    with counted() as costs:
        assert [book.pages for book in table.all()] == [412]
    assert costs.requests == []
    assert caches["default"].get(keys().leases[-1]) is None


def test_a_write_of_a_batch_is_two_round_trips() -> None:
    with counted() as costs, orm.table("books").batch() as batch:
        for number in range(3):
            batch.create({"title": f"b{number}", "price": 1})
    assert costs.cache == ["add", "delete_many", "delete_many", *["touch", "delete_many"] * 2, "delete_many"]


def test_readers_see_every_finished_change_and_store_nothing() -> None:
    with orm.table("books").batch() as batch:
        for number in range(3):
            batch.create({"title": f"b{number}", "price": 1})
            assert Book.objects.count() == number + 1
            assert not Book.objects.is_updated()
        assert caches["default"].get(keys().leases[-1])
    assert Book.objects.count() == 3


def test_writes_of_other_tables_have_fences_of_their_own() -> None:
    with orm.table("books").batch() as batch, counted() as costs:
        batch.create({"title": "Dune", "price": 1})
        Reader.objects.create(name="x")
        assert Book.objects.filter(title="Dune").update(pages=3) == 1
    assert costs.cache[:3] == ["add", "delete_many", "delete_many"]
    assert costs.cache[3:6] == ["add", "delete_many", "delete_many"]
    assert costs.cache[6:8] == ["touch", "delete_many"]


def test_a_lost_lease_is_taken_again() -> None:
    with orm.table("books").batch() as batch:
        batch.create({"title": "a", "price": 1})
        caches["default"].delete(keys().leases[-1])
        list(Book.objects.all())
        assert Book.objects.is_updated()
        with counted() as costs:
            batch.create({"title": "b", "price": 1})
        assert costs.cache == ["touch", "add", "delete_many", "delete_many"]
        assert len(list(Book.objects.all())) == 2
        assert not Book.objects.is_updated()


def test_another_writers_lease_makes_a_batch_set_its_own_fence() -> None:
    caches["default"].set(keys().leases[-1], "somebody else", 60)
    with orm.table("books").batch() as batch, counted() as costs:
        batch.create({"title": "a", "price": 1})
        assert costs.cache == ["add", "get", "add", "delete_many", "delete_many"]
    assert caches["default"].get_many(keys().fences) == {keys().leases[-1]: "somebody else"}


def test_after_an_unclear_write_the_fence_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(step: Attempt) -> None:
        raise Unavailable("lost", unclear=True)

    with orm.table("books").batch() as batch:
        with monkeypatch.context() as patched:
            patched.setattr(Attempt, "perform", lost)
            batch.create({"title": "a", "price": 1})
        batch.create({"title": "b", "price": 1})
    assert [result.success for result in batch.results] == [False, True]
    assert caches["default"].get(keys().leases[-1])


def test_an_exception_in_the_block_ends_the_batch_and_comes_through() -> None:
    def fail() -> None:
        with orm.table("books").batch(preload=True) as batch:
            batch.create({"title": "a", "price": 1})
            raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError):
        fail()
    assert caches["default"].get(keys().leases[-1]) is None
    assert not Book.objects.is_updated()


def test_preload_by_a_function() -> None:
    with orm.table("books").batch(preload=lambda rows: rows.filter(price__lt=5)) as batch:
        batch.create({"title": "a", "price": 1})
    with counted() as costs:
        list(Book.objects.filter(price__lt=5))
    assert costs.requests == []


def under(price: int) -> Callable[[QuerySet], QuerySet]:
    return lambda rows: rows.filter(price__lt=price)


@pytest.mark.parametrize("read", [lambda rows: rows, list, lambda rows: rows.count()])
def test_preload_may_read_by_itself(read: Callable[[QuerySet], object]) -> None:
    with orm.table("books").batch(preload=lambda rows: read(under(5)(rows))) as batch:
        batch.create({"title": "a", "price": 1})
    with counted() as costs:
        read(under(5)(Book.objects.all()))
    assert costs.requests == []


@pytest.mark.parametrize(
    ("read", "requests"), [(lambda rows: rows, 2), (lambda rows: rows.acount(), 2), (lambda rows: ["a list"], 1)]
)
def test_preload_may_be_awaited(read: Callable[[QuerySet], object], requests: int) -> None:
    async def batched() -> None:
        async with orm.table("books").batch(preload=lambda rows: read(under(5)(rows))) as batch:
            await batch.acreate({"title": "a", "price": 1})

    with counted() as costs:
        asyncio.run(batched())
    assert len(costs.requests) == requests


def test_asynchronous_batch() -> None:
    async def life() -> list[bool]:
        async with orm.table("books").batch(preload=True) as batch:
            await batch.acreate({"title": "a", "price": 1}, id="a")
            await batch.acreate({"title": "a", "price": 1})
            await batch.aupdate("a", {"price": 2})
            await batch.aupdate("nobody", {"price": 2})
            await batch.adelete("nobody")
            await batch.adelete("a")
        assert await orm.table("books").ais_updated()
        return [result.success for result in batch.results]

    assert asyncio.run(life()) == [True, False, True, False, False, True]


def test_a_task_that_outlives_the_block_keeps_the_fence_while_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its write may end unclear, and then the request may be applied after the batch."""

    async def life() -> None:
        sent, go_on = asyncio.Event(), asyncio.Event()
        send = Attempt.aperform

        async def slow(step: Attempt) -> object:
            sent.set()
            await go_on.wait()
            return await send(step)

        monkeypatch.setattr(Attempt, "aperform", slow)
        async with orm.table("books").batch() as batch:
            task = asyncio.create_task(batch.acreate({"title": "a", "price": 1}))
            await sent.wait()
        assert caches["default"].get(keys().leases[-1])
        go_on.set()
        await task

    asyncio.run(life())


def test_a_task_that_writes_after_the_block_leaves_no_fence() -> None:
    async def life() -> None:
        ended = asyncio.Event()

        async def late() -> None:
            await ended.wait()
            await orm.table("books").acreate({"title": "late", "price": 1})

        async with orm.table("books").batch() as batch:
            await batch.acreate({"title": "a", "price": 1})
            task = asyncio.create_task(late())
        ended.set()
        await task

    asyncio.run(life())
    assert caches["default"].get_many([keys().token, *keys().fences]) == {}


def test_writes_side_by_side_share_the_lease() -> None:
    async def life() -> None:
        async with orm.table("books").batch() as batch:
            await asyncio.gather(*(batch.acreate({"title": f"b{n}", "price": n}) for n in range(5)))
        assert [result.success for result in batch.results] == [True] * 5

    asyncio.run(life())
    assert caches["default"].get(keys().leases[-1]) is None
    assert caches["default"].get(keys().in_doubt) is None
