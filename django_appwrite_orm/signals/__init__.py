"""The signals, all sent with the table class as `sender` and the connection's alias as `using`.

- `pre_create`, `post_create`, `pre_update`, `post_update`, `pre_delete`, `post_delete`: `row`, and `values`,
  the columns that are written, by their Python names.
- `pre_bulk_create`, `post_bulk_create`: `rows`, `count`; `pre_bulk_update`, `post_bulk_update`,
  `pre_bulk_delete`, `post_bulk_delete`: `plan`, `count` (None before the change), but from `bulk_update(rows, ...)`
  `rows` and `count`.
- `table_invalidated`: `reason`, one of "write", "manual", "event" (a change heard from Appwrite) and
  "channel" (one heard from another service).
- `row_changed`: a change heard from outside, by webhook or realtime, our own among them: `action` ("create",
  "update", "upsert", "delete"), `table`, `row` (as it is now, or was before it was deleted). Once per change, as
  far as two reports of one change differ from reports of two changes.
- `cache_read`: `plan`, `status` ("HIT", "STALE", "MISS", "BYPASS"), `duration` in seconds.

A receiver of a `pre_` signal that raises stops the change. What follows a change is sent robustly: the row
exists whatever a receiver does, and what it raises is logged by Django.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.dispatch import Signal

from ..sansio import Effect

pre_create = Signal()
post_create = Signal()
pre_update = Signal()
post_update = Signal()
pre_delete = Signal()
post_delete = Signal()
pre_bulk_create = Signal()
post_bulk_create = Signal()
pre_bulk_update = Signal()
post_bulk_update = Signal()
pre_bulk_delete = Signal()
post_bulk_delete = Signal()
table_invalidated = Signal()
row_changed = Signal()
cache_read = Signal()


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
