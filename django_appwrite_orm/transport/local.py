"""The door to the local Appwrite: the same HTTP client, without a socket under it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import httpx2 as httpx

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


def _handle(server: LocalAppwrite, request: httpx.Request, body: bytes) -> httpx.Response:
    headers = {name.lower(): value for name, value in request.headers.items()}
    answer = server.handle(request.method, request.url.raw_path.decode("ascii"), headers, body)
    return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)


class LocalTransport(httpx.BaseTransport):
    def __init__(self, server: LocalAppwrite) -> None:
        self._server = server

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return _handle(self._server, request, request.read())


class AsyncLocalTransport(httpx.AsyncBaseTransport):
    """SQLite blocks, so each request runs in a worker thread."""

    def __init__(self, server: LocalAppwrite) -> None:
        self._server = server

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await asyncio.to_thread(_handle, self._server, request, await request.aread())
