"""How an answer is read: from the cache where it is provably current, else from Appwrite.

A table's *token* is its random version; missing means that nothing cached is valid. A *fence* (lane or doubt)
says that the table is being written. The rules that keep a read from ever being older than a write that was
acknowledged before it began:

- a hit needs no fence, and every token present and equal to the envelope's;
- under a fence the answer is fetched and not stored;
- an answer is stored under the tokens held before it was fetched, never under newer ones;
- a token once seen is never written back: a missing one is added, and then looked at again together with the
  fences, since a writer may have come in between.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import ceil
from typing import Any

from ..exceptions import CacheUnavailable
from ..plans import Answer
from ..steps import Steps
from .envelope import pack, unpack
from .keys import TableKeys
from .store import CacheCall, Store

# Seconds a token lives when no one deletes it. Long, for its end makes every answer of the table a miss.
TOKEN_LIFE = 86_400


class Status(Enum):
    """Where an answer came from; `rank` orders them from best to worst."""

    HIT = 0
    MISS = 1
    BYPASS = 2

    @property
    def rank(self) -> int:
        return self.value


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: its decoded JSON, where it came from, and until when it may be reused (epoch seconds)."""

    data: Any
    status: Status
    expires: float = 0.0


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look-up saw of the tables: their tokens, in order, and whether one of them is fenced."""

    tokens: tuple[str | None, ...]
    fenced: bool

    @classmethod
    def at(cls, found: Mapping[str, object], tables: Sequence[TableKeys]) -> _Look:
        tokens = (found.get(table.token) for table in tables)
        return cls(
            tuple(token if isinstance(token, str) and token else None for token in tokens),
            any(table.lane in found or table.doubt in found for table in tables),
        )

    @property
    def held(self) -> tuple[str, ...] | None:
        """The tokens an answer may be stored and found under, if there are all of them and no fence."""
        known = tuple(token for token in self.tokens if token is not None)
        return None if self.fenced or len(known) < len(self.tokens) else known


def read(
    store: Store, envelope: str, tables: Sequence[TableKeys], fetch: Callable[[], Steps[Answer]], ttl: float
) -> Steps[Found]:
    """Answer from the cache, or by `fetch` and then store for `ttl` seconds (0: do not touch the cache)."""
    if ttl <= 0 or not (yield from _settled(store, tables)):
        answer = yield from fetch()
        return Found(answer.data, Status.BYPASS)
    versions = [key for table in tables for key in table]
    held: tuple[str, ...] | None = None
    try:
        found = yield CacheCall(store, "get_many", ([envelope, *versions],))
        look = _Look.at(found, tables)
        held = look.held
        if held is not None and (hit := unpack(found.get(envelope), held, time.time())):
            return Found(hit.data, Status.HIT, hit.expires)
        if held is None and not look.fenced:
            for table, token in zip(tables, look.tokens, strict=True):
                if token is None:
                    yield CacheCall(store, "add", (table.token, secrets.token_hex(16), TOKEN_LIFE))
            held = _Look.at((yield CacheCall(store, "get_many", (versions,))), tables).held
    except CacheUnavailable:
        held = None
    # Counted from before the fetch: what the answer says may have been so from its first moment on.
    expires = time.time() + ttl
    answer = yield from fetch()
    if held is None:
        return Found(answer.data, Status.MISS)
    try:
        yield CacheCall(store, "set", (envelope, pack(held, expires, answer.text), ceil(ttl)))
    except CacheUnavailable:
        return Found(answer.data, Status.MISS)
    return Found(answer.data, Status.MISS, expires)


def _settled(store: Store, tables: Sequence[TableKeys]) -> Steps[bool]:
    """Whether the cache may be asked about these tables: not while a token of theirs awaits its deletion."""
    waiting = [table.token for table in tables if table.token in store.undeleted]
    if waiting:
        try:
            yield CacheCall(store, "delete_many", (waiting,))
        except CacheUnavailable:
            return False
        store.undeleted.difference_update(waiting)
    return True


def is_current(store: Store, table: TableKeys) -> Steps[bool]:
    """Whether answers of this table can be hits: it has a token and no fence. Without a cache, no."""
    if not (yield from _settled(store, [table])):
        return False
    try:
        found = yield CacheCall(store, "get_many", (list(table),))
    except CacheUnavailable:
        return False
    return _Look.at(found, [table]).held is not None
