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

# In place of a value that is not there: None may be stored.
_MISSING = object()


class CacheCall(Effect[Result]):
    """Call one method of the cache. Raises `CacheUnavailable`, whatever the backend raises.

    Its subclasses are not frozen: each read makes one, and a frozen one takes longer to make.
    """

    __slots__ = ()

    store: CacheBackend
    method: ClassVar[Method]

    @property
    @abstractmethod
    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the backend's method."""

    @property
    def call(self) -> tuple[Method, tuple[Any, ...]]:
        """The method to call, and its arguments."""
        return self.method, self.arguments

    def received(self, value: Any, method: Method) -> Any:
        """Return the result, given what `method` of the backend returned. Raises TypeError for a wrong type."""
        return value

    def perform(self) -> Result:
        sent_at = time.monotonic()
        try:
            method, arguments = self.call
            value = self.received(getattr(caches[self.store.alias], method)(*arguments), method)
        except Exception as error:
            raise self.failed(error, sent_at) from error
        return self._checked(value, sent_at)

    async def aperform(self) -> Result:
        cache = caches[self.store.alias]
        method, arguments = self.call
        sent_at = time.monotonic()
        try:
            # Not every backend has Django's base class, and with it an asynchronous form of each method.
            twin = None if method in _LOOPING else getattr(cache, f"a{method}", None)
            value = self.received(await (twin or sync_to_async(getattr(cache, method)))(*arguments), method)
        except Exception as error:
            raise self.failed(error, sent_at) from error
        return self._checked(value, sent_at)

    def failed(self, error: Exception, sent_at: float) -> CacheUnavailable:
        """Note the failure, and return the error to raise for it."""
        self.store.outage.failed(self.method, error)
        if self.store.shared:
            waited = self.store.ledger.waited(time.monotonic() - sent_at)
            if waited or self.method == "delete_many":  # deletions of others may have waited in vain as well
                self.store.ledger.refuse()
            else:
                self.store.ledger.forget_proof()
        return CacheUnavailable(f"The cache {self.store.alias!r} failed ({type(error).__name__}: {masked(error)}).")

    def _checked(self, value: Any, sent_at: float) -> Result:
        if value is None and self.method in _CHANGES and self.store.hides_failures:
            raise self.failed(RuntimeError(f"{self.method} failed, and IGNORE_EXCEPTIONS hides why"), sent_at)
        if self.store.outage.failing:
            self.store.outage.worked(self.method)
            self.store.ledger.unresponsive = False
        if self.method in _CHANGES:
            self.store.ledger.prove(sent_at)
        result: Result = value
        return result


@dataclass(slots=True)
class CacheGet(CacheCall[object]):
    """Return the value under `key`, None if there is none."""

    method = "get"
    store: CacheBackend
    key: str

    @property
    def arguments(self) -> tuple[str]:
        return (self.key,)


@dataclass(slots=True)
class CacheGetMany(CacheCall[Mapping[str, object]]):
    """Return the values that exist under `keys`.

    A single key is looked up by `get`, which is less work for clients of Redis. Not where it may hide a failure.
    """

    method = "get_many"
    store: CacheBackend
    keys: Sequence[str]

    @property
    def arguments(self) -> tuple[Sequence[str]]:
        return (self.keys,)

    @property
    def call(self) -> tuple[Method, tuple[Any, ...]]:
        if len(self.keys) == 1 and not self.store.hides_failures:
            return "get", (self.keys[0], _MISSING)
        return "get_many", (self.keys,)

    def received(self, value: Any, method: Method) -> Mapping[str, object]:
        if method == "get":
            return {} if value is _MISSING else {self.keys[0]: value}
        if type(value) is not dict and not isinstance(value, Mapping):
            raise TypeError(f"get_many returned {type(value).__name__}")
        return value


@dataclass(slots=True)
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


@dataclass(slots=True)
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


@dataclass(slots=True)
class CacheTouch(CacheCall[bool]):
    """Let `key` expire `timeout` seconds from now; whether it exists."""

    method = "touch"
    store: CacheBackend
    key: str
    timeout: float

    @property
    def arguments(self) -> tuple[str, float]:
        return (self.key, self.timeout)


@dataclass(slots=True)
class CacheDeleteMany(CacheCall[None]):
    """Delete `keys`, in this order where the backend deletes one by one."""

    method = "delete_many"
    store: CacheBackend
    keys: Sequence[str]

    @property
    def arguments(self) -> tuple[Sequence[str]]:
        return (self.keys,)
