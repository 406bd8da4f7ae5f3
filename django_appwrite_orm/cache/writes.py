"""How a change is sent so that no reader keeps what was true before it.

The fence goes up first, then the token goes: a reader that comes in between stores nothing. After a clear
outcome (applied, or certainly not) the token is deleted once more and the lane freed, but only while our own
stopwatch says that the lane is still ours. After an unclear one the fence stays until the request can no
longer be applied, and is put up again where it may not stand. A second writer does not wait for the first one's
lane; it leaves a *doubt*, which is shared and only ever runs out.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import ceil
from typing import NamedTuple, TypeVar

from ..exceptions import CacheUnavailable
from ..sansio import Operation
from .backend import CacheBackend, CacheCall
from .keys import DOUBT_LIVES, Doubt, TableKeys
from .pending import PendingInvalidation

Result = TypeVar("Result")

# Appwrite gives up on a query after 15 s; what the server has received may be applied until then.
SERVER_LIMIT = 15
MARGIN = 5
# Seconds. A request that could take longer would outlive every fence.
LONGEST_TIMEOUT = DOUBT_LIVES[-1] - SERVER_LIMIT - MARGIN


def fence_life(timeout: float) -> int:
    """Seconds a fence must stand for a request of `timeout` seconds, repeats included."""
    return ceil(timeout) + SERVER_LIMIT + MARGIN


def write(
    store: CacheBackend, tables: Sequence[TableKeys], send: Callable[[], Operation[Result]], life: float
) -> Operation[Result]:
    """Run `send` under a fence on every table, and drop their tokens before and after.

    What `send` raises decides the outcome: an error whose `unclear` is false was certainly not applied;
    anything else, an interruption included, may have been. So may a success that says `unclear` of itself, with
    another copy of the request still on its way. A cache that fails never stops a write.
    """
    yield from retry_pending(store)
    fence = yield from _fence(store, tables, life)
    yield from invalidate(store, tables)
    try:
        result = yield from send()
    except BaseException as error:
        yield from _release(store, tables, fence, life, unclear=getattr(error, "unclear", True))
        raise
    yield from _release(store, tables, fence, life, unclear=getattr(result, "unclear", False))
    return result


class _Fence(NamedTuple):
    """It stands until `until` (monotonic seconds), but not on the tables that are `bare`; the `lanes` are ours."""

    until: float
    lanes: tuple[str, ...] = ()
    bare: tuple[TableKeys, ...] = ()


def _fence(store: CacheBackend, tables: Sequence[TableKeys], life: float) -> Operation[_Fence]:
    """Put up a fence on each table."""
    fence = _Fence(time.monotonic() + life)
    for table in tables:
        try:
            if (yield CacheCall(store, "add", (table.lane, secrets.token_hex(8), life))):
                fence = fence._replace(lanes=(*fence.lanes, table.lane))
            else:
                yield _leave(store, table.doubt_for(life))
        except CacheUnavailable:
            # Until its token is deleted, this process at least must not read the table from the cache.
            store.ledger.owe(PendingInvalidation(table.token))
            fence = fence._replace(bare=(*fence.bare, table))
    return fence


def _leave(store: CacheBackend, doubt: Doubt) -> CacheCall:
    return CacheCall(store, "set", (doubt.key, secrets.token_hex(8), doubt.life))


def _release(
    store: CacheBackend, tables: Sequence[TableKeys], fence: _Fence, life: float, *, unclear: bool
) -> Operation[None]:
    """The outcome is known, or will never be: the fence comes down, or is made sure of."""
    stands = _stands(fence)
    if unclear:
        yield from leave_doubts(store, fence.bare if stands else tables, life)
    yield from invalidate(store, tables, fence.lanes if stands and not unclear else ())


def _stands(fence: _Fence) -> bool:
    """Whether it cannot have run out yet, so that no other writer can have taken its lanes."""
    return time.monotonic() < fence.until


def leave_doubts(store: CacheBackend, tables: Sequence[TableKeys], life: float) -> Operation[None]:
    """For `life` seconds nobody may store anything about these tables: a request may yet be applied.

    Who is interrupted in it (a second time, mostly: the first interruption made the outcome unclear) owes the rest.
    """
    left = {table: table.doubt_for(life) for table in tables}
    try:
        for table, doubt in list(left.items()):
            with suppress(CacheUnavailable):
                yield _leave(store, doubt)
                del left[table]
    finally:
        for table, doubt in left.items():
            store.ledger.owe(PendingInvalidation(table.token, doubt, time.monotonic() + life))


def invalidate(store: CacheBackend, tables: Sequence[TableKeys], lanes: Sequence[str] = ()) -> Operation[bool]:
    """Delete the tables' tokens, and with them `lanes` (after them, where the backend deletes one by one).

    False when the cache failed: the tokens are owed, and this process reads the tables from Appwrite until their
    deletion has got through.
    """
    tokens = [table.token for table in tables]
    store.ledger.touch(tokens)
    paying = [debt for debt in store.ledger.owed(tokens) if debt.doubt is None]
    refusals = store.ledger.refusals
    try:
        yield CacheCall(store, "delete_many", ([*tokens, *lanes],))
    except BaseException as error:
        for token in tokens:
            store.ledger.owe(PendingInvalidation(token))
        if not isinstance(error, CacheUnavailable):
            raise
        return False
    store.ledger.paid(paying)
    store.ledger.cleared(tokens, refusals)
    return True


def flush_pending(store: CacheBackend, tables: Sequence[TableKeys]) -> Operation[bool]:
    """Whether the cache may be asked about these tables: not while something is owed that does not get through, nor
    while it takes no changes."""
    if owed := store.ledger.owed(table.token for table in tables):
        return (yield from _pay(store, owed))
    yield from retry_pending(store)
    return store.ledger.is_proved or (yield from proved(store, tables))


def proved(store: CacheBackend, tables: Sequence[TableKeys]) -> Operation[bool]:
    """Whether the cache takes changes now. Where it does not (a replica, a Redis that cannot save) others write
    without being able to delete a token. Asked by deleting what is not there, which a cache that is merely full
    still does: there tokens go as well."""
    if not store.shared:
        return True
    try:
        yield CacheCall(store, "delete_many", ([f"{tables[0].token}:proof"],))
    except CacheUnavailable:
        return False
    return True


def retry_pending(store: CacheBackend) -> Operation[None]:
    """Try now and then to make up for what the cache could not be told, whichever tables it concerns."""
    yield from _pay(store, store.ledger.due())


def _pay(store: CacheBackend, owed: Sequence[PendingInvalidation]) -> Operation[bool]:
    """Whether the cache has now been told."""
    if not owed:
        return True
    refusals = store.ledger.refusals
    try:
        for debt in owed:
            if debt.doubt is not None and time.monotonic() < debt.until:
                yield _leave(store, debt.doubt)
        yield CacheCall(store, "delete_many", ([debt.token for debt in owed],))
    except CacheUnavailable:
        return False
    store.ledger.paid(owed)
    store.ledger.cleared([debt.token for debt in owed], refusals)
    return True
