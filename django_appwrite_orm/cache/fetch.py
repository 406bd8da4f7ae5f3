"""Fetch a missing answer once, however many readers of this and other processes ask for it.

Inside a process readers share a flight. Between processes, where the cache is shared, the leaders elect one of them by
a lock in the cache; the others poll for what it stores, for a bounded time. Flight and lock belong to the tokens their
readers hold, so no reader takes an answer that was fetched before the invalidation it knows.
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
from .entries import CacheEntry, pack, unpack
from .keys import TableKeys
from .policy import CachePolicy
from .process_cache import Remembered, size_of
from .single_flight import Await, Flight, Join, Landed

logger = logging.getLogger("django_appwrite_orm.cache")

_BUSY, _DONE = "busy", "done"
# Seconds a lock stays after its answer was stored, for those who looked for the answer just before.
_DONE_LIFE = 2


@dataclass(frozen=True, slots=True)
class Fetch:
    """An answer to fetch: its cache key, the tables it reads, how to get it.

    `checked` is when the look-up that missed it began (monotonic seconds).
    """

    store: CacheBackend
    key: str
    tables: tuple[TableKeys, ...]
    fetch: Callable[[], Operation[Response]]
    policy: CachePolicy
    checked: float


def fetch_once(wanted: Fetch, versions: tuple[str, ...]) -> Operation[Landed]:
    """Return the answer under the tokens `versions`, fetched by this reader or by another one with the same tokens."""
    flight = yield from Join(wanted.store.flights, (wanted.key, versions))
    if flight.is_leader:
        return (yield from _led(wanted, versions, flight))
    landed = yield from Await(flight, wanted.store.patience)
    return landed if landed is not None else (yield from _fetched(wanted, versions))


def refreshed_behind(wanted: Fetch, versions: tuple[str, ...]) -> Operation[None]:
    """Refresh the answer in the background, unless that is under way or too many refreshes are."""
    # It is carried out in a thread, whoever asks for it: one flight for all of the process, not one for each loop.
    flight = wanted.store.flights.join((wanted.key, versions))
    if flight.is_leader:
        begun = False
        try:
            begun = yield from Spawn(lambda: _refresh(wanted, versions, flight))
        finally:
            if not begun:  # nobody may wait for this flight
                wanted.store.flights.end(flight)


def _refresh(wanted: Fetch, versions: tuple[str, ...], flight: Flight) -> Operation[None]:
    try:
        yield from _led(wanted, versions, flight)
    except AppwriteError as error:
        logger.info("A refresh in the background failed: %s", error)


def _led(wanted: Fetch, versions: tuple[str, ...], flight: Flight) -> Operation[Landed]:
    flights = wanted.store.flights
    try:
        known = wanted.store.memory.get(wanted.key)
        if known is not None and known.tokens == versions and time.time() < known.expires:
            # The flight before this one landed between our look and our start.
            landed = Landed(Response("", known.data), known.expires)
        elif wanted.store.shared:
            landed = yield from _locked(wanted, versions)
        else:
            landed = yield from _fetched(wanted, versions)
    except AppwriteError as error:
        flights.end(flight, error=error)
        raise
    except BaseException:
        flights.end(flight)
        raise
    flights.end(flight, landed)
    return landed


def _locked(wanted: Fetch, versions: tuple[str, ...]) -> Operation[Landed]:
    """Fetch under the lock, or return what its holder stores; fetch without it if that takes too long."""
    store = wanted.store
    lock = f"{wanted.key}:{hashlib.blake2b('.'.join(versions).encode(), digest_size=8).hexdigest()}"
    started = time.monotonic()
    try:
        while not (yield from CacheAdd(store, lock, _BUSY, ceil(store.patience))):
            landed, free = yield from _awaited(wanted, versions, lock, started + store.patience)
            if landed is not None:
                return landed
            if not free:
                return (yield from _fetched(wanted, versions))
            started = time.monotonic()
    except CacheUnavailable:
        return (yield from _fetched(wanted, versions))
    try:
        landed = yield from _fetched(wanted, versions)
    except BaseException:
        yield from _unlock(store, started, CacheDeleteMany(store, [lock]))
        raise
    yield from _unlock(store, started, CacheSet(store, lock, _DONE, _DONE_LIFE))
    return landed


def _unlock(store: CacheBackend, started: float, call: CacheCall[None]) -> Operation[None]:
    """Release the lock, unless it may have expired."""
    if time.monotonic() - started < store.patience:
        try:
            yield from call
        except CacheUnavailable:
            return


def _awaited(
    wanted: Fetch, versions: tuple[str, ...], lock: str, deadline: float
) -> Operation[tuple[Landed | None, bool]]:
    """Poll for what the holder of the lock stores; return it or None, and whether the lock is free."""
    pause = 0.005
    while time.monotonic() < deadline:
        found = yield from CacheGetMany(wanted.store, [wanted.key, lock, *(t.token for t in wanted.tables)])
        envelope = unpack(found.get(wanted.key))
        if envelope is not None and envelope.tokens == versions and time.time() < envelope.expires:
            if (entry := envelope.opened()) is not None:
                wanted.store.memory.put(wanted.key, entry, wanted.checked)
                return Landed(Response(envelope.text, entry.data), envelope.expires), False
            return None, False
        if tuple(found.get(table.token) for table in wanted.tables) != versions or found.get(lock) == _DONE:
            return None, False  # invalidated meanwhile, or stored and gone again: nobody will store it for us
        if lock not in found:
            return None, True
        yield Sleep(pause * random.uniform(0.5, 1.5))
        pause = min(pause * 2, 0.1)
    return None, False


def _fetched(wanted: Fetch, versions: tuple[str, ...]) -> Operation[Landed]:
    """Fetch the answer and store it under `versions`."""
    # Counted from before the fetch: what the answer says may have been so from its first moment on.
    started = time.time()
    answer = yield from wanted.fetch()
    expires = min(started + wanted.policy.life(answer.text), answer.expires)
    life = expires - time.time()
    if life <= 0:
        return Landed(answer, 0)
    envelope = CacheEntry(versions, expires, answer.text)
    try:
        yield from CacheSet(wanted.store, wanted.key, pack(envelope), ceil(life + wanted.policy.grace))
    except CacheUnavailable:
        return Landed(answer, 0)
    remembered = Remembered(versions, envelope.expires, answer.data, size_of(answer.data))
    wanted.store.memory.put(wanted.key, remembered, wanted.checked)
    return Landed(answer, envelope.expires)
