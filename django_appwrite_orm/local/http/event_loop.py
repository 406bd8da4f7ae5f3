"""The HTTP server: one event loop reads and writes all connections, a few threads answer.

A client that sends or reads slowly, or does nothing, occupies no thread. The number of connections, the time of each
and their bytes in memory are limited; over a limit, the connection that has waited longest for its client is closed.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ..api.responses import Response
from .connection import Connection, State
from .receive_buffer import HeldBytes
from .request_head import Head

if TYPE_CHECKING:
    from ..app import LocalAppwrite

MAX_CONNECTIONS: Final = 400  # below the 512 sockets that `select` takes on Windows
MAX_UNSENT: Final = 256 * 1024 * 1024  # bytes of responses that clients have not read yet, of all connections
_READ_SIZE: Final = 65_536
_RETRY_DELAY: Final = 0.5  # seconds until the next try after a connection that could not be accepted
_STOP_TIMEOUT: Final = 5.0  # seconds for requests that are being answered when the server stops

logger = logging.getLogger(__name__)
Take = Callable[[socket.socket, str, Mapping[str, str]], None]


class ConnectionServer:
    """Serves ``app`` on a listening socket, from ``run`` to ``stop``.

    - ``hosts``: the host names that it answers for; empty for all.
    - ``take``: receives the sockets of connections that become websockets.
    """

    def __init__(
        self, app: LocalAppwrite, listening: socket.socket, threads: int, hosts: Collection[str], take: Take
    ) -> None:
        self.app = app
        self.held_bytes = HeldBytes()
        self.stopping = False
        self._listening = listening
        listening.setblocking(False)
        self._hosts = hosts
        self._take = take
        self._workers = ThreadPoolExecutor(threads, "local-appwrite-worker")
        self._accepted: dict[asyncio.Task[None], socket.socket] = {}
        self._connections: set[Connection] = set()
        self._ready = threading.Event()

    def run(self) -> None:
        """Serve until ``stop`` is called."""
        try:
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(self._main())
        finally:
            self._workers.shutdown(wait=False, cancel_futures=True)

    def stop(self) -> None:
        """End ``run``; requests that are being answered have a few seconds left."""
        if self._ready.wait(_STOP_TIMEOUT):
            with suppress(RuntimeError):  # the loop is closed already
                self._loop.call_soon_threadsafe(self._done.set)

    async def _main(self) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        self._listen()
        self._ready.set()
        await self._done.wait()
        self.stopping = True
        self._loop.remove_reader(self._listening)
        self._listening.close()
        for connection in self._waiting(State.LISTENING):
            connection.abort()
        if self._accepted:
            await asyncio.wait(self._accepted, timeout=_STOP_TIMEOUT)
        for task in self._accepted:
            task.cancel()
        await asyncio.gather(*self._accepted, return_exceptions=True)

    def _listen(self) -> None:
        if not self.stopping:
            self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        """Accept one connection and start its task, which owns the socket from the start."""
        try:
            accepted, _ = self._listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as problem:  # such as no file descriptors left
            logger.warning("A connection could not be accepted: %s", problem)
            self._loop.remove_reader(self._listening)
            self._loop.call_later(_RETRY_DELAY, self._listen)
            return
        task = self._loop.create_task(self._serve(accepted))
        self._accepted[task] = accepted
        task.add_done_callback(lambda task: self._accepted.pop(task).close())

    async def _serve(self, accepted: socket.socket) -> None:
        try:
            # asyncio sets this only for sockets that name their protocol; without it a delayed ACK costs 40 ms
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader, writer = await asyncio.open_connection(sock=accepted, limit=_READ_SIZE)
        except OSError:  # the client has disconnected
            return
        connection = Connection(self, reader, writer)
        if not self._has_room():
            connection.abort()
            return
        self._connections.add(connection)
        try:
            await connection.run()
        except Exception:
            logger.exception("A connection failed")
        finally:
            self._connections.remove(connection)

    def _has_room(self) -> bool:
        """Return whether another connection is possible; if need be, close the one that has waited longest."""
        if len(self._connections) < MAX_CONNECTIONS:
            return True
        for connection in self._waiting(State.LISTENING, State.SENDING)[:1]:
            connection.abort()
            return True
        return False

    def _waiting(self, *states: State) -> list[Connection]:
        """Return the connections that wait for their clients, the longest first."""
        waiting = (connection for connection in self._connections if connection.state in states)
        return sorted(waiting, key=lambda connection: connection.since)

    def bound_unsent(self) -> None:
        """Close connections of clients that do not read, while the unsent bytes exceed the limit; keep one."""
        sending = self._waiting(State.SENDING)
        unsent = sum(connection.unsent for connection in sending)
        for connection in sending[:-1]:
            if unsent <= MAX_UNSENT:
                return
            unsent -= connection.unsent
            connection.abort()

    def serves_host(self, host: str) -> bool:
        """Return whether requests for this host name are answered."""
        return not self._hosts or host in self._hosts

    def hand_over(self, connection: socket.socket, head: Head) -> None:
        """Pass on the socket of a connection that becomes a websocket."""
        self._take(connection, head.target, head.headers)

    async def respond(self, head: Head, body: bytes) -> Response:
        """Answer a request in one of the threads."""
        method = "GET" if head.method == "HEAD" else head.method
        return await self._loop.run_in_executor(self._workers, self.app.handle, method, head.target, head.headers, body)
