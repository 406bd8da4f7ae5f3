"""Read a result from the cache if it is certainly current, else from Appwrite.

A table's *token* is its random version; missing means that nothing cached is valid. A *fence* (lease or in-doubt
marker) says that the table is being written. The rules that keep a read from ever being older than a write that was
acknowledged before it began:

- a hit needs no fence, and every token present and equal to the entry's;
- under a fence the result is fetched and not stored;
- a result is stored under the tokens held before it was fetched, never under newer ones;
- a token once seen is never written back: a missing one is added, and then looked at again together with the
  fences, since a writer may have come in between.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ..exceptions import CacheUnavailable, RateLimited, Unavailable
from ..plans import Response
from ..sansio import Operation
from .backend import CacheBackend
from .effects import CacheAdd, CacheGet, CacheGetMany
from .entries import CacheEntry, unpack
from .fetch import Miss, fetch_once, refresh_in_background
from .keys import TableKeys
from .policy import CachePolicy
from .process_cache import DecodedEntry
from .results import ReadResult, Status
from .writes import flush_pending, proved

# Seconds after which a token expires when nobody deletes it. Long, because its end makes every
# result of the table a miss.
TOKEN_TTL = 86_400


class TableVersions(NamedTuple):
    """The result of one look-up of the tables.

    `versions` are their tokens, in order, under which a result may be stored and found; None if one is missing or a
    table is fenced. `missing` are the tables without a token, `fenced` is whether one of them has a fence.
    """

    versions: tuple[str, ...] | None
    missing: list[TableKeys]
    fenced: bool

    @classmethod
    def at(cls, values: Mapping[str, object], tables: Sequence[TableKeys]) -> TableVersions:
        """Return the versions of `tables` in the values of one look-up."""
        tokens: list[str] = []
        missing: list[TableKeys] = []
        fenced = False
        for table in tables:
            token = values.get(table.token)
            if isinstance(token, str) and token:
                tokens.append(token)
            else:
                missing.append(table)
            if not fenced and not values.keys().isdisjoint(table.fences):
                fenced = True
        return cls(None if fenced or missing else tuple(tokens), missing, fenced)


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
    try:
        stored, versions = yield from _look(store, key, tables)
    except CacheUnavailable:
        stored, versions = store.memory.get(key), None
        yield from proved(store, tables)  # a cache that refuses changes too cannot be relied on
    entry, left = None, 0.0
    if versions is not None and stored is not None and stored.tokens == versions:
        entry = stored.decode() if isinstance(stored, CacheEntry) else stored
        left = stored.expires - time.time()
        if entry is not None and left > 0:
            if (
                entry is not stored or store.memory.trust
            ):  # else it came from there, and nothing asks when it was checked
                store.memory.put(key, entry, checked)
            return ReadResult(entry.data, Status.HIT, entry.expires, _length(stored), versions)
    miss = Miss(store, key, tuple(tables), fetch, policy, checked)
    if versions is not None and stored is not None and entry is not None and left + policy.stale_while_revalidate > 0:
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
        entry = stored.decode() if isinstance(stored, CacheEntry) else stored
        if entry is None:
            raise
        return ReadResult(entry.data, Status.STALE, size=_length(stored))


def _length(stored: CacheEntry | DecodedEntry) -> int:
    return len(stored.text) if isinstance(stored, CacheEntry) else 0


def _look(
    store: CacheBackend, key: str, tables: Sequence[TableKeys]
) -> Operation[tuple[CacheEntry | DecodedEntry | None, tuple[str, ...] | None]]:
    """Return what is stored under `key`, and the tokens that a result may now be found and stored under."""
    names = [name for table in tables for name in table]
    in_process = store.memory.get(key)
    usable = in_process if in_process is not None and time.time() < in_process.expires else None
    values = yield from CacheGetMany(store, names if usable else [key, *names])
    look = TableVersions.at(values, tables)
    stored = usable or unpack(values.get(key)) or in_process  # another process may have stored a later one
    if usable is not None and look.versions is not None and usable.tokens != look.versions:
        stored = unpack((yield from CacheGet(store, key))) or usable
    if look.missing and not look.fenced:
        for table in look.missing:
            yield from CacheAdd(store, table.token, secrets.token_hex(16), TOKEN_TTL)
        look = TableVersions.at((yield from CacheGetMany(store, names)), tables)
    return stored, look.versions


def is_current(store: CacheBackend, table: TableKeys) -> Operation[bool]:
    """Whether results of this table can be hits: it has a token and no fence. False without a cache."""
    return (yield from versions(store, [table])) is not None


def versions(store: CacheBackend, tables: Sequence[TableKeys]) -> Operation[tuple[str, ...] | None]:
    """Return the tokens of these tables, in order; None if one is missing, fenced, or the cache fails."""
    if not (yield from flush_pending(store, tables)):
        return None
    try:
        values = yield from CacheGetMany(store, [name for table in tables for name in table])
    except CacheUnavailable:
        return None
    return TableVersions.at(values, tables).versions
