"""Open the connection of an alias at first use, and keep it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.signals import setting_changed

from ..conf import configured
from ..credentials import ConnectionRef, Using
from ..threads import register_after_fork

if TYPE_CHECKING:
    from .connection import Connection


class ConnectionHandler(dict[Using, "Connection"]):
    """The connections of this process by alias, opened at first use.

    A dict, because operations look up open ones several times. It is equal to no other handler.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __init__(self, open_connection: Callable[[str], Connection]) -> None:
        super().__init__()
        self._open = open_connection
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        """Drop stores in memory: what a child writes to its copy is not in the parent's."""
        for alias, connection in list(self.items()):
            if connection.in_memory:
                del self[alias]
        self._lock = threading.Lock()

    def __missing__(self, using: Using) -> Connection:
        """Open the connection of an alias, or return that of a reference with its credentials, which is not kept.

        Raises `ConfigurationError` if the settings do not have it.
        """
        if isinstance(using, ConnectionRef):
            opened = self[using.alias]
            return opened if using.credentials is None else opened.speaking_for(using.credentials)
        with self._lock:
            connection = self.get(using)
            if connection is None:
                connection = self.setdefault(using, self._open(using))
        return connection

    def aliases(self) -> list[str]:
        """Return the aliases in the settings."""
        return list(configured())

    def reset(self) -> None:
        """Drop all connections, so that changed settings take effect."""
        with self._lock:
            dropped = list(self.values())
            self.clear()
        for connection in dropped:
            connection.close()


def _open(alias: str) -> Connection:
    from ..conf.load import connection_settings
    from .connection import Connection

    return Connection(connection_settings(alias))


connections = ConnectionHandler(_open)


def _reset(*, setting: str, **kwargs: Any) -> None:
    if setting in ("APPWRITE_ORM", "CACHES", "BASE_DIR"):
        connections.reset()


setting_changed.connect(_reset)
