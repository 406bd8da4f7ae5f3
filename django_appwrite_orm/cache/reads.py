"""Read an answer from the cache if it is certainly current, else from Appwrite.

A table's *token* is its random version; missing means that nothing cached is valid. A *fence* (lease or in-doubt
marker) says that the table is being written. The rules that keep a read from ever being older than a write that was
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

from ..exceptions import CacheUnavailable, RateLimited, Unavailable
from ..plans import Response
from ..sansio import Operation
from .backend import CacheBackend
from .effects import CacheAdd, CacheGet, CacheGetMany
from .entries import CacheEntry, unpack
from .fetch import Fetch, fetch_once, refreshed_behind
from .keys import TableKeys
from .policy import CachePolicy
from .process_cache import Remembered
from .results import ReadResult, Status
from .writes import flush_pending, proved

# Seconds a token lives when no one deletes it. Long, for its end makes every answer of the table a miss.
TOKEN_LIFE = 86_400


@dataclass(frozen=True, slots=True)
class TableVersions:
    """The result of one look-up of the tables: their tokens, in order, and whether one of them is fenced."""

    tokens: tuple[str | None, ...]
    fenced: bool

    @classmethod
    def at(cls, found: Mapping[str, object], tables: Sequence[TableKeys]) -> TableVersions:
        tokens = (found.get(table.token) for table in tables)
        return cls(
            tuple(token if isinstance(token, str) and token else None for token in tokens),
            any(fence in found for table in tables for fence in table.fences),
        )

    @property
    def versions(self) -> tuple[str, ...] | None:
        """The tokens an answer may be stored and found under; None if one is missing or a table is fenced."""
        known = tuple(token for token in self.tokens if token is not None)
        return None if self.fenced or len(known) < len(self.tokens) else known


def read(
    store: CacheBackend,
    key: str,
    tables: Sequence[TableKeys],
    fetch: Callable[[], Operation[Response]],
    policy: CachePolicy,
) -> Operation[ReadResult]:
    """Return the answer stored under `key` if it is current, else call `fetch` and store its answer.

    `policy` says for how long, and what may be served when the answer is not current any more.
    """
    if policy.ttl <= 0 or not (store.ledger.is_clear or (yield from flush_pending(store, tables))):
        answer = yield from fetch()
        return ReadResult(answer.data, Status.BYPASS, size=len(answer.text))
    trusted = store.memory.trusted(key, store.ledger.touched(table.token for table in tables))
    if trusted is not None and time.time() < trusted.expires:
        return ReadResult(trusted.data, Status.HIT, trusted.expires, versions=trusted.tokens)

    checked = time.monotonic()
    try:
        kept, versions = yield from _look(store, key, tables)
    except CacheUnavailable:
        kept, versions = store.memory.get(key), None
        yield from proved(store, tables)  # where it takes no changes either, nothing it holds is to be relied on
    wanted = Fetch(store, key, tuple(tables), fetch, policy, checked)
    if versions is not None and kept is not None and kept.tokens == versions:
        entry = kept.opened() if isinstance(kept, CacheEntry) else kept
        left = kept.expires - time.time()
        if entry is not None and left > 0:
            store.memory.put(key, entry, checked)
            return ReadResult(entry.data, Status.HIT, entry.expires, _length(kept), versions)
        if entry is not None and left + policy.stale_while_revalidate > 0:
            yield from refreshed_behind(wanted, versions)
            return ReadResult(entry.data, Status.STALE, size=_length(kept))
    try:
        if versions is None:
            answer = yield from fetch()
            return ReadResult(answer.data, Status.MISS, size=len(answer.text))
        landed = yield from fetch_once(wanted, versions)
        return ReadResult(landed.answer.data, Status.MISS, landed.expires, len(landed.answer.text), versions)
    except (Unavailable, RateLimited):
        if not policy.stale_if_error or kept is None or kept.expires + policy.stale_if_error <= time.time():
            raise
        entry = kept.opened() if isinstance(kept, CacheEntry) else kept
        if entry is None:
            raise
        return ReadResult(entry.data, Status.STALE, size=_length(kept))


def _length(kept: CacheEntry | Remembered) -> int:
    return len(kept.text) if isinstance(kept, CacheEntry) else 0


def _look(
    store: CacheBackend, key: str, tables: Sequence[TableKeys]
) -> Operation[tuple[CacheEntry | Remembered | None, tuple[str, ...] | None]]:
    """Return what is stored under `key`, and the tokens that an answer may now be found and stored under."""
    names = [name for table in tables for name in table]
    known = store.memory.get(key)
    ours = known if known is not None and time.time() < known.expires else None
    found = yield from CacheGetMany(store, names if ours else [key, *names])
    look = TableVersions.at(found, tables)
    kept = ours or unpack(found.get(key)) or known  # where ours has run out, another process may have a later one
    if ours is not None and look.versions is not None and ours.tokens != look.versions:
        kept = unpack((yield from CacheGet(store, key))) or ours
    if look.versions is None and not look.fenced:
        for table, token in zip(tables, look.tokens, strict=True):
            if token is None:
                yield from CacheAdd(store, table.token, secrets.token_hex(16), TOKEN_LIFE)
        look = TableVersions.at((yield from CacheGetMany(store, names)), tables)
    return kept, look.versions


def is_current(store: CacheBackend, table: TableKeys) -> Operation[bool]:
    """Whether answers of this table can be hits: it has a token and no fence. False without a cache."""
    return (yield from versions(store, [table])) is not None


def versions(store: CacheBackend, tables: Sequence[TableKeys]) -> Operation[tuple[str, ...] | None]:
    """Return the tokens of these tables, in order; None if one is missing, fenced, or the cache fails."""
    if not (yield from flush_pending(store, tables)):
        return None
    try:
        found = yield from CacheGetMany(store, [name for table in tables for name in table])
    except CacheUnavailable:
        return None
    return TableVersions.at(found, tables).versions
