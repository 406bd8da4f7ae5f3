"""A local Appwrite per test, in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from django_appwrite_orm.local import LocalAppwrite
from tests.support.local_client import Client


@pytest.fixture
def app() -> Iterator[LocalAppwrite]:
    found = LocalAppwrite(":memory:")
    yield found
    found.close()


@pytest.fixture
def strict() -> Iterator[Client]:
    """Talks to a server with the defects of a real one."""
    app = LocalAppwrite(":memory:", strict=True)
    yield Client(app)
    app.close()


@pytest.fixture
def appwrite(app: LocalAppwrite) -> Client:
    return Client(app)
