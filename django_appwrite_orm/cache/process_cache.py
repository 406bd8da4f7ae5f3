"""Decoded results in the memory of this process: bounded in bytes, least recently used evicted first.

An entry is valid under the tokens it was read with, so it saves the transfer and the parsing of a result, not the
check that it is current. Within a trust window, off by default, that check is saved too.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

from ..plans import ColumnarRows, Prepared
from ..threads import register_after_fork


class DecodedEntry(NamedTuple):
    """A decoded result with its tokens and end: see `CacheEntry`."""

    tokens: tuple[str, ...]
    expires: float
    data: Any


class _Kept(NamedTuple):
    """An entry, when it was found current (monotonic seconds), and the bytes it takes."""

    entry: DecodedEntry
    checked: float
    size: int


class ProcessCache:
    """A bounded LRU cache. `limit` is in bytes, 0 keeps nothing; `trust` in seconds. Safe to share between threads.

    The returned data is shared by all readers: rows never change the JSON below them. What readers prepare of a page
    for later ones is kept with it, and counts.
    """

    def __init__(self, limit: int = 0, trust: float = 0) -> None:
        self._limit = limit
        self.trust = trust
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        """Start without entries in a child: a thread of the parent may have been in the middle of a change."""
        self._entries: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def get(self, key: str) -> DecodedEntry | None:
        """Return the entry under `key`, whether it is current or not."""
        with self._lock:
            kept = self._entries.get(key)
            if kept is None:
                return None
            self._entries.move_to_end(key)
            return kept.entry

    def trusted(self, key: str, touched: float) -> DecodedEntry | None:
        """Return the entry if it was checked within the trust window and after `touched`.

        `touched` (monotonic seconds) is the last write of this process to one of its tables.
        """
        with self._lock:
            kept = self._entries.get(key)
            if kept is None or kept.checked <= touched or time.monotonic() - kept.checked >= self.trust:
                return None
            self._entries.move_to_end(key)
        return kept.entry

    def put(self, key: str, entry: DecodedEntry, checked: float) -> None:
        """Store a result that a look-up begun at `checked` (monotonic seconds) found current."""
        if not self._limit:
            return
        with self._lock:
            kept = self._entries.get(key)
            if kept is not None and kept.entry is entry:
                self._entries[key] = kept._replace(checked=checked)
                return
        size = size_of(entry.data)
        with self._lock:
            self._forget(key)
            if size > self._limit // 4:  # one large result must not drive out all others
                return
            self._entries[key] = _Kept(entry, checked, size)
            if (rows := _rows_of(entry)) is not None:
                rows.keep = partial(self._keep, key)
            self._grow(size)

    def _keep(self, key: str, rows: ColumnarRows, prepared: Prepared) -> bool:
        """Keep what a reader has prepared of the rows of an entry, if there is room. Return whether it is kept."""
        with self._lock:
            kept = self._entries.get(key)
            if kept is None or _rows_of(kept.entry) is not rows or rows.prepared is not None:
                return False
            if kept.size + prepared.size > self._limit // 4:
                return False
            rows.prepared = prepared
            self._entries[key] = kept._replace(size=kept.size + prepared.size)
            self._grow(prepared.size)
        return True

    def _grow(self, size: int) -> None:
        self.bytes += size
        while self.bytes > self._limit:
            self._forget(next(iter(self._entries)))

    def _forget(self, key: str) -> None:
        if key in self._entries:
            self.bytes -= self._entries.pop(key).size

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._entries.clear()
            self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)


def _rows_of(entry: DecodedEntry) -> ColumnarRows | None:
    rows = entry.data.get("rows") if type(entry.data) is dict else None
    return rows if type(rows) is ColumnarRows else None


def size_of(data: Any) -> int:
    """Return the approximate bytes that decoded JSON takes in memory; shared keys are counted once an object."""
    size = 0
    todo: list[Iterable[Any]] = [[data]]
    while todo:
        for value in todo.pop():
            # Not sys.getsizeof(), which adds 16 bytes to a container and takes longer than parsing did.
            size += value.__sizeof__()
            if type(value) is dict:
                todo.append(value.values())
            elif type(value) is list:
                todo.append(value)
            elif type(value) is ColumnarRows:
                todo += [value.columns, value.shape.shared.values()]
                size += value.prepared.size if value.prepared is not None else 0
    return size
