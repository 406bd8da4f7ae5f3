"""What the package's readers and writers meet in a world: its cache, its requests, its time, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.cache.backends.locmem import LocMemCache

from django_appwrite_orm.sansio import Effect, Operation

if TYPE_CHECKING:
    from tests.cache.model.replay import World


class Over(BaseException):
    """The trace has come to its end, or this writer to its death."""


class Mismatch(BaseException):
    """The package does something else than the model. Not an `Exception`: those of a cache are an outage to it."""


class ScriptedCache(LocMemCache):
    """A cache of Django's framework that the world answers for."""

    world: World

    def _asked(self, method: str, *arguments: Any) -> Any:
        return self.world.answer_main(lambda: self.world.serve(self.world.main, method, arguments))

    def get_many(self, keys, version=None):
        return self._asked("get_many", keys)

    def get(self, key, default=None, version=None):
        return self._asked("get_many", [key]).get(key, default)

    def add(self, key, value, timeout=None, version=None):
        return self._asked("add", key, value, timeout)

    def set(self, key, value, timeout=None, version=None):
        return self._asked("set", key, value, timeout)

    def delete_many(self, keys, version=None):
        return self._asked("delete_many", keys)

    async def aget_many(self, keys, version=None):
        return self._asked("get_many", keys)

    async def aget(self, key, default=None, version=None):
        return self._asked("get_many", [key]).get(key, default)

    async def aadd(self, key, value, timeout=None, version=None):
        return self._asked("add", key, value, timeout)

    async def aset(self, key, value, timeout=None, version=None):
        return self._asked("set", key, value, timeout)

    async def adelete_many(self, keys, version=None):
        return self._asked("delete_many", keys)


@dataclass(frozen=True)
class Ask(Effect):
    """A step that is not a call of the cache: a request, or waiting for its answer."""

    world: World
    who: str
    what: str
    table: int | None = None

    def perform(self) -> Any:
        return self.world.answer_main(lambda: self.world.request(self))

    async def aperform(self) -> Any:
        return self.perform()


class Clock:
    """Stands in for `time` where a writer's stopwatch looks at it: each has its own time."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


def drop(steps: Operation[Any]) -> None:
    """End a generator that is in the middle of something, whatever it still wants to do."""
    try:
        while True:
            steps.throw(Over())
    except (Over, StopIteration):
        return
