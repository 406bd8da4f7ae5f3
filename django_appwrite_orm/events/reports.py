"""What a listener says of itself, in the cache that it clears, for whoever looks from another process."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import NamedTuple

from ..caching.store import CacheCall
from ..connection import Connection, connections
from ..exceptions import CacheUnavailable
from ..steps import Steps

# Seconds after which a listener that says nothing is taken for gone: more than a pause between two connections.
LIFE = 90


class Report(NamedTuple):
    """`state` of the last listener heard of (see `Listener`), and its `age` in seconds."""

    state: str
    age: float


def report(alias: str, state: str) -> Steps[None]:
    """Leave word of a listener's state. Without the cache it is not said, and nothing else is wrong."""
    connection = connections[alias]
    with suppress(CacheUnavailable):
        yield CacheCall(connection.store, "set", (_key(connection), [state, time.time()], LIFE))


def last_report(alias: str) -> Steps[Report | None]:
    """The last word of a listener for the connection `alias`; None when there is none of the last 90 seconds."""
    connection = connections[alias]
    key = _key(connection)
    try:
        found = (yield CacheCall(connection.store, "get_many", ([key],))).get(key)
    except CacheUnavailable:
        return None
    if not isinstance(found, list) or [type(part) for part in found] != [str, float]:
        return None
    return Report(found[0], max(time.time() - found[1], 0.0))


def _key(connection: Connection) -> str:
    return f"{connection.keys.statistics}:listener:{connection.settings.alias}"
