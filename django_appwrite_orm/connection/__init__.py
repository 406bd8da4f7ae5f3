"""Connections: a project, a key, a database and the cache in front of them, under a settings alias.

A process that sets Django up opens none, so this module imports the handler alone. `Connection`, with the cache
protocol and the transport, is imported at first use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..sansio import Operation
from .handler import ConnectionHandler, connections

if TYPE_CHECKING:
    from .connection import Connection

__all__ = ["Connection", "ConnectionHandler", "before_use", "connections", "own_caches"]

# Called before each read or write of rows on a connection with AUTO_MIGRATE or AUTO_VALIDATE, with the connection as
# itself and not as a user's.
before_use: list[Callable[[Connection], Operation[None]]] = []


def own_caches(aliases: Iterable[str]) -> str:
    """Return the caches of these connections that other processes do not see, quoted and joined by commas."""
    stores = [connections[alias].store for alias in aliases]
    return ", ".join(sorted({repr(store.alias) for store in stores if not store.shared}))


def __getattr__(name: str) -> Any:
    if name != "Connection":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .connection import Connection

    return Connection
