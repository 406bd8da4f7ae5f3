"""A store in memory is one process's alone; the cache may be everybody's."""

from __future__ import annotations

import pytest

from django_appwrite_orm.connection import connection, connections
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from django_appwrite_orm.transport import close_local
from tests.support.library.tables import Book


@pytest.fixture(autouse=True)
def in_memory(settings) -> None:
    settings.APPWRITE_ORM = {"default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "library"}}
    run_sync(migrate([Book]))


def another_process() -> None:
    """As after a restart: the same settings and the same cache, nothing in memory."""
    connections.reset()
    close_local(":memory:")
    connection._process.after_fork()
    run_sync(migrate([Book]))


def test_answers_of_another_process_are_not_ours() -> None:
    Book.objects.create(title="Ghost", price=1)
    assert [book.title for book in Book.objects.all()] == ["Ghost"]
    another_process()
    assert list(Book.objects.all()) == []


def test_a_child_that_was_forked_is_another_process(tmp_path, settings) -> None:
    here = connections["default"].keys
    connection._process.after_fork()
    connections.after_fork()
    assert connections["default"].keys != here
    settings.APPWRITE_ORM = {"default": {"ENDPOINT": f"local:{tmp_path}/rows.sqlite3", "DATABASE_ID": "library"}}
    here = connections["default"].keys
    connection._process.after_fork()
    connections.after_fork()
    assert connections["default"].keys == here
