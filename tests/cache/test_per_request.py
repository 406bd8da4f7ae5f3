"""The request-scoped memory: off unless asked for, a snapshot, ended by the request's own writes."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import caches

from django_appwrite_orm.cache import CachePolicy, recording
from django_appwrite_orm.connection import connections
from django_appwrite_orm.plans import ListRows
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.transport.retry import Attempt
from tests.support.costs import counted
from tests.support.library.tables import Book

pytestmark = pytest.mark.usefixtures("library")


@pytest.fixture
def per_request(settings) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "CACHE": {"PER_REQUEST": True}}}


def written_elsewhere() -> None:
    """What another process's write leaves behind: no token."""
    caches["default"].delete(connections["default"].table_keys(Book.objects.ref).token)


def test_a_request_that_has_read_nothing() -> None:
    with recording() as record:
        assert (record.reads, record.worst.name) == (0, "HIT")


def test_a_request_asks_once(per_request: None) -> None:
    with recording() as record, counted() as costs:
        for _ in range(3):
            list(Book.objects.all())
    assert (len(costs.requests), costs.cache) == (1, ["get_many", "add", "get_many", "set"])
    assert (record.reads, record.worst.name) == (3, "MISS")


def test_a_request_sees_the_same_rows_until_its_own_write(per_request: None) -> None:
    with recording():
        list(Book.objects.all())
        written_elsewhere()
        with counted() as costs:
            list(Book.objects.all())
            list(Book.objects.uncached())
        assert len(costs.requests) == 1  # only what asked to go past every cache
    with recording(), counted() as costs:
        list(Book.objects.all())
    assert len(costs.requests) == 1


def test_the_requests_own_changes_end_it(per_request: None) -> None:
    with recording():
        assert list(Book.objects.all()) == []
        Book.objects.create(title="Dune", price=1)
        assert len(list(Book.objects.all())) == 1
        written_elsewhere()
        Book.objects.set_updated(False)
        with counted() as costs:
            list(Book.objects.all())
    assert len(costs.requests) == 1


@pytest.mark.parametrize("change", ["write", "invalidate"])
def test_what_was_asked_before_a_change_is_not_seen_after_it(per_request: None, change: str) -> None:
    with recording():
        connection, plan = connections["default"], ListRows(Book.objects.ref)
        reading = connection.read(plan, CachePolicy())
        step = next(reading)
        while not isinstance(step, Attempt):
            step = reading.send(step.perform())
        answer = step.perform()
        if change == "write":
            Book.objects.create(title="Dune", price=1)
        else:
            Book.objects.set_updated(False)
        with suppress(StopIteration):
            while True:
                answer = reading.send(answer).perform()
        with counted() as costs:
            run_sync(connection.read(plan, CachePolicy()))
    assert len(costs.requests) == 1


def test_work_that_outlives_its_request_asks_like_any_other(per_request: None) -> None:
    async def outliving() -> None:
        with recording():
            assert [book async for book in Book.objects.all()] == []
            over = asyncio.Event()
            rows = asyncio.create_task(read_after(over))
        await sync_to_async(written_elsewhere)()
        over.set()
        with counted() as costs:
            await rows
        assert len(costs.requests) == 1

    async def read_after(over: asyncio.Event) -> list[Book]:
        await over.wait()
        return [book async for book in Book.objects.all()]

    asyncio.run(outliving())


def test_outside_a_request_and_unless_asked_for_there_is_none(per_request: None, settings) -> None:
    list(Book.objects.all())
    with counted() as costs:
        list(Book.objects.all())
    assert costs.cache == ["get_many"]
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "CACHE": {}}}
    with recording():
        list(Book.objects.all())
        with counted() as costs:
            list(Book.objects.all())
    assert costs.cache == ["get_many"]
