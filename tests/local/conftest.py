"""Fixtures: a local Appwrite in memory for each test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from django_appwrite_orm.local import LocalAppwrite, clock
from tests.support.local_client import Client


@pytest.fixture
def app() -> Iterator[LocalAppwrite]:
    local = LocalAppwrite(":memory:")
    yield local
    local.close()


@pytest.fixture
def strict() -> Iterator[Client]:
    """Client of a server in strict mode."""
    app = LocalAppwrite(":memory:", strict=True)
    yield Client(app)
    app.close()


@pytest.fixture
def appwrite(app: LocalAppwrite) -> Client:
    return Client(app)


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the clock of every local Appwrite of this process forward by seconds."""
    passed = 0.0
    monkeypatch.setattr(clock, "timestamp", lambda: time.time() + passed)

    def pass_seconds(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    return pass_seconds
