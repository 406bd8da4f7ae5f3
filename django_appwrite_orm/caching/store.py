"""Django's cache, one step at a time, and what this process remembers of its failures."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.cache import caches

from ..exceptions import CacheUnavailable
from ..forking import tell_after_fork
from ..steps import Step
from .backends import is_shared
from .flights import Flights
from .ledger import Ledger
from .memory import Memory

logger = logging.getLogger("django_appwrite_orm.cache")

# Django before 6.1 asks for many keys one at a time in these two, each through a thread.
_LOOPING = frozenset() if django.VERSION >= (6, 1) else frozenset({"get_many", "delete_many"})


# What never answers None, unless django-redis with IGNORE_EXCEPTIONS does so in place of an error.
_TELLING = frozenset({"add", "set", "touch", "delete_many"})

# Where Django's backends and django-redis make their client when it is first asked for.
_CLIENTS = ("_cache", "client")

# Seconds without a failure after which an outage is over, to the log.
QUIET = 5.0


class Store:
    """The cache of one connection (`alias` of CACHES), used by all threads of this process.

    `patience` is how long (seconds) one reader waits for what another one fetches. The `ledger` is that of all
    stores of this cache.
    """

    def __init__(self, alias: str, *, patience: float = 10, memory: Memory | None = None) -> None:
        self.alias = alias
        self.patience = patience
        self.memory = memory if memory is not None else Memory()
        self.flights = Flights()
        self.ledger = Ledger.of(alias)
        self._failed_at: float | None = None  # monotonic seconds; None while there is no outage
        self.after_fork()
        tell_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()

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

    def failed(self, error: Exception) -> CacheUnavailable:
        """Note an outage: one log line from its first failure until the cache has worked for `QUIET` seconds.

        A cache that is full or read-only, or that holds something it cannot read, fails some calls only.
        """
        with self._lock:
            first, self._failed_at = self._failed_at is None, time.monotonic()
        if first:
            logger.warning("Cache %r failed (%s: %s); reads go to Appwrite.", self.alias, type(error).__name__, error)
        return CacheUnavailable(f"The cache {self.alias!r} failed: {error}")

    def worked(self) -> None:
        if self._failed_at is None:
            return
        with self._lock:
            if self._failed_at is None or time.monotonic() - self._failed_at < QUIET:
                return
            self._failed_at = None
        logger.info("Cache %r works again.", self.alias)


@dataclass(frozen=True, slots=True)
class CacheCall(Step):
    """Call one method of the cache. Raises `CacheUnavailable`, whatever the backend raised."""

    store: Store
    method: str
    arguments: tuple[Any, ...]

    def perform(self) -> Any:
        try:
            found = getattr(caches[self.store.alias], self.method)(*self.arguments)
        except Exception as error:
            raise self.store.failed(error) from error
        return self._checked(found)

    async def aperform(self) -> Any:
        cache = caches[self.store.alias]
        try:
            if self.method in _LOOPING:
                found = await sync_to_async(getattr(cache, self.method))(*self.arguments)
            else:
                found = await getattr(cache, f"a{self.method}")(*self.arguments)
        except Exception as error:
            raise self.store.failed(error) from error
        return self._checked(found)

    def _checked(self, found: Any) -> Any:
        if self.method == "get_many" and not isinstance(found, Mapping):
            raise self.store.failed(TypeError(f"get_many returned {type(found).__name__}"))
        if found is None and self.method in _TELLING and self.store.hides_failures:
            raise self.store.failed(RuntimeError(f"{self.method} failed, and IGNORE_EXCEPTIONS hides why"))
        self.store.worked()
        return found
