"""How a change is sent so that no reader keeps what was true before it.

The fence goes up first, then the token goes: a reader that comes in between stores nothing. After a clear
outcome (applied, or certainly not) the token is deleted once more and the lane freed, but only while our own
stopwatch says that the lane is still ours. After an unclear one the fence stays until the request can no
longer be applied. A second writer does not wait for the first one's lane; it leaves a *doubt*, which is
shared and only ever runs out.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from math import ceil
from typing import TypeVar

from ..exceptions import CacheUnavailable
from ..steps import Steps
from .keys import TableKeys
from .store import CacheCall, Store

Result = TypeVar("Result")

# Appwrite gives up on a query after 15 s; what the server has received may be applied until then.
SERVER_LIMIT = 15
MARGIN = 5


def fence_life(timeout: float) -> int:
    """Seconds a fence must stand for a request of `timeout` seconds, repeats included."""
    return ceil(timeout) + SERVER_LIMIT + MARGIN


def write(store: Store, tables: Sequence[TableKeys], send: Callable[[], Steps[Result]], life: float) -> Steps[Result]:
    """Run `send` under a fence on every table, and drop their tokens before and after.

    What `send` raises decides the outcome: an error whose `unclear` is false was certainly not applied;
    anything else, an interruption included, may have been. So may a success that says `unclear` of itself, with
    another copy of the request still on its way. A cache that fails never stops a write.
    """
    started = time.monotonic()
    lanes = yield from _fence(store, tables, life)
    yield from invalidate(store, tables)
    try:
        result = yield from send()
    except BaseException as error:
        clear = not getattr(error, "unclear", True)
        yield from invalidate(store, tables, _ours(lanes, started, life) if clear else ())
        raise
    clear = not getattr(result, "unclear", False)
    yield from invalidate(store, tables, _ours(lanes, started, life) if clear else ())
    return result


def _ours(lanes: Sequence[str], started: float, life: float) -> Sequence[str]:
    """The lanes that cannot have run out yet, and so cannot have been taken by another writer."""
    return lanes if time.monotonic() - started < life else ()


def _fence(store: Store, tables: Sequence[TableKeys], life: float) -> Steps[list[str]]:
    """Put up a fence on each table; the lanes among them, which are ours to free."""
    owner = secrets.token_hex(8)
    lanes = []
    for table in tables:
        try:
            if (yield CacheCall(store, "add", (table.lane, owner, life))):
                lanes.append(table.lane)
            else:
                yield CacheCall(store, "set", (table.doubt, owner, life))
        except CacheUnavailable:
            # Not fenced: until its token is deleted, this process at least must not read the table from the cache.
            store.undeleted.add(table.token)
    return lanes


def invalidate(store: Store, tables: Sequence[TableKeys], lanes: Sequence[str] = ()) -> Steps[bool]:
    """Delete the tables' tokens, and with them `lanes` (after them, where the backend deletes one by one).

    False when the cache failed: the tokens are remembered, and this process reads the tables from Appwrite
    until their deletion has got through.
    """
    tokens = [table.token for table in tables]
    store.memory.distrust(tokens)
    try:
        yield CacheCall(store, "delete_many", ([*tokens, *lanes],))
    except CacheUnavailable:
        store.undeleted.update(tokens)
        return False
    store.undeleted.difference_update(tokens)
    return True
