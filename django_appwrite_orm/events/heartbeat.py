"""The state of listeners, which they report in the cache for other processes such as `stats_appwrite`."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import NamedTuple

from ..cache.effects import CacheGetMany, CacheSet
from ..connection import Connection, connections
from ..exceptions import CacheUnavailable
from ..sansio import Operation, run_sync

# Seconds after which a listener without a report counts as ended: more than the pause between two connections.
TTL = 90
# Seconds between two reports of the same state.
REPORT = 15.0
# Names of listeners; all processes that do the same share one.
COMMAND = "listen_appwrite"
CHANNEL = "listen_appwrite --channel"
CALLBACKS = "orm.listen"


class Report(NamedTuple):
    """The state that a listener reported last (see `Listener`), and the age of the report in seconds."""

    state: str
    age: float


class Reporter:
    """The state of a listener, reported when it changes and at intervals."""

    def __init__(self, alias: str, name: str) -> None:
        self.state = "starting"
        self._alias, self._name = alias, name
        self._reported = float("-inf")

    def become(self, state: str) -> None:
        """Set and report the state."""
        self.state = state
        self._reported = time.monotonic()
        run_sync(report(self._alias, self._name, state))

    def repeat(self) -> None:
        """Report the state again if the last report is older than `REPORT` seconds."""
        if time.monotonic() - self._reported > REPORT:
            self.become(self.state)


def report(alias: str, name: str, state: str) -> Operation[None]:
    """Store the state of the listener `name` in the cache. A cache that fails is ignored."""
    connection = connections[alias]
    with suppress(CacheUnavailable):
        yield from CacheSet(connection.store, _key(connection, name), [state, time.time()], TTL)


def last_reports(alias: str) -> Operation[dict[str, Report]]:
    """Return the last reports of the connection's listeners by name, those of the last 90 seconds."""
    connection = connections[alias]
    keys = {_key(connection, name): name for name in (COMMAND, CHANNEL, CALLBACKS)}
    try:
        entries = yield from CacheGetMany(connection.store, list(keys))
    except CacheUnavailable:
        return {}
    return {
        keys[key]: Report(entry[0], max(time.time() - entry[1], 0.0))
        for key, entry in entries.items()
        if isinstance(entry, list) and [type(part) for part in entry] == [str, float]
    }


def _key(connection: Connection, name: str) -> str:
    return f"{connection.keys.statistics}:listener:{name.replace(' ', '')}:{connection.settings.alias}"
