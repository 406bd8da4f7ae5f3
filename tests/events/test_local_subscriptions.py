"""`orm.listen` where the local Appwrite is in this process: the same callbacks, and no connection."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from django_appwrite_orm import atomic, orm
from django_appwrite_orm.events import RowChange, local
from django_appwrite_orm.events.local import LocalListener
from django_appwrite_orm.local.events.event import Event
from tests.support.library.tables import Book, Reader
from tests.support.subscribed_listeners import listener_threads, listens, printed_statistics
from tests.support.waiting import soon


@pytest.fixture
def heard(library) -> Iterator[list[RowChange]]:
    found: list[RowChange] = []
    orm.listen(found.append)
    assert listens()
    yield found
    orm.close_listeners()
    assert listener_threads() == []


def test_writes_of_this_process_are_reported(heard: list[RowChange]) -> None:
    book = Book.objects.create(id="b", title="Dune", price=1)
    book.price = 2
    book.save()
    Book.objects.bulk_create([Book(id="c", title="C", price=1), Book(id="d", title="D", price=1)])
    with atomic():
        Book.objects.create(id="e", title="E", price=1)
    book.delete()
    assert soon(lambda: len(heard) == 6)
    assert [(change.action, change.row.id) for change in heard] == [
        ("create", "b"), ("update", "b"), ("create", "c"), ("create", "d"), ("create", "e"), ("delete", "b"),
    ]  # fmt: skip
    assert (heard[1].table, heard[1].row.price, heard[1].using) == (Book, 2, "default")


def test_writes_that_are_rolled_back_are_not_reported(heard: list[RowChange]) -> None:
    with suppress(KeyError), atomic():
        Book.objects.create(title="never", price=1)
        raise KeyError
    Book.objects.create(id="after", title="after", price=1)
    assert soon(lambda: heard)
    assert [change.row.id for change in heard] == ["after"]


def test_a_subscription_to_one_table_gets_only_its_changes(heard: list[RowChange]) -> None:
    readers: list[RowChange] = []
    orm.table("library_reader").listen(readers.append)
    Book.objects.create(title="Dune", price=1)
    reader = Reader.objects.create(name="Ann")
    assert soon(lambda: len(heard) == 2)
    assert [change.row.id for change in readers] == [reader.id]


def test_its_state_is_shown(heard: list[RowChange]) -> None:
    assert "orm.listen of 'default': listening" in printed_statistics()
    orm.close_listeners()
    assert "orm.listen of 'default': stopped" in printed_statistics()


def test_a_writer_never_waits_for_callbacks(
    library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Callbacks that do not keep up lose changes, and the log says so."""
    monkeypatch.setattr(local, "MAX_QUEUED", 2)
    gate = threading.Event()
    received: list[RowChange] = []

    def slow(change: RowChange) -> None:
        gate.wait(20)
        received.append(change)

    orm.listen(slow)
    assert listens()
    with caplog.at_level(logging.ERROR):
        for number in range(6):
            Book.objects.create(title=f"{number}", price=1)
    assert "2 changes behind" in caplog.text
    gate.set()
    assert soon(lambda: received)
    orm.close_listeners()
    assert len(received) < 6


def test_a_callback_that_exits_does_not_end_other_subscriptions(library, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[RowChange] = []
    orm.listen(lambda change: sys.exit(1))
    orm.listen(heard.append)
    assert listens()
    for number in range(2):
        Book.objects.create(title=f"{number}", price=1)
    assert soon(lambda: len(heard) == 2)
    orm.close_listeners()
    assert "A callback of orm.listen failed" in caplog.text


@pytest.mark.parametrize("everybody", [True, False])
def test_closing_listeners_ends_iterators(library, everybody: bool) -> None:
    """Also iterators that wait for a change: their loop would otherwise never end."""

    async def iterate() -> list[RowChange]:
        return [change async for change in orm.table(Book._meta.name).alisten()]

    async def both() -> list[RowChange]:
        iterating = asyncio.create_task(iterate())
        await asyncio.sleep(0)  # for its first step
        assert await asyncio.to_thread(listens)
        await asyncio.to_thread(orm.close_listeners if everybody else orm.table(Book._meta.name).close_listeners)
        return await asyncio.wait_for(iterating, 10)

    assert asyncio.run(both()) == []
    assert soon(lambda: listener_threads() == [])


def test_a_forked_child_has_no_listener() -> None:
    """It writes to what it inherited, with the parent's listener in it."""
    listener = LocalListener(":memory:", "default", "orm.listen", print)
    assert listener.wants(None)
    listener._process = os.getpid() + 1
    assert not listener.wants(None)
    listener.receive([Event((("databases", "d"),), "update", {})])
    assert listener._queue.empty()
