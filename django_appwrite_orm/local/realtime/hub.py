"""All realtime connections of a server, in one thread with an event loop of its own.

An accepted socket comes with the request that was read from it. websockets' protocol without its sockets is made for
just that, and asyncio's streams take any connected socket, so that HTTP and websockets share a port and no thread of
the HTTP server is held by a listener.
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
from .connection import Link
from .protocol import Conversation, Ended

MOST_LINKS: Final = 256  # connections
MOST_UNSENT: Final = 64 * 1024 * 1024  # bytes that wait for clients that do not read, together

logger = logging.getLogger(__name__)


class Hub:
    """Serves realtime from ``start`` to ``stop``."""

    def __init__(self, store: Store, project: str) -> None:
        self._store = store
        self._project = project
        self._links: dict[Link, Conversation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local-appwrite-realtime", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()
        self._store.bus.subscribe(self)

    def stop(self) -> None:
        """End every connection."""
        self._store.bus.unsubscribe(self)
        self._call(self._done.set)
        self._thread.join()

    def take(self, connection: socket.socket, target: str, headers: Mapping[str, str]) -> None:
        """Go on with a connection on which this request for a websocket has come; names of headers in lower case."""
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
        """Have this done in the loop; False when it is closed and nobody is left."""
        try:
            self._loop.call_soon_threadsafe(action, *arguments)
        except RuntimeError:
            return False
        return True

    def _begin(self, connection: socket.socket, target: str, headers: Mapping[str, str]) -> None:
        if len(self._tasks) >= MOST_LINKS:
            connection.close()
            return
        task = self._loop.create_task(self._serve(connection, target, headers))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: socket.socket, target: str, headers: Mapping[str, str]) -> None:
        try:
            reader, writer = await asyncio.open_connection(sock=connection)
        except OSError:  # it has gone already
            connection.close()
            return
        link = Link(reader, writer)
        try:
            if link.accept(target, headers):
                await self._talk(link, target, headers)
            writer.close()
        except ConnectionError:
            link.abort()
        except Exception:
            logger.exception("A realtime connection failed")
            link.abort()
        except asyncio.CancelledError:
            link.abort()
            raise
        finally:
            self._links.pop(link, None)

    async def _talk(self, link: Link, target: str, headers: Mapping[str, str]) -> None:
        try:
            conversation = await asyncio.to_thread(Conversation, self._store, self._project, target, headers)
        except Ended as refusal:
            link.send(str(refusal))
            return
        self._links[link] = conversation
        link.send(conversation.greeting)
        async for text in link.messages():
            link.send(conversation.answer(text))

    def wants(self, session: Session) -> bool:
        return bool(self._links)

    def receive(self, events: Sequence[Event]) -> None:
        self._call(self._tell, events, now())

    def _tell(self, events: Sequence[Event], timestamp: str) -> None:
        """Of rows alone: tables and columns are told to the console's own project, which is not served here."""
        for event in events:
            if event.path[-1][0] != "rows":
                continue
            named = realtime_names(event), channels(event), timestamp
            for link, conversation in self._links.items():
                try:
                    if (frame := conversation.tell(event, *named)) is not None:
                        link.send(frame)
                except Exception:  # what one listener asked for must not keep the others from hearing
                    logger.exception("A realtime connection failed")
                    link.abort()
        self._bound_unsent()

    def _bound_unsent(self) -> None:
        """Drop those that read least, where too much waits for them together."""
        links = sorted(self._links, key=lambda link: link.unsent)
        unsent = sum(link.unsent for link in links)
        while unsent > MOST_UNSENT:
            worst = links.pop()
            unsent -= worst.unsent
            worst.abort()
