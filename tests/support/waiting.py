"""Waiting for what threads and tasks are about to do, however busy the machine is."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from django_appwrite_orm.cache.backend import CacheBackend

LIMIT = 30  # seconds that a test waits at most


def soon(condition: Callable[[], object]) -> bool:
    """Whether it becomes true within so many looks. Looks are counted, not seconds: the machine may stand still."""
    for _ in range(LIMIT * 100):
        if condition():
            return True
        time.sleep(0.01)
    return False


def until(condition: Callable[[], object]) -> None:
    assert soon(condition), "it did not come to that"


async def auntil(condition: Callable[[], object]) -> None:
    await asyncio.to_thread(until, condition)


def warming_ended() -> None:
    """Wait for the end of what WARM_ON_START has begun in this process."""
    for thread in threading.enumerate():
        if thread.name == "appwrite-warming":
            thread.join()


def tasks_waiting(store: CacheBackend) -> int:
    """How many tasks wait for a flight under way."""
    return sum(len(flight.future._done_callbacks) for flight in store.flights._under_way.values())
