"""Changes of rows as Appwrite reports them, for pages that are open.

Each page that listens holds one thread of `runserver`, which starts one for every request. Their number and the time
of each are limited, so that pages nobody looks at any more cannot keep the server: `EventSource` connects again by
itself. A site with more listeners than that serves the stream by ASGI, with `async for change in table.alisten()`.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from airports.tables import Airport
from shop.models import Order, Product

from django_appwrite_orm import orm
from django_appwrite_orm.events.heartbeat import CALLBACKS, last_reports
from django_appwrite_orm.sansio import run_sync

# Seconds: a line for a client that may be gone, which is noticed by writing to it; and the longest stream.
STILL_HERE = 10
LONGEST = 600
MOST_LISTENERS = 30
# Changes that wait for one client; one that reads more slowly loses further ones.
MOST_WAITING = 200

_seats = threading.BoundedSemaphore(MOST_LISTENERS)


class NoSeat(Exception):
    """As many pages listen as may."""


class Stream:
    """The server-sent events of one client. It has to be closed, which ends the listening. Raises `NoSeat`."""

    def __init__(self) -> None:
        if not _seats.acquire(blocking=False):
            raise NoSeat
        self._changes: queue.Queue[dict[str, Any]] = queue.Queue(MOST_WAITING)
        self._is_open = True
        try:
            self._stop = orm.listen(self._take)
        except BaseException:
            _seats.release()
            raise
        self._events = self._read()

    def __iter__(self) -> Iterator[str]:
        return self._events

    def close(self) -> None:
        """End the listening; called by Django when the client is gone or the stream is over."""
        if self._is_open:
            self._is_open = False
            self._stop()
            _seats.release()

    def _take(self, change: Any) -> None:
        if (shown := described(change)) is not None:
            with suppress(queue.Full):  # the page shows the latest changes, not all
                self._changes.put_nowait(shown)

    def _read(self) -> Iterator[str]:
        """Yield events: `listening` when changes arrive from now on, `waiting` when they do not, and each `change`."""
        yield "retry: 2000\n\n"
        end = time.monotonic() + LONGEST
        written, is_listening = time.monotonic(), None
        while self._is_open and time.monotonic() < end:
            if is_listening != (is_listening := _is_listening()):
                yield f"event: {'listening' if is_listening else 'waiting'}\ndata: {{}}\n\n"
                written = time.monotonic()
            try:
                change = self._changes.get(timeout=1 if is_listening else 0.1)
            except queue.Empty:
                if time.monotonic() - written < STILL_HERE:
                    continue
                yield ": still here\n\n"
            else:
                yield f"event: change\ndata: {json.dumps(change)}\n\n"
            written = time.monotonic()


def _is_listening() -> bool:
    """Whether the package's listener has a connection to Appwrite: it connects again by itself when it loses it."""
    report = run_sync(last_reports("default")).get(CALLBACKS)
    return report is not None and report.state == "listening"


def described(change: Any) -> dict[str, Any] | None:
    """What a page shows of a change; None for a table that is nobody's business, such as that of sessions."""
    row = change.row
    if change.table is Airport:
        facts = f"{row.elevation:,g} ft, {row.latitude:.4f}, {row.longitude:.4f}"
        return {"action": change.action, "table": "airports", "name": row.name, "facts": facts, "code": row.code}
    if isinstance(row, Product):  # the row of a model's table is an instance of the model
        facts = f"{row.price:.2f}, {row.stock} in stock"
        return {"action": change.action, "table": "products", "name": row.name, "facts": facts}
    if isinstance(row, Order):  # without its customer
        facts = f"{row.total:.2f}, {row.get_state_display().lower()}"
        return {"action": change.action, "table": "orders", "name": f"Order {row.pk}", "facts": facts}
    return None
