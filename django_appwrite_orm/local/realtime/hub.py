"""All realtime connections of a server, in one thread with an event loop.

A socket is passed on with the request that was read from it. The protocol of `websockets` works without its sockets,
and asyncio's streams take any connected socket; so HTTP and websockets share a port, and a listener occupies no
thread of the HTTP server.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..emulation.dates import now
from ..events.event import Event
from ..events.names import channels, realtime_names
from ..storage.session import Session, Store
from .connection import WebSocket
from .protocol import Conversation, Ended

MAX_CONNECTIONS: Final = 256  # connections
MAX_UNSENT: Final = 64 * 1024 * 1024  # bytes that clients have not read yet, of all connections

logger = logging.getLogger(__name__)


class Hub:
    """Serves realtime from ``start`` to ``stop``."""

    def __init__(self, store: Store, project: str) -> None:
        self._store = store
        self._project = project
        self._websockets: dict[WebSocket, Conversation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local-appwrite-realtime", daemon=True)

    def start(self) -> None:
        """Start the thread and subscribe to the store's events."""
        self._thread.start()
        self._ready.wait()
        self._store.bus.subscribe(self)

    def stop(self) -> None:
        """Close every connection."""
        self._store.bus.unsubscribe(self)
        self._call(self._done.set)
        self._thread.join()

    def take(self, connection: socket.socket, target: str, headers: Mapping[str, str]) -> None:
        """Serve a connection that has sent this request for a websocket; header names in lower case."""
        if not self._call(self._begin, connection, target, headers):
            connection.close()

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._done.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _call(self, action: Callable[..., object], *arguments: Any) -> bool:
        """Call ``action`` in the event loop; return False when the loop is closed."""
        try:
            self._loop.call_soon_threadsafe(action, *arguments)
        except RuntimeError:
            return False
        return True

    def _begin(self, connection: socket.socket, target: str, headers: Mapping[str, str]) -> None:
        if len(self._tasks) >= MAX_CONNECTIONS:
            connection.close()
            return
        task = self._loop.create_task(self._serve(connection, target, headers))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: socket.socket, target: str, headers: Mapping[str, str]) -> None:
        try:
            reader, writer = await asyncio.open_connection(sock=connection)
        except OSError:  # the client has disconnected
            connection.close()
            return
        websocket = WebSocket(reader, writer)
        try:
            if websocket.accept(target, headers):
                await self._converse(websocket, target, headers)
            writer.close()
        except ConnectionError:
            websocket.abort()
        except Exception:
            logger.exception("A realtime connection failed")
            websocket.abort()
        except asyncio.CancelledError:
            websocket.abort()
            raise
        finally:
            self._websockets.pop(websocket, None)

    async def _converse(self, websocket: WebSocket, target: str, headers: Mapping[str, str]) -> None:
        try:
            conversation = await asyncio.to_thread(Conversation, self._store, self._project, target, headers)
        except Ended as refusal:
            websocket.send(str(refusal))
            return
        self._websockets[websocket] = conversation
        websocket.send(conversation.greeting)
        async for text in websocket.messages():
            websocket.send(conversation.handle_message(text))

    def wants(self, session: Session) -> bool:
        """Return whether any connection is open."""
        return bool(self._websockets)

    def receive(self, events: Sequence[Event]) -> None:
        """Pass events on to the event loop."""
        self._call(self._send, events, now())

    def _send(self, events: Sequence[Event], timestamp: str) -> None:
        """Send events of rows. Events of tables and columns belong to the console's project, which is not served."""
        for event in events:
            if event.path[-1][0] != "rows":
                continue
            named = realtime_names(event), channels(event), timestamp
            for websocket, conversation in self._websockets.items():
                try:
                    if (frame := conversation.frame_for(event, *named)) is not None:
                        websocket.send(frame)
                except Exception:  # one connection must not stop events for the others
                    logger.exception("A realtime connection failed")
                    websocket.abort()
        self._bound_unsent()

    def _bound_unsent(self) -> None:
        """Disconnect the clients with the most unsent bytes while all of them together exceed the limit."""
        websockets = sorted(self._websockets, key=lambda websocket: websocket.unsent)
        unsent = sum(websocket.unsent for websocket in websockets)
        while unsent > MAX_UNSENT:
            worst = websockets.pop()
            unsent -= worst.unsent
            worst.abort()
