"""Fetch a missing result once, however many readers of this and other processes ask for it.

Inside a process readers share a flight. Between processes, where the cache is shared, the leaders elect one of them by
a lock in the cache; the others poll for what it stores, for a bounded time. Flight and lock belong to the tokens their
readers hold, so no reader takes a result that was fetched before the invalidation it knows.
"""

from __future__ import annotations

import hashlib
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from ..exceptions import AppwriteError, CacheUnavailable
from ..plans import Response
from ..sansio import Operation, Sleep, Spawn
from .backend import CacheBackend
from .effects import CacheAdd, CacheCall, CacheDeleteMany, CacheGetMany, CacheSet
from .entries import CacheEntry, by_column, pack, unpack
from .keys import TableKeys
from .policy import CachePolicy
from .process_cache import DecodedEntry
from .single_flight import Await, FetchResult, Flight, Join

logger = logging.getLogger("django_appwrite_orm.cache")

_BUSY, _DONE = "busy", "done"
# Seconds a lock stays after its result was stored, for readers that looked for the result just before.
_DONE_TTL = 2


@dataclass(frozen=True, slots=True)
class Miss:
    """A result that is not in the cache: its key, the tables it reads, how to fetch it.

    `checked` is when the look-up began that did not find it (monotonic seconds).
    """

    store: CacheBackend
    key: str
    tables: tuple[TableKeys, ...]
    fetch: Callable[[], Operation[Response]]
    policy: CachePolicy
    checked: float


def fetch_once(miss: Miss, versions: tuple[str, ...]) -> Operation[FetchResult]:
    """Return the result under the tokens `versions`, fetched by this reader or by another one with the same tokens."""
    flight = yield from Join(miss.store.flights, (miss.key, versions))
    if flight.is_leader:
        return (yield from _lead(miss, versions, flight))
    fetched = yield from Await(flight, miss.store.patience)
    return fetched if fetched is not None else (yield from _fetch(miss, versions))


def refresh_in_background(miss: Miss, versions: tuple[str, ...]) -> Operation[None]:
    """Refresh the result in the background, unless that is under way or too many refreshes are."""
    # It runs in a thread, whoever starts it: one flight for all of the process, not one for each loop.
    flight = miss.store.flights.join((miss.key, versions))
    if flight.is_leader:
        started = False
        try:
            started = yield from Spawn(lambda: _refresh(miss, versions, flight))
        finally:
            if not started:  # nobody may wait for this flight
                miss.store.flights.end(flight)


def _refresh(miss: Miss, versions: tuple[str, ...], flight: Flight) -> Operation[None]:
    try:
        yield from _lead(miss, versions, flight)
    except AppwriteError as error:
        logger.info("A refresh in the background failed: %s", error)


def _lead(miss: Miss, versions: tuple[str, ...], flight: Flight) -> Operation[FetchResult]:
    flights = miss.store.flights
    try:
        cached = miss.store.memory.get(miss.key)
        if cached is not None and cached.tokens == versions and time.time() < cached.expires:
            # The flight before this one ended between our look-up and our start.
            fetched = FetchResult(Response("", cached.data), cached.expires)
        elif miss.store.shared:
            fetched = yield from _fetch_locked(miss, versions)
        else:
            fetched = yield from _fetch(miss, versions)
    except AppwriteError as error:
        flights.end(flight, error=error)
        raise
    except BaseException:
        flights.end(flight)
        raise
    flights.end(flight, fetched)
    return fetched


def _fetch_locked(miss: Miss, versions: tuple[str, ...]) -> Operation[FetchResult]:
    """Fetch under the lock, or return what its holder stores; fetch without it if that takes too long."""
    store = miss.store
    lock = f"{miss.key}:{hashlib.blake2b('.'.join(versions).encode(), digest_size=8).hexdigest()}"
    started = time.monotonic()
    try:
        while not (yield from CacheAdd(store, lock, _BUSY, ceil(store.patience))):
            fetched, free = yield from _wait_for_holder(miss, versions, lock, started + store.patience)
            if fetched is not None:
                return fetched
            if not free:
                return (yield from _fetch(miss, versions))
            started = time.monotonic()
    except CacheUnavailable:
        return (yield from _fetch(miss, versions))
    try:
        fetched = yield from _fetch(miss, versions)
    except BaseException:
        yield from _unlock(store, started, CacheDeleteMany(store, [lock]))
        raise
    yield from _unlock(store, started, CacheSet(store, lock, _DONE, _DONE_TTL))
    return fetched


def _unlock(store: CacheBackend, started: float, call: CacheCall[None]) -> Operation[None]:
    """Release the lock, unless it may have expired."""
    if time.monotonic() - started < store.patience:
        try:
            yield from call
        except CacheUnavailable:
            return


def _wait_for_holder(
    miss: Miss, versions: tuple[str, ...], lock: str, deadline: float
) -> Operation[tuple[FetchResult | None, bool]]:
    """Poll for what the holder of the lock stores; return it or None, and whether the lock is free."""
    pause = 0.005
    while time.monotonic() < deadline:
        values = yield from CacheGetMany(miss.store, [miss.key, lock, *(t.token for t in miss.tables)])
        entry = unpack(values.get(miss.key))
        if entry is not None and entry.tokens == versions and time.time() < entry.expires:
            if (decoded := entry.decode()) is not None:
                miss.store.memory.put(miss.key, decoded, miss.checked)
                return FetchResult(Response(entry.text, decoded.data), entry.expires), False
            return None, False
        if tuple(values.get(table.token) for table in miss.tables) != versions or values.get(lock) == _DONE:
            return None, False  # invalidated meanwhile, or stored and gone again: nobody will store it for us
        if lock not in values:
            return None, True
        yield Sleep(pause * random.uniform(0.5, 1.5))
        pause = min(pause * 2, 0.1)
    return None, False


def _fetch(miss: Miss, versions: tuple[str, ...]) -> Operation[FetchResult]:
    """Fetch the result and store it under `versions`."""
    # The TTL starts before the fetch: the result may be as old as that.
    started = time.time()
    response = yield from miss.fetch()
    expires = min(started + miss.policy.ttl_of(response.text), response.expires)
    ttl = expires - time.time()
    if ttl <= 0:
        return FetchResult(response, 0)
    cached = by_column(response)
    entry = CacheEntry(versions, expires, cached.text)
    try:
        yield from CacheSet(miss.store, miss.key, pack(entry), ceil(ttl + miss.policy.grace))
    except CacheUnavailable:
        return FetchResult(response, 0)
    miss.store.memory.put(miss.key, DecodedEntry(versions, entry.expires, cached.data), miss.checked)
    return FetchResult(response._replace(data=cached.data), entry.expires)
