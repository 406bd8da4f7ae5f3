"""The state that the cache protocol keeps for one of Django's caches."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from functools import cached_property
from typing import Literal
from weakref import WeakValueDictionary

from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.signals import setting_changed

from ..credentials import masked
from ..threads import register_after_fork
from .pending import PendingInvalidations
from .process_cache import ProcessCache
from .single_flight import SingleFlight


def is_shared(backend: type) -> bool:
    """Whether other processes see what is stored in a cache of this class."""
    return not issubclass(backend, (LocMemCache, DummyCache))


logger = logging.getLogger("django_appwrite_orm.cache")

# Seconds without a failure after which an outage may be over.
QUIET = 5.0

# Calls of one kind fail and recover together: a full cache finds and deletes, but stores nothing.
Method = Literal["get", "get_many", "add", "set", "touch", "delete_many"]
_KINDS: dict[Method, str] = {
    "get": "read",
    "get_many": "read",
    "add": "store",
    "set": "store",
    "touch": "change",
    "delete_many": "change",
}


class OutageLog:
    """Track whether the cache `alias` is failing, for all connections of this process that use it.

    Some outages affect one kind of call: a full cache, a read-only one, or one with a value it cannot read. An outage
    ends when every kind that failed has succeeded again, at least `QUIET` seconds after the last failure. `failing`
    holds the kinds that have not.
    """

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self.failing: set[str] = set()
        self._failed_at = 0.0  # monotonic seconds
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        """Replace the lock, which a thread of the parent may hold."""
        self._lock = threading.Lock()

    @classmethod
    def of(cls, alias: str) -> OutageLog:
        """Return the instance of the cache `alias`; it exists as long as a connection uses it."""
        return _outages.setdefault(alias, cls(alias))

    def failed(self, method: Method, error: Exception) -> None:
        """Note that a call of this method failed."""
        with self._lock:
            first = not self.failing
            self.failing.add(_KINDS[method])
            self._failed_at = time.monotonic()
        if first:
            reason = f"{type(error).__name__}: {masked(error)}"
            logger.warning("Cache %r failed (%s); reads go to Appwrite.", self._alias, reason)

    def worked(self, method: Method) -> None:
        """Note that a call of this method succeeded; needed only while `failing` is not empty."""
        with self._lock:
            if _KINDS[method] not in self.failing or time.monotonic() - self._failed_at < QUIET:
                return
            self.failing.remove(_KINDS[method])
            over = not self.failing
        if over:
            logger.info("Cache %r works again.", self._alias)


_outages: WeakValueDictionary[str, OutageLog] = WeakValueDictionary()


def _reset(*, setting: str, **kwargs: object) -> None:
    if setting == "CACHES":  # the same aliases may name other caches from now on
        _outages.clear()
        PendingInvalidations.forget_caches()


setting_changed.connect(_reset)


# Properties with which Django's backends and django-redis create their client at first use.
_CLIENTS = ("_cache", "client")


class CacheBackend:
    """The cache of one connection (`alias` of CACHES), used by all threads of this process.

    `patience` is how long (seconds) a reader waits for the fetch of another reader. `ledger` and `outage` are shared by
    all connections that use this cache.
    """

    def __init__(self, alias: str, *, patience: float = 10, memory: ProcessCache | None = None) -> None:
        self.alias = alias
        self.patience = patience
        self.memory = memory if memory is not None else ProcessCache()
        self.flights = SingleFlight()
        self.ledger = PendingInvalidations.of(alias)
        self.outage = OutageLog.of(alias)

    @cached_property
    def shared(self) -> bool:
        """Whether other processes see what is stored here."""
        return is_shared(type(caches[self.alias]))

    def load(self) -> None:
        """Import the modules that the backend needs, without connecting.

        Call it before starting a thread: a child that is forked during an import waits for its end.
        """
        with suppress(Exception):  # the calls will report it
            import encodings.idna  # noqa: F401 -- getaddrinfo imports it at its first call, in any thread
            import importlib.metadata

            importlib.metadata.version("Django")  # clients look up their own version, which imports more
            for name in _CLIENTS:
                getattr(caches[self.alias], name, None)

    @cached_property
    def hides_failures(self) -> bool:
        """Whether the backend is django-redis with IGNORE_EXCEPTIONS."""
        return bool(getattr(caches[self.alias], "_ignore_exceptions", False))
