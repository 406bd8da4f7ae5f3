"""Django's cache, one step at a time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.cache import caches

from ..credentials import masked
from ..exceptions import CacheUnavailable
from ..steps import Step
from .backends import is_shared
from .flights import Flights
from .ledger import Ledger
from .memory import Memory
from .outages import Method, Outage

# Django before 6.1 asks for many keys one at a time in these two, each through a thread.
_LOOPING = frozenset() if django.VERSION >= (6, 1) else frozenset({"get_many", "delete_many"})


# Changes. They never answer None, unless django-redis with IGNORE_EXCEPTIONS does so in place of an error.
_CHANGES = frozenset({"add", "set", "touch", "delete_many"})

# Where Django's backends and django-redis make their client when it is first asked for.
_CLIENTS = ("_cache", "client")


class Store:
    """The cache of one connection (`alias` of CACHES), used by all threads of this process.

    `patience` is how long (seconds) one reader waits for what another one fetches. `ledger` and `outage`
    are those of all stores of this cache.
    """

    def __init__(self, alias: str, *, patience: float = 10, memory: Memory | None = None) -> None:
        self.alias = alias
        self.patience = patience
        self.memory = memory if memory is not None else Memory()
        self.flights = Flights()
        self.ledger = Ledger.of(alias)
        self.outage = Outage.of(alias)

    @cached_property
    def shared(self) -> bool:
        """Whether other processes see what is stored here."""
        return is_shared(type(caches[self.alias]))

    def load(self) -> None:
        """Import what the backend needs, without a connection: before a thread begins, for a child that is forked in
        the middle of an import waits for its end."""
        with suppress(Exception):  # the calls will say it
            for name in _CLIENTS:
                getattr(caches[self.alias], name, None)

    @cached_property
    def hides_failures(self) -> bool:
        """Whether the backend is a django-redis that was told to ignore exceptions."""
        return bool(getattr(caches[self.alias], "_ignore_exceptions", False))


@dataclass(frozen=True, slots=True)
class CacheCall(Step):
    """Call one method of the cache. Raises `CacheUnavailable`, whatever the backend raised."""

    store: Store
    method: Method
    arguments: tuple[Any, ...]

    def perform(self) -> Any:
        asked = time.monotonic()
        try:
            found = getattr(caches[self.store.alias], self.method)(*self.arguments)
        except Exception as error:
            raise self.failed(error) from error
        return self._checked(found, asked)

    def failed(self, error: Exception) -> CacheUnavailable:
        """Note the failure; what is to be raised for it."""
        self.store.outage.failed(self.method, error)
        if self.store.shared:
            if self.method == "delete_many":
                self.store.ledger.refuse()
            else:
                self.store.ledger.doubt()
        return CacheUnavailable(f"The cache {self.store.alias!r} failed: {masked(error)}")

    async def aperform(self) -> Any:
        cache = caches[self.store.alias]
        asked = time.monotonic()
        try:
            if self.method in _LOOPING:
                found = await sync_to_async(getattr(cache, self.method))(*self.arguments)
            else:
                found = await getattr(cache, f"a{self.method}")(*self.arguments)
        except Exception as error:
            raise self.failed(error) from error
        return self._checked(found, asked)

    def _checked(self, found: Any, asked: float) -> Any:
        if self.method == "get_many" and not isinstance(found, Mapping):
            raise self.failed(TypeError(f"get_many returned {type(found).__name__}"))
        if found is None and self.method in _CHANGES and self.store.hides_failures:
            raise self.failed(RuntimeError(f"{self.method} failed, and IGNORE_EXCEPTIONS hides why"))
        self.store.outage.worked(self.method)
        if self.method in _CHANGES:
            self.store.ledger.prove(asked)
        return found
