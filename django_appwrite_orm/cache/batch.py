"""Many writes of a table in one go: the fence stands from the first to the end, and readers go to Appwrite.

Without it each write puts up a fence and takes it down, and readers in between store answers that the next
write throws away.
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
from .writes import invalidate, mark_in_doubt, retry_pending, write

Result = TypeVar("Result")


class WriteBatch:
    """The fence of a batch on one table. `life` is in seconds, as for a single write.

    Before each write the lease is prolonged, or taken anew with the token deleted if it has run out or been
    lost; after each the token is deleted, before the write counts as done.
    """

    def __init__(self, store: CacheBackend, table: TableKeys, life: int) -> None:
        self.store = store
        self.table = table
        self._life = life
        self._owner = secrets.token_hex(8)
        self._until = 0.0  # monotonic seconds up to which the lease is certainly ours
        self._is_in_doubt = False
        self._under_way = 0  # writes; tasks started in the block may outlive it
        self._counting = threading.RLock()  # not kept while anything is waited for
        self._ended = False

    def covers(self, store: CacheBackend, tables: Sequence[TableKeys], life: int) -> bool:
        """Whether a write of these tables, whose fence has to stand for `life` seconds, is part of it. One that takes
        longer than the batch's stands for itself: a fence that is prolonged by some and shortened by others would be
        one that nobody can rely on."""
        return not self._ended and store is self.store and self.table in tables and life <= self._life

    def write(self, send: Callable[[], Operation[Result]], life: int | None = None) -> Operation[Result]:
        """One write of the batch; as `write`, but that the lease stays. `life` is that of its own fence, should
        it need one: the batch's, unless it is shorter."""
        with self._counting:
            self._under_way += 1
        try:
            return (yield from self._written(send, self._life if life is None else life))
        finally:
            with self._counting:
                self._under_way -= 1

    def _written(self, send: Callable[[], Operation[Result]], life: int) -> Operation[Result]:
        yield from retry_pending(self.store)
        asked = time.monotonic()
        if not (yield from self._prolonged()) and not (yield from self._taken()):
            # Somebody else holds the lease: this write stands beside theirs, as any other would.
            return (yield from write(self.store, [self.table], send, life))
        self._until = asked + self._life
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
            yield from mark_in_doubt(self.store, [self.table], self._life)
        yield from invalidate(self.store, [self.table])

    def _prolonged(self) -> Operation[bool]:
        if time.monotonic() >= self._until:
            return False
        try:
            if (yield from self._touch()):
                return True
        except CacheUnavailable:
            pass
        self._until = 0.0  # nor may a write beside this one rely on it, before the token is deleted anew
        return False

    def _taken(self) -> Operation[bool]:
        try:
            if not (yield from CacheAdd(self.store, self.table.lease, self._owner, self._life)):
                # Perhaps another write of this batch took it, in a task beside this one. Prolonged first and looked
                # at then, it is ours for as long as we think; and a stranger's lease may stand a little longer.
                yield from self._touch()
                if (yield from CacheGet(self.store, self.table.lease)) != self._owner:
                    return False
        except CacheUnavailable:
            return False
        yield from invalidate(self.store, [self.table])  # who took it may not have come to that yet
        return True

    def _touch(self) -> CacheTouch:
        return CacheTouch(self.store, self.table.lease, self._life)

    def end(self) -> Operation[None]:
        """Free the lease, unless it may have run out or a write of the batch may yet be applied. Later writes stand
        for themselves."""
        self._ended = True
        ours = time.monotonic() < self._until and not self._is_in_doubt and not self._under_way
        self._until = 0.0
        yield from invalidate(self.store, [self.table], [self.table.lease] if ours else [])


_batches: ContextValue[tuple[WriteBatch, ...]] = ContextValue("appwrite_batches", ())


def batched_write(
    store: CacheBackend, tables: Sequence[TableKeys], send: Callable[[], Operation[Result]], life: int
) -> Operation[Result]:
    """A write: part of the batch that is open here for one of its tables, or one of its own; what it changes
    besides is fenced for itself."""
    for batch in _batches.get():
        if batch.covers(store, tables, life):
            others = [table for table in tables if table != batch.table]
            return batch.write(partial(batched_write, store, others, send, life) if others else send, life)
    return write(store, tables, send, life)


def open_batch(batch: WriteBatch) -> Callable[[], None]:
    """Let the writes that are made here take part in `batch`; call the result to end that."""
    before = _batches.held()
    _batches.set((batch, *_batches.get()))
    return lambda: _batches.restore(before)
