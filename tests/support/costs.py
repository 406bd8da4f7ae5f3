"""Counters for what costs time: requests to Appwrite and round trips to the cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest import mock

from django_appwrite_orm.cache.effects import CacheCall
from django_appwrite_orm.transport.retry import Attempt


@dataclass
class Costs:
    requests: list[str] = field(default_factory=list)
    cache: list[str] = field(default_factory=list)


@contextmanager
def counted() -> Iterator[Costs]:
    """Count what is done inside, blocking or asynchronous."""
    costs = Costs()

    def watch(step: type, note) -> list:
        perform, aperform = step.perform, step.aperform

        def watched(self):
            note(self)
            return perform(self)

        async def awatched(self):
            note(self)
            return await aperform(self)

        return [mock.patch.object(step, "perform", watched), mock.patch.object(step, "aperform", awatched)]

    patches = [
        *watch(Attempt, lambda step: costs.requests.append(str(step.request))),
        *watch(CacheCall, lambda step: costs.cache.append(step.method)),
    ]
    for patch in patches:
        patch.start()
    try:
        yield costs
    finally:
        for patch in patches:
            patch.stop()
