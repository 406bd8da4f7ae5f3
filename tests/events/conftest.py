"""The recording, and what a receiver of `row_changed` hears of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches

from django_appwrite_orm import signals
from django_appwrite_orm.events import realtime
from django_appwrite_orm.registry import registry
from tests.events.tables import Open, Own
from tests.support import redis_server
from tests.support.event_sources import World, world

# Deliveries and frames of a running Appwrite 1.9.6.
RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


@pytest.fixture
def tables(settings) -> Iterator[None]:
    settings.APPWRITE_ORM = {
        "default": {
            **settings.APPWRITE_ORM["default"],
            "DATABASE_ID": "cb-ev",
            "WEBHOOK_SECRET": recorded("webhooks")["signature key"],
        }
    }
    for table in (Open, Own):
        registry.add(table)
    yield
    for table in (Open, Own):
        registry.discard(table)


@pytest.fixture
def heard() -> Iterator[list[dict[str, Any]]]:
    """What `row_changed` says, in order."""
    found: list[dict[str, Any]] = []

    def receive(sender: Any, signal: Any, **arguments: Any) -> None:
        found.append(arguments)

    signals.row_changed.connect(receive)
    yield found
    signals.row_changed.disconnect(receive)


@pytest.fixture(scope="module")
def cache() -> Iterator[str]:
    """The URL of a Redis."""
    with redis_server.running() as url:
        yield url


@pytest.fixture
def here(settings, tables, tmp_path: Path, cache: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An Appwrite over HTTP and a site's process before it, which loses no time between its attempts."""
    monkeypatch.setattr(realtime.random, "uniform", lambda low, high: 0.01)
    monkeypatch.setattr(realtime, "LOOK", 0.05)
    with world(settings, tmp_path / "appwrite.sqlite3", cache) as found:
        yield found
        caches["default"].clear()
