"""Send a change so that no reader keeps what was true before it.

The fence is set first, then the token is deleted: a reader that comes in between stores nothing. After a clear outcome
(applied, or certainly not) the token is deleted again and the lease released, but only while our own clock shows
that it cannot have expired. After an unclear outcome the fence stays until the request can no longer be applied, and
is set again where it may have expired. A writer does not wait for those that hold the other leases of the table. If
all are taken, it sets an *in-doubt* marker, which writers share and which only expires.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import ceil
from typing import NamedTuple, TypeVar

from ..exceptions import CacheUnavailable
from ..plans.limits import QUERY_SECONDS
from ..sansio import Operation, Spawn
from .backend import CacheBackend
from .effects import CacheAdd, CacheDeleteMany, CacheSet
from .keys import IN_DOUBT_TTLS, InDoubt, TableKeys
from .pending import PendingInvalidation

Result = TypeVar("Result")

MARGIN = 5
# Seconds that TIMEOUT may be at most: a longer request would outlive every fence.
LONGEST_TIMEOUT = IN_DOUBT_TTLS[-1] - QUERY_SECONDS - MARGIN


def fence_ttl(timeout: float) -> int:
    """Return the seconds a fence must last for a request of `timeout` seconds, retries included."""
    return ceil(timeout) + QUERY_SECONDS + MARGIN


def write(
    store: CacheBackend, tables: Sequence[TableKeys], send: Callable[[], Operation[Result]], ttl: float
) -> Operation[Result]:
    """Run `send` under a fence on every table, and drop their tokens before and after.

    What `send` raises decides the outcome: an error whose `unclear` is false was certainly not applied;
    anything else, an interruption included, may have been. So may a success whose `unclear` is true: another
    copy of the request may still arrive. A cache that fails never stops a write.
    """
    if store.ledger.unresponsive:
        yield from probe_in_background(store, tables)
    else:
        yield from retry_pending(store)
    fence = yield from _fence(store, tables, ttl)
    yield from (invalidate if len(fence.bare) == len(tables) else invalidate_before_sending)(store, tables)
    try:
        result = yield from send()
    except BaseException as error:
        yield from _release(store, tables, fence, ttl, unclear=getattr(error, "unclear", True))
        raise
    yield from _release(store, tables, fence, ttl, unclear=getattr(result, "unclear", False))
    return result


class _Fence(NamedTuple):
    """It stands until `until` (monotonic seconds), but not on the tables that are `bare`; the `leases` are ours."""

    until: float
    leases: tuple[str, ...] = ()
    bare: tuple[TableKeys, ...] = ()


def _fence(store: CacheBackend, tables: Sequence[TableKeys], ttl: float) -> Operation[_Fence]:
    """Set a fence on each table."""
    fence = _Fence(time.monotonic() + ttl)
    for table in tables:
        try:
            if lease := (yield from _take_lease(store, table, ttl)):
                fence = fence._replace(leases=(*fence.leases, lease))
            else:
                yield from _marker(store, table.in_doubt_for(ttl))
        except CacheUnavailable:
            # Until its token is deleted, this process at least must not read the table from the cache.
            store.ledger.add(PendingInvalidation(table.token))
            fence = fence._replace(bare=(*fence.bare, table))
    return fence


def _take_lease(store: CacheBackend, table: TableKeys, ttl: float) -> Operation[str | None]:
    """Take the first lease that is free, and return its key; None if other writers hold all of them."""
    for lease in table.leases:
        if (yield from CacheAdd(store, lease, secrets.token_hex(8), ttl)):
            return lease
    return None


def _marker(store: CacheBackend, in_doubt: InDoubt) -> CacheSet:
    return CacheSet(store, in_doubt.key, secrets.token_hex(8), in_doubt.ttl)


def _release(
    store: CacheBackend, tables: Sequence[TableKeys], fence: _Fence, ttl: float, *, unclear: bool
) -> Operation[None]:
    """Release the fence after a clear outcome; make sure that it stands after an unclear one."""
    stands = _stands(fence)
    if unclear:
        yield from mark_in_doubt(store, fence.bare if stands else tables, ttl)
    yield from invalidate(store, tables, fence.leases if stands and not unclear else ())


def _stands(fence: _Fence) -> bool:
    """Whether it cannot run out before a call arrives, so that no other writer can have taken its leases."""
    return time.monotonic() < fence.until - MARGIN


def mark_in_doubt(store: CacheBackend, tables: Sequence[TableKeys], ttl: float) -> Operation[None]:
    """Keep everybody from storing results of these tables for `ttl` seconds: a request may still be applied.

    What an interruption leaves undone is pending. (It is mostly the second one: the first made the outcome unclear.)
    """
    left = {table: table.in_doubt_for(ttl) for table in tables}
    try:
        for table, in_doubt in list(left.items()):
            with suppress(CacheUnavailable):
                yield from _marker(store, in_doubt)
                del left[table]
    finally:
        for table, in_doubt in left.items():
            store.ledger.add(PendingInvalidation(table.token, in_doubt, time.monotonic() + ttl))


def invalidate(store: CacheBackend, tables: Sequence[TableKeys], leases: Sequence[str] = ()) -> Operation[bool]:
    """Delete the tokens of the tables, and then `leases`.

    Return False when the cache failed: the invalidation is pending, and this process reads the tables from Appwrite
    until it has got through.
    """
    tokens = [table.token for table in tables]
    store.ledger.touch(tokens)
    sent = [pending for pending in store.ledger.concerning(tokens) if pending.in_doubt is None]
    refusals = store.ledger.refusals
    try:
        yield from CacheDeleteMany(store, [*tokens, *leases])
    except BaseException as error:
        for token in tokens:
            store.ledger.add(PendingInvalidation(token))
        if not isinstance(error, CacheUnavailable):
            raise
        return False
    store.ledger.discard(sent)
    store.ledger.cleared(tokens, refusals)
    return True


def invalidate_before_sending(store: CacheBackend, tables: Sequence[TableKeys]) -> Operation[bool]:
    """Delete the tokens of the tables under a fence; if that fails, try once more.

    A hit looks at the tokens alone, so other processes would go on to use one that stays behind.
    """
    return (yield from invalidate(store, tables)) or (yield from invalidate(store, tables))


def flush_pending(store: CacheBackend, tables: Sequence[TableKeys]) -> Operation[bool]:
    """Send pending invalidations of these tables; whether they may then be read from the cache.

    It may not while an invalidation does not get through, or the cache refuses changes or does not respond.
    """
    if store.ledger.unresponsive:
        yield from probe_in_background(store, tables)
        return False
    return (yield from _flush(store, tables))


def _flush(store: CacheBackend, tables: Sequence[TableKeys]) -> Operation[bool]:
    if pending := store.ledger.concerning(table.token for table in tables):
        return (yield from _send_pending(store, pending))
    yield from retry_pending(store)
    return store.ledger.is_proved or (yield from proved(store, tables))


def probe_in_background(store: CacheBackend, tables: Sequence[TableKeys]) -> Operation[None]:
    """Find out if the cache responds again, without waiting for it: one thread of this process waits, not each read."""
    if store.ledger.begin_probe():
        started = False
        try:
            started = yield from Spawn(lambda: _probe(store, tables))
        finally:
            if not started:
                store.ledger.end_probe()


def _probe(store: CacheBackend, tables: Sequence[TableKeys]) -> Operation[None]:
    try:
        yield from _flush(store, tables)
    finally:
        store.ledger.end_probe()


def proved(store: CacheBackend, tables: Sequence[TableKeys]) -> Operation[bool]:
    """Whether the cache accepts changes now.

    Where it does not (a replica, a Redis that cannot save) other writers cannot delete tokens either. Checked by
    deleting a key that does not exist, which a cache that is merely full still does; there tokens can be deleted as
    well.
    """
    if not store.shared:
        return True
    try:
        yield from CacheDeleteMany(store, [f"{tables[0].token}:proof"])
    except CacheUnavailable:
        return False
    return True


def retry_pending(store: CacheBackend) -> Operation[None]:
    """Retry pending invalidations of any table, at most once a second."""
    yield from _send_pending(store, store.ledger.due())


def _send_pending(store: CacheBackend, waiting: Sequence[PendingInvalidation]) -> Operation[bool]:
    """Send these; whether they got through."""
    if not waiting:
        return True
    refusals = store.ledger.refusals
    try:
        for pending in waiting:
            if pending.in_doubt is not None and time.monotonic() < pending.until:
                yield from _marker(store, pending.in_doubt)
        yield from CacheDeleteMany(store, [pending.token for pending in waiting])
    except CacheUnavailable:
        return False
    store.ledger.discard(waiting)
    store.ledger.cleared([pending.token for pending in waiting], refusals)
    return True
