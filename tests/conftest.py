"""What every test starts from: an empty local Appwrite in memory, empty caches, no connection left open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import caches

from django_appwrite_orm.connection import connections
from django_appwrite_orm.steps import run
from django_appwrite_orm.transport import close_local
from tests.library.tables import Book, Everything, Reader


@pytest.fixture(autouse=True)
def clean_world() -> Iterator[None]:
    for cache in caches.all(initialized_only=True):
        cache.clear()
    connections.reset()
    close_local(":memory:")
    yield
    connections.reset()
    close_local(":memory:")


@pytest.fixture
def library() -> None:
    """The tables of tests/library, empty."""
    from django_appwrite_orm.schema import migrate

    run(migrate([Book, Reader, Everything]))
