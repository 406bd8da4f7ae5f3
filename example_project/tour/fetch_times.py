"""How long each read took when it was last carried out by Appwrite: what a hit saves is measured against that."""

from __future__ import annotations

import threading
from collections import OrderedDict

from django_appwrite_orm.signals.observers import Activity

# Reads that are remembered, the latest ones.
LIMIT = 20_000


class FetchTimes:
    """An observer of all reads of this process, those that warm the cache among them."""

    def __init__(self) -> None:
        self._seconds: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def began(self, activity: Activity) -> None:
        pass

    def ended(self, activity: Activity) -> None:
        if activity.kind != "read" or activity.status not in ("MISS", "BYPASS") or activity.duration is None:
            return
        with self._lock:
            self._seconds[_key(activity)] = activity.duration
            self._seconds.move_to_end(_key(activity))
            if len(self._seconds) > LIMIT:
                self._seconds.popitem(last=False)

    def forget(self) -> None:
        """Know nothing any more."""
        with self._lock:
            self._seconds.clear()

    def of(self, read: Activity) -> float | None:
        """Return the seconds; None if this process has not read it from Appwrite yet."""
        with self._lock:
            return self._seconds.get(_key(read))


def _key(read: Activity) -> tuple[str, str]:
    return read.using, str(read.subject)


fetch_times = FetchTimes()
