"""The wire to the local Appwrite: no socket, a call in this process."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from .wire import Incoming, Outgoing

if TYPE_CHECKING:
    from ..local import LocalAppwrite

_lock = threading.Lock()
_servers: dict[str, LocalAppwrite] = {}


def open_local(file: str) -> LocalAppwrite:
    """The one server of this process for `file` (a path, or `:memory:`)."""
    from ..local import LocalAppwrite  # only projects that use it pay for its import

    with _lock:
        if file not in _servers:
            _servers[file] = LocalAppwrite(file)
        return _servers[file]


def close_local(file: str) -> None:
    """Close and forget the server of `file`; an in-memory one loses its data."""
    with _lock:
        server = _servers.pop(file, None)
    if server is not None:
        server.close()


class LocalWire:
    """Requests to the local Appwrite of `file`. They take no time on the way, so that none is given up."""

    def __init__(self, file: str) -> None:
        self._file = file

    def send(self, outgoing: Outgoing, limit: float) -> Incoming:
        target = f"/v1{outgoing.target}"
        answer = open_local(self._file).handle(outgoing.method, target, outgoing.headers, outgoing.body or b"")
        return Incoming(answer.status, answer.headers, answer.body)

    async def asend(self, outgoing: Outgoing, limit: float) -> Incoming:
        """SQLite blocks, so each request runs in a worker thread."""
        return await asyncio.to_thread(self.send, outgoing, limit)

    def close(self) -> None:
        """Nothing to do: the server belongs to the process (`close_local`)."""
