"""What the log says of a cache that fails: one line when it begins, one when it is over."""

from __future__ import annotations

import logging
import threading
import time
from typing import Literal
from weakref import WeakValueDictionary

from django.core.signals import setting_changed

from ..credentials import masked
from ..forking import tell_after_fork

logger = logging.getLogger("django_appwrite_orm.cache")

# Seconds without a failure after which an outage may be over.
QUIET = 5.0

# What fails for one reason, and works again for one: a full cache finds and deletes, but stores nothing.
Method = Literal["get", "get_many", "add", "set", "touch", "delete_many"]
_KINDS: dict[Method, str] = {
    "get": "look",
    "get_many": "look",
    "add": "store",
    "set": "store",
    "touch": "change",
    "delete_many": "change",
}


class Outage:
    """Whether the cache `alias` fails just now, for all connections of this process that use it.

    A cache that is full or read-only, or that holds something it cannot read, fails some kinds of calls only: the
    outage is over when each kind that has failed has worked, `QUIET` seconds after the last failure.
    """

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._failing: set[str] = set()
        self._failed_at = 0.0  # monotonic seconds
        self.after_fork()
        tell_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    @classmethod
    def of(cls, alias: str) -> Outage:
        """The one of the cache `alias`, kept for as long as somebody uses it."""
        return _outages.setdefault(alias, cls(alias))

    def failed(self, method: Method, error: Exception) -> None:
        """A call of this method has failed."""
        with self._lock:
            first = not self._failing
            self._failing.add(_KINDS[method])
            self._failed_at = time.monotonic()
        if first:
            reason = f"{type(error).__name__}: {masked(error)}"
            logger.warning("Cache %r failed (%s); reads go to Appwrite.", self._alias, reason)

    def worked(self, method: Method) -> None:
        """A call of this method has worked."""
        if not self._failing:
            return
        with self._lock:
            if _KINDS[method] not in self._failing or time.monotonic() - self._failed_at < QUIET:
                return
            self._failing.remove(_KINDS[method])
            over = not self._failing
        if over:
            logger.info("Cache %r works again.", self._alias)


_outages: WeakValueDictionary[str, Outage] = WeakValueDictionary()


def _reset(*, setting: str, **kwargs: object) -> None:
    if setting == "CACHES":  # other caches from now on, whatever they are called
        _outages.clear()


setting_changed.connect(_reset)
