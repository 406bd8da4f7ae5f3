"""Waiting for what threads and tasks are about to do, however busy the machine is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from django_appwrite_orm.cache import CacheBackend

LIMIT = 30  # seconds that a test waits at most


def until(condition: Callable[[], object]) -> None:
    for _ in range(LIMIT * 100):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to that")


async def auntil(condition: Callable[[], object]) -> None:
    await asyncio.to_thread(until, condition)


def tasks_waiting(store: CacheBackend) -> int:
    """How many tasks wait for a flight under way."""
    return sum(len(flight.future._done_callbacks) for flight in store.flights._under_way.values())
