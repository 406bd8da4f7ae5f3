"""Transport to the local Appwrite: a call in this process, without a socket."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ..credentials import in_clear
from ..exceptions import ConfigurationError
from ..threads import register_after_fork
from .messages import RawRequest, RawResponse, TransportError

if TYPE_CHECKING:
    from ..local import LocalAppwrite

# The file of a server that keeps everything in the memory of its process.
IN_MEMORY = ":memory:"


class _Servers:
    """Those of this process, by file. A child goes on with its parent's, which know of forks themselves."""

    def __init__(self) -> None:
        self._open: dict[str, LocalAppwrite] = {}
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    def open(self, file: str) -> LocalAppwrite:
        from ..local import ForeignFile, LocalAppwrite  # only projects that use it pay for its import

        with self._lock:
            if file not in self._open:
                try:
                    self._open[file] = LocalAppwrite(file)
                except ForeignFile as problem:
                    raise ConfigurationError(str(problem)) from problem
            return self._open[file]

    def close(self, file: str) -> None:
        with self._lock:
            server = self._open.pop(file, None)
        if server is not None:
            server.close()


_servers = _Servers()


def local_file(endpoint: str) -> str | None:
    """Return the file of an endpoint `local:FILE` as an absolute path, or `:memory:`; None for other endpoints."""
    scheme, _, file = endpoint.partition(":")
    if scheme != "local":
        return None
    return file if file == IN_MEMORY else str(Path(file).absolute())


def open_local(file: str) -> LocalAppwrite:
    """Return the one server of this process for `file` (a path, or `:memory:`).

    Raises `ConfigurationError` for a file of another program.
    """
    return _servers.open(file)


def close_local(file: str) -> None:
    """Close and drop the server of `file`; one in memory loses its data."""
    _servers.close(file)


class LocalTransport:
    """Requests to the local Appwrite of `file`. They need no time limit.

    `strict`: with the defects of a real server too.
    """

    def __init__(self, file: str, *, strict: bool = False) -> None:
        self._file = file
        self._strict = strict

    def send(self, outgoing: RawRequest, limit: float) -> RawResponse | TransportError:
        """Return the response of the local Appwrite, in this thread."""
        target = f"/v1{outgoing.target}"
        server, body = open_local(self._file), outgoing.body or b""
        if not server.accepts_head(outgoing.head_size, strict=self._strict):
            return TransportError("Server disconnected without sending a response.", sent=True)
        response = server.handle(outgoing.method, target, in_clear(outgoing.headers), body, strict=self._strict)
        return RawResponse(response.status, response.headers, response.body)

    async def asend(self, outgoing: RawRequest, limit: float) -> RawResponse | TransportError:
        """Send it in a worker thread, because SQLite blocks."""
        return await asyncio.to_thread(self.send, outgoing, limit)

    def close(self) -> None:
        """Do nothing: the server belongs to the process (`close_local`)."""
