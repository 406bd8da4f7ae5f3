"""Read a result from the cache if it is certainly current, else from Appwrite.

A table's *token* is its random version; missing means that nothing cached is valid. A *fence* (lease or in-doubt
marker) says that the table is being written. The rules that keep a read from ever being older than a write that was
acknowledged before it began:

- a hit needs every token present and equal to the entry's;
- a result is stored under the tokens held before it was fetched, never under newer ones;
- fences are looked at after the tokens and before the fetch: under a fence the result is not stored;
- a token once seen is never written back: a missing one is added, and then looked at again together with the
  fences, since a writer may have come in between.

A hit needs no look at the fences. A writer sets its fence, deletes the token, and only then sends. A token that is
there was either there before the deletion, so nothing has been sent, or added under the fence, so nothing is stored
under it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence

from ..exceptions import CacheUnavailable, RateLimited, Unavailable
from ..plans import Response
from ..sansio import Operation
from .backend import CacheBackend
from .effects import CacheAdd, CacheGetMany
from .entries import CacheEntry, unpack
from .fetch import Miss, fetch_once, refresh_in_background
from .keys import TableKeys
from .policy import CachePolicy
from .process_cache import DecodedEntry
from .results import ReadResult, Status
from .writes import flush_pending, probe_in_background, proved

# Seconds after which a token expires when nobody deletes it. Long, because its end makes every
# result of the table a miss.
TOKEN_TTL = 86_400


def tokens_in(values: Mapping[str, object], tables: Sequence[TableKeys]) -> tuple[str, ...] | None:
    """Return the tokens of `tables`, in order, in the values of a look-up; None if one is missing."""
    tokens = []
    for table in tables:
        token = values.get(table.token)
        if not isinstance(token, str) or not token:
            return None
        tokens.append(token)
    return tuple(tokens)


def read(
    store: CacheBackend,
    key: str,
    tables: Sequence[TableKeys],
    fetch: Callable[[], Operation[Response]],
    policy: CachePolicy,
) -> Operation[ReadResult]:
    """Return the result stored under `key` if it is current, else call `fetch` and store its result.

    `policy` says for how long, and what may be served when the result is not current any more.
    """
    if policy.ttl <= 0 or not (store.ledger.is_clear or (yield from flush_pending(store, tables))):
        response = yield from fetch()
        return ReadResult(response.data, Status.BYPASS, size=len(response.text))
    if store.memory.trust:
        trusted = store.memory.trusted(key, store.ledger.touched(table.token for table in tables))
        if trusted is not None and time.time() < trusted.expires:
            return ReadResult(trusted.data, Status.HIT, trusted.expires, versions=trusted.tokens)

    checked = time.monotonic()
    kept = store.memory.get(key)
    usable = kept if kept is not None and time.time() < kept.expires else None
    names = [table.token for table in tables]
    stored: CacheEntry | DecodedEntry | None
    try:
        values = yield from CacheGetMany(store, [key, *names] if usable is None else names)
        stored = usable or unpack(values.get(key)) or kept  # another process may have stored a later one
        tokens = tokens_in(values, tables)
        if (hit := _hit(store, key, stored, tokens, checked)) is not None:
            return hit
        if tokens is None:
            versions = yield from _with_new_tokens(store, tables, values)
        else:
            fences = _fences(tables)
            values = yield from CacheGetMany(store, fences if usable is None else [key, *fences])
            versions = tokens if values.keys().isdisjoint(fences) else None
            if usable is not None:
                stored = unpack(values.get(key)) or usable
                if (hit := _hit(store, key, stored, tokens, checked)) is not None:
                    return hit
    except CacheUnavailable:
        stored, versions = store.memory.get(key), None
        if store.ledger.unresponsive:
            yield from probe_in_background(store, tables)
        else:
            yield from proved(store, tables)  # a cache that refuses changes too cannot be relied on
    miss = Miss(store, key, tuple(tables), fetch, policy, checked)
    if (
        stored is not None
        and stored.tokens == versions
        and time.time() < stored.expires + policy.stale_while_revalidate
    ):
        entry = _decoded(stored)
        if entry is not None and versions is not None:
            yield from refresh_in_background(miss, versions)
            return ReadResult(entry.data, Status.STALE, size=_length(stored))
    try:
        if versions is None:
            response = yield from fetch()
            return ReadResult(response.data, Status.MISS, size=len(response.text))
        fetched = yield from fetch_once(miss, versions)
        return ReadResult(fetched.response.data, Status.MISS, fetched.expires, len(fetched.response.text), versions)
    except (Unavailable, RateLimited):
        if not policy.stale_if_error or stored is None or stored.expires + policy.stale_if_error <= time.time():
            raise
        if (entry := _decoded(stored)) is None:
            raise
        return ReadResult(entry.data, Status.STALE, size=_length(stored))


def _hit(
    store: CacheBackend,
    key: str,
    stored: CacheEntry | DecodedEntry | None,
    tokens: tuple[str, ...] | None,
    checked: float,
) -> ReadResult | None:
    """Return the result that is `stored` under `key` if it is current: read under `tokens`, and not expired."""
    if stored is None or stored.tokens != tokens or time.time() >= stored.expires:
        return None
    entry = _decoded(stored)
    if entry is None:
        return None
    if entry is not stored or store.memory.trust:  # else it came from there, and nothing asks when it was checked
        store.memory.put(key, entry, checked)
    return ReadResult(entry.data, Status.HIT, entry.expires, _length(stored), tokens)


def _decoded(stored: CacheEntry | DecodedEntry) -> DecodedEntry | None:
    return stored.decode() if isinstance(stored, CacheEntry) else stored


def _length(stored: CacheEntry | DecodedEntry) -> int:
    return len(stored.text) if isinstance(stored, CacheEntry) else 0


def _fences(tables: Sequence[TableKeys]) -> list[str]:
    return [fence for table in tables for fence in table.fences]


def _with_new_tokens(
    store: CacheBackend, tables: Sequence[TableKeys], values: Mapping[str, object]
) -> Operation[tuple[str, ...] | None]:
    """Add the tokens that are missing in `values`; return those under which a result may now be stored."""
    for table in tables:
        if tokens_in(values, [table]) is None:
            yield from CacheAdd(store, table.token, secrets.token_hex(16), TOKEN_TTL)
    return (yield from _unfenced(store, tables))


def _unfenced(store: CacheBackend, tables: Sequence[TableKeys]) -> Operation[tuple[str, ...] | None]:
    """Return the tokens of `tables`, in order; None if one is missing or a table is fenced."""
    fences = _fences(tables)
    values = yield from CacheGetMany(store, [*(table.token for table in tables), *fences])
    return tokens_in(values, tables) if values.keys().isdisjoint(fences) else None


def is_current(store: CacheBackend, table: TableKeys) -> Operation[bool]:
    """Whether results of this table can be hits: it has a token and no fence. False without a cache."""
    return (yield from versions(store, [table], unfenced=True)) is not None


def versions(
    store: CacheBackend, tables: Sequence[TableKeys], *, unfenced: bool = False
) -> Operation[tuple[str, ...] | None]:
    """Return the tokens of these tables, in order; None if one is missing or the cache fails.

    What somebody keeps under them is current, as for a hit. What is read from now on may be kept under them only if
    they are `unfenced`: then None is returned for a table with a fence too.
    """
    if not (store.ledger.is_clear or (yield from flush_pending(store, tables))):
        return None
    try:
        if unfenced:
            return (yield from _unfenced(store, tables))
        return tokens_in((yield from CacheGetMany(store, [table.token for table in tables])), tables)
    except CacheUnavailable:
        return None
