"""The tables of the recordings, receivers of `row_changed`, and listeners with the servers that they listen to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches

from django_appwrite_orm import signals
from django_appwrite_orm.events import realtime
from django_appwrite_orm.events.realtime import Listener
from django_appwrite_orm.registry import registry
from tests.events.tables import Open, Own
from tests.support import redis_server
from tests.support.event_sources import World, world
from tests.support.faulty_servers import Fault, FaultyServer, faulty
from tests.support.listening import Start, recorded


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
def here(settings, tables, tmp_path: Path, cache: str, short_pauses: None) -> Iterator[World]:
    """An Appwrite over HTTP and a site's process before it, which loses no time between its attempts."""
    with world(settings, tmp_path / "appwrite.sqlite3", cache) as found:
        yield found
        caches["default"].clear()


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listeners look often and connect again at once."""
    monkeypatch.setattr(realtime.random, "uniform", lambda low, high: 0.01)
    monkeypatch.setattr(realtime, "POLL", 0.05)


@pytest.fixture
def start(settings, tables) -> Iterator[Start]:
    """Start a listener, in a thread, on a server with these responses."""
    running: list[tuple[Any, Listener, threading.Thread]] = []

    def make(*faults: Fault, **changes: Any) -> tuple[FaultyServer, Listener]:
        context = faulty(*faults)
        server = context.__enter__()
        keys = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "cb-ev", "RETRIES": 0}
        settings.APPWRITE_ORM = {"default": {**keys, **changes}}
        found = Listener("default")
        thread = threading.Thread(target=found.run, daemon=True)
        running.append((context, found, thread))
        thread.start()
        return server, found

    yield make
    for context, found, thread in running:
        found.stop()
        thread.join(30)
        assert not thread.is_alive()
        assert found.state == "stopped"
        context.__exit__(None, None, None)
