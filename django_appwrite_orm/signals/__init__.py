"""The signals, all sent with the table class as `sender` and the connection's alias as `using`.

The text behind each signal has its other arguments; docs/reference/signals.md is generated from them.

A receiver of a `pre_` signal that raises stops the change. What follows a change is sent robustly: the row
exists whatever a receiver does, and what it raises is logged by Django.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.dispatch import Signal

from ..sansio import Effect

pre_create = Signal()
"""`row`, and `values`: the columns that are written, by their Python names."""
post_create = Signal()
"""`row`, and `values`: the columns that are written, by their Python names."""
pre_update = Signal()
"""`row`, and `values`: the columns that are written, by their Python names."""
post_update = Signal()
"""`row`, and `values`: the columns that are written, by their Python names."""
pre_delete = Signal()
"""`row`, and `values`, which is empty."""
post_delete = Signal()
"""`row`, and `values`, which is empty."""
pre_bulk_create = Signal()
"""`rows` and `count`."""
post_bulk_create = Signal()
"""`rows` and `count`."""
pre_bulk_update = Signal()
"""From `queryset.update()`: `plan`, and `count`, which is None. From `bulk_update(rows, ...)`: `rows` and
`count`.
"""
post_bulk_update = Signal()
"""From `queryset.update()`: `plan` and `count`. From `bulk_update(rows, ...)`: `rows` and `count`."""
pre_bulk_delete = Signal()
"""`plan`, and `count`, which is None."""
post_bulk_delete = Signal()
"""`plan` and `count`."""
table_invalidated = Signal()
"""`reason`: "write", "manual", "event" (reported by Appwrite) or "channel" (reported by another service)."""
row_changed = Signal()
"""A change that a webhook or realtime reports, also one of the project itself. `action` is "create", "update",
"upsert" or "delete". `table` is the table. `row` is the row as it is now, or as it was before it was deleted. Several
reports of one change send the signal once, where they can be distinguished from reports of several changes.
"""
cache_read = Signal()
"""`plan`, `status` ("HIT", "STALE", "MISS" or "BYPASS"), and `duration` in seconds."""


@dataclass(frozen=True, slots=True)
class SendSignal(Effect[None]):
    """Send a signal; `robust` keeps what receivers raise from the operation that is under way."""

    signal: Signal
    sender: Any
    arguments: dict[str, Any]
    robust: bool = True

    def perform(self) -> None:
        if self.robust:
            self.signal.send_robust(self.sender, **self.arguments)
        else:
            self.signal.send(self.sender, **self.arguments)

    async def aperform(self) -> None:
        if self.robust:
            await self.signal.asend_robust(self.sender, **self.arguments)
        else:
            await self.signal.asend(self.sender, **self.arguments)
