"""The calls of the cache that operations make: one effect for each method of Django's backends."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import django
from asgiref.sync import sync_to_async
from django.core.cache import caches

from ..credentials import masked
from ..exceptions import CacheUnavailable
from ..sansio import Effect
from .backend import CacheBackend, Method

Result = TypeVar("Result")

# Before 6.1 the asynchronous forms of these make one call for each key, each through a thread.
_LOOPING = frozenset() if django.VERSION >= (6, 1) else frozenset({"get_many", "delete_many"})

# Changes return None only from django-redis with IGNORE_EXCEPTIONS, in place of an error.
_CHANGES = frozenset({"add", "set", "touch", "delete_many"})


class CacheCall(Effect[Result]):
    """Call one method of the cache. Raises `CacheUnavailable`, whatever the backend raises."""

    __slots__ = ()

    store: CacheBackend
    method: ClassVar[Method]

    @property
    @abstractmethod
    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the backend's method."""

    def perform(self) -> Result:
        sent_at = time.monotonic()
        try:
            value = getattr(caches[self.store.alias], self.method)(*self.arguments)
        except Exception as error:
            raise self.failed(error) from error
        return self._checked(value, sent_at)

    async def aperform(self) -> Result:
        cache = caches[self.store.alias]
        sent_at = time.monotonic()
        try:
            if self.method in _LOOPING:
                value = await sync_to_async(getattr(cache, self.method))(*self.arguments)
            else:
                value = await getattr(cache, f"a{self.method}")(*self.arguments)
        except Exception as error:
            raise self.failed(error) from error
        return self._checked(value, sent_at)

    def failed(self, error: Exception) -> CacheUnavailable:
        """Note the failure, and return the error to raise for it."""
        self.store.outage.failed(self.method, error)
        if self.store.shared:
            if self.method == "delete_many":
                self.store.ledger.refuse()
            else:
                self.store.ledger.forget_proof()
        return CacheUnavailable(f"The cache {self.store.alias!r} failed ({type(error).__name__}: {masked(error)}).")

    def _checked(self, value: Any, sent_at: float) -> Result:
        if self.method == "get_many" and type(value) is not dict and not isinstance(value, Mapping):
            raise self.failed(TypeError(f"get_many returned {type(value).__name__}"))
        if value is None and self.method in _CHANGES and self.store.hides_failures:
            raise self.failed(RuntimeError(f"{self.method} failed, and IGNORE_EXCEPTIONS hides why"))
        if self.store.outage.failing:
            self.store.outage.worked(self.method)
        if self.method in _CHANGES:
            self.store.ledger.prove(sent_at)
        result: Result = value
        return result


@dataclass(frozen=True, slots=True)
class CacheGet(CacheCall[object]):
    """Return the value under `key`, None if there is none."""

    method = "get"
    store: CacheBackend
    key: str

    @property
    def arguments(self) -> tuple[str]:
        return (self.key,)


@dataclass(frozen=True, slots=True)
class CacheGetMany(CacheCall[Mapping[str, object]]):
    """Return the values that exist under `keys`."""

    method = "get_many"
    store: CacheBackend
    keys: Sequence[str]

    @property
    def arguments(self) -> tuple[Sequence[str]]:
        return (self.keys,)


@dataclass(frozen=True, slots=True)
class CacheAdd(CacheCall[bool]):
    """Set `key` for `timeout` seconds unless it exists; whether it was set."""

    method = "add"
    store: CacheBackend
    key: str
    value: object
    timeout: float

    @property
    def arguments(self) -> tuple[str, object, float]:
        return (self.key, self.value, self.timeout)


@dataclass(frozen=True, slots=True)
class CacheSet(CacheCall[None]):
    """Set `key` for `timeout` seconds."""

    method = "set"
    store: CacheBackend
    key: str
    value: object
    timeout: float

    @property
    def arguments(self) -> tuple[str, object, float]:
        return (self.key, self.value, self.timeout)


@dataclass(frozen=True, slots=True)
class CacheTouch(CacheCall[bool]):
    """Let `key` expire `timeout` seconds from now; whether it exists."""

    method = "touch"
    store: CacheBackend
    key: str
    timeout: float

    @property
    def arguments(self) -> tuple[str, float]:
        return (self.key, self.timeout)


@dataclass(frozen=True, slots=True)
class CacheDeleteMany(CacheCall[None]):
    """Delete `keys`, in this order where the backend deletes one by one."""

    method = "delete_many"
    store: CacheBackend
    keys: Sequence[str]

    @property
    def arguments(self) -> tuple[Sequence[str]]:
        return (self.keys,)
