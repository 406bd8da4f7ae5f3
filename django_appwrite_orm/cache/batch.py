"""Keep one fence over many writes of a table; readers go to Appwrite meanwhile.

Without a batch each write sets and releases a fence, and readers in between store results that the next write
invalidates.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from ..exceptions import CacheUnavailable
from ..sansio import Operation
from ..threads import ContextValue
from .backend import CacheBackend
from .effects import CacheAdd, CacheGet, CacheTouch
from .keys import TableKeys
from .writes import MARGIN, invalidate, invalidate_before_sending, mark_in_doubt, retry_pending, write

Result = TypeVar("Result")


class WriteBatch:
    """The fence of a batch on one table. `ttl` is in seconds, as for a single write.

    Before each write the lease is renewed; if it expired or was lost, it is taken again and the token deleted. After
    each write the token is deleted before the write counts as done.
    """

    def __init__(self, store: CacheBackend, table: TableKeys, ttl: int) -> None:
        self.store = store
        self.table = table
        self._lease = table.leases[-1]  # the writers beside it try the others first
        self._ttl = ttl
        self._owner = secrets.token_hex(8)
        self._until = 0.0  # monotonic seconds up to which the lease is certainly ours
        self._is_in_doubt = False
        self._under_way = 0  # writes; tasks started in the block may outlive it
        self._counting = threading.RLock()  # never held during a request or cache call
        self._ended = False

    def covers(self, store: CacheBackend, tables: Sequence[TableKeys], ttl: int) -> bool:
        """Whether a write of these tables, whose fence must last `ttl` seconds, is part of this batch.

        A longer write has a fence of its own: one that some writes extend and others shorten would not be reliable.
        """
        return not self._ended and store is self.store and self.table in tables and ttl <= self._ttl

    def write(self, send: Callable[[], Operation[Result]], ttl: int | None = None) -> Operation[Result]:
        """Make one write of the batch: like `write`, but the lease stays.

        `ttl` is the TTL of the write's own fence if it needs one; the batch's by default.
        """
        with self._counting:
            self._under_way += 1
        try:
            return (yield from self._write(send, self._ttl if ttl is None else ttl))
        finally:
            with self._counting:
                self._under_way -= 1

    def _write(self, send: Callable[[], Operation[Result]], ttl: int) -> Operation[Result]:
        yield from retry_pending(self.store)
        requested_at = time.monotonic()
        if not (yield from self._renew()) and not (yield from self._take()):
            # Another writer holds this lease: this write sets its own fence, as any other would.
            return (yield from write(self.store, [self.table], send, ttl))
        self._until = requested_at + self._ttl - MARGIN
        try:
            result = yield from send()
        except BaseException as error:
            yield from self._after(unclear=getattr(error, "unclear", True))
            raise
        yield from self._after(unclear=getattr(result, "unclear", False))
        return result

    def _after(self, *, unclear: bool) -> Operation[None]:
        """Keep the lease; where it may have expired under a request that may still be applied, set a marker too."""
        if unclear:
            self._is_in_doubt = True
        if unclear and time.monotonic() >= self._until:
            yield from mark_in_doubt(self.store, [self.table], self._ttl)
        yield from invalidate(self.store, [self.table])

    def _renew(self) -> Operation[bool]:
        if time.monotonic() >= self._until:
            return False
        try:
            if (yield from self._touch()):
                return True
        except CacheUnavailable:
            pass
        self._until = 0.0  # nor may a concurrent write rely on it before the token is deleted again
        return False

    def _take(self) -> Operation[bool]:
        try:
            if not (yield from CacheAdd(self.store, self._lease, self._owner, self._ttl)):
                # A concurrent task of this batch may hold it. Look before renewing: nobody may extend another's lease,
                # which ends if its owner is dead. And look again: it may have expired before it was renewed.
                if not (yield from self._holds()):
                    return False
                yield from self._touch()
                if not (yield from self._holds()):
                    return False
        except CacheUnavailable:
            return False
        # Also where another task of this batch took it: that one may not have done so yet.
        yield from invalidate_before_sending(self.store, [self.table])
        return True

    def _holds(self) -> Operation[bool]:
        """Whether the lease belongs to a write of this batch."""
        return (yield from CacheGet(self.store, self._lease)) == self._owner

    def _touch(self) -> CacheTouch:
        return CacheTouch(self.store, self._lease, self._ttl)

    def end(self) -> Operation[None]:
        """Release the lease, unless it may have expired or a write of the batch may still be applied.

        Later writes have fences of their own.
        """
        self._ended = True
        ours = time.monotonic() < self._until and not self._is_in_doubt and not self._under_way
        self._until = 0.0
        yield from invalidate(self.store, [self.table], [self._lease] if ours else [])


open_batches: ContextValue[tuple[WriteBatch, ...]] = ContextValue("appwrite_batches", ())


def batched_write(
    store: CacheBackend, tables: Sequence[TableKeys], send: Callable[[], Operation[Result]], ttl: int
) -> Operation[Result]:
    """Write as part of the batch that is open in this context for one of the tables, else on its own.

    Other tables of the same write get a fence of their own.
    """
    for batch in open_batches.get():
        if batch.covers(store, tables, ttl):
            others = [table for table in tables if table != batch.table]
            return batch.write(partial(batched_write, store, others, send, ttl) if others else send, ttl)
    return write(store, tables, send, ttl)


def open_batch(batch: WriteBatch) -> Callable[[], None]:
    """Make writes of this context part of `batch`. Call the returned function to stop."""
    before = open_batches.held()
    open_batches.set((batch, *open_batches.get()))
    return lambda: open_batches.restore(before)
