"""A cache that does not respond makes one thread of a process wait, and not each read."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache.backends.base import BaseCache
from django.test import override_settings

from django_appwrite_orm.cache import pending, recording
from django_appwrite_orm.connection import connections
from tests.support.library.tables import Book
from tests.support.waiting import until


class Remote(BaseCache):
    """A cache elsewhere. While it is `cut_off`, a call waits for its time limit, which ends when `limit` is set."""

    values: dict[str, Any] = {}
    cut_off = False
    limit = threading.Event()
    waiting: list[str] = []

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def call(self, name: str) -> None:
        if Remote.cut_off:
            Remote.waiting.append(name)
            Remote.limit.wait(30)
            raise TimeoutError("no response")

    def get(self, key, default=None, version=None):
        self.call("get")
        return self.values.get(key, default)

    def get_many(self, keys, version=None):
        self.call("get_many")
        return {key: self.values[key] for key in keys if key in self.values}

    def set(self, key, value, timeout=None, version=None):
        self.call("set")
        self.values[key] = value

    def add(self, key, value, timeout=None, version=None):
        self.call("add")
        return self.values.setdefault(key, value) is value

    def delete_many(self, keys, version=None):
        self.call("delete_many")
        for key in keys:
            self.values.pop(key, None)


@pytest.fixture
def book(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Book]:
    monkeypatch.setattr(pending, "SLOW", 0)  # every failure is that of a time limit
    monkeypatch.setattr(pending, "REMINDER", 0)
    Remote.values, Remote.waiting, Remote.cut_off = {}, [], False
    Remote.limit.clear()
    with override_settings(CACHES={"default": {"BACKEND": f"{__name__}.Remote"}}):
        request.getfixturevalue("library")
        book = Book.objects.create(title="Dune", price=1)
        assert [read(), read()] == [(1, "MISS"), (1, "HIT")]
        yield book
        Remote.cut_off = False
        Remote.limit.set()
        until(lambda: not connections["default"].store.ledger._probing)


def read() -> tuple[float, str]:
    with recording() as record:
        (found,) = Book.objects.all()
    return found.price, record.worst.name


async def aread() -> tuple[float, str]:
    with recording() as record:
        found = [book async for book in Book.objects.all()]
    return found[0].price, record.worst.name


def cut_off() -> None:
    """From now on nothing responds, and a first read has waited for it."""
    Remote.cut_off = True
    Remote.limit.set()
    assert read() == (1, "MISS")
    Remote.limit.clear()
    until(lambda: not connections["default"].store.ledger._probing)
    Remote.waiting.clear()


@pytest.mark.parametrize("asynchronous", [False, True])
def test_reads_do_not_wait_while_one_thread_does(book: Book, asynchronous: bool) -> None:
    cut_off()
    for _ in range(5):
        assert (asyncio.run(aread()) if asynchronous else read()) == (1, "BYPASS")
    until(lambda: Remote.waiting)
    assert Remote.waiting == ["delete_many"]


def test_the_next_one_waits_when_the_limit_is_over(book: Book) -> None:
    cut_off()
    read()
    until(lambda: Remote.waiting)
    Remote.limit.set()
    until(lambda: not connections["default"].store.ledger._probing)
    read()
    until(lambda: len(Remote.waiting) == 2)


def test_it_is_used_again_when_it_responds(book: Book) -> None:
    cut_off()
    Remote.cut_off = False
    assert read() == (1, "BYPASS")
    until(lambda: read()[1] == "HIT")


def test_what_was_written_meanwhile_is_never_missed(book: Book) -> None:
    """The token that could not be deleted is still there when the cache responds again."""
    cut_off()
    Remote.limit.set()
    book.price = 2
    book.save()
    until(lambda: not connections["default"].store.ledger._probing)
    Remote.limit.clear()
    Remote.cut_off = False
    until(lambda: read()[1] == "HIT" or read()[0] != 2)
    assert read() == (2, "HIT")


def test_a_write_still_sets_its_fence_and_deletes_its_token(book: Book) -> None:
    """It may be the first to find that the cache responds again, and readers elsewhere depend on it."""
    cut_off()
    Remote.cut_off = False
    before = {key for key in Remote.values if key.endswith(":token")}
    book.price = 2
    book.save()
    assert before
    assert not before & Remote.values.keys()


def test_no_thread_can_be_had(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off()
    monkeypatch.setattr("django_appwrite_orm.sansio._background.start", lambda work: False)
    assert [read(), read()] == [(1, "BYPASS")] * 2
    assert Remote.waiting == []
    monkeypatch.undo()
    Remote.cut_off = False
    until(lambda: read()[1] == "HIT")


def test_another_cache_under_its_alias_is_used_at_once(book: Book) -> None:
    cut_off()
    kept = connections["default"].store  # by a traceback, for example
    Remote.cut_off = False
    with override_settings(CACHES={"default": {"BACKEND": f"{__name__}.Remote", "LOCATION": "other"}}):
        assert connections["default"].store is not kept
        assert [read(), read()] == [(1, "HIT"), (1, "HIT")]


def test_what_others_could_not_delete_is_not_believed(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache responds again right after a read that waited in vain, and still has the tokens from before."""
    before = dict(Remote.values)
    book.price = 2
    book.save()
    Remote.values = before  # as if another process had written, whose deletions did not get through
    with monkeypatch.context() as patch:
        patch.setattr(Remote, "get", lambda self, key, default=None, version=None: {}[key])
        assert read() == (2, "MISS")
    until(lambda: not connections["default"].store.ledger._probing)
    assert [read(), read()] == [(2, "MISS"), (2, "HIT")]
