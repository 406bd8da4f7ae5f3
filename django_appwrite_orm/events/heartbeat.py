"""What a listener says of itself, in the cache that it clears, for whoever looks from another process."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import NamedTuple

from ..cache.effects import CacheGetMany, CacheSet
from ..connection import Connection, connections
from ..exceptions import CacheUnavailable
from ..sansio import Operation, run_sync

# Seconds after which a listener that says nothing is taken for gone: more than a pause between two connections.
LIFE = 90
# Seconds between two reports of one state.
REPORT = 15.0
# Who leaves word, one for all processes that do the same.
COMMAND = "listen_appwrite"
CHANNEL = "listen_appwrite --channel"
CALLBACKS = "orm.listen"


class Report(NamedTuple):
    """`state` of the last listener heard of (see `Listener`), and its `age` in seconds."""

    state: str
    age: float


class Reporter:
    """Keeps the state of a listener, and leaves word of it at every turn and now and then."""

    def __init__(self, alias: str, name: str) -> None:
        self.state = "starting"
        self._alias, self._name = alias, name
        self._reported = float("-inf")

    def become(self, state: str) -> None:
        self.state = state
        self._reported = time.monotonic()
        run_sync(report(self._alias, self._name, state))

    def repeat(self) -> None:
        """Say again what is, where that has not been said for a while."""
        if time.monotonic() - self._reported > REPORT:
            self.become(self.state)


def report(alias: str, name: str, state: str) -> Operation[None]:
    """Leave word of the state of the listener `name`. Without the cache it is not said, and nothing else is wrong."""
    connection = connections[alias]
    with suppress(CacheUnavailable):
        yield from CacheSet(connection.store, _key(connection, name), [state, time.time()], LIFE)


def last_reports(alias: str) -> Operation[dict[str, Report]]:
    """The last words of listeners for the connection `alias`, by name; of those heard of in the last 90 seconds."""
    connection = connections[alias]
    keys = {_key(connection, name): name for name in (COMMAND, CHANNEL, CALLBACKS)}
    try:
        found = yield from CacheGetMany(connection.store, list(keys))
    except CacheUnavailable:
        return {}
    return {
        keys[key]: Report(said[0], max(time.time() - said[1], 0.0))
        for key, said in found.items()
        if isinstance(said, list) and [type(part) for part in said] == [str, float]
    }


def _key(connection: Connection, name: str) -> str:
    return f"{connection.keys.statistics}:listener:{name.replace(' ', '')}:{connection.settings.alias}"
