"""One HTTP connection: requests in, responses out, each with a time limit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import formatdate
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from ..api.errors import AppwriteError
from ..api.requests import MAX_BODY
from ..api.responses import VERSION, Response, error_response, json_response
from .receive_buffer import MAX_HEAD, RequestReader, too_large
from .request_head import Head, Malformed, read_head

if TYPE_CHECKING:
    from .event_loop import ConnectionServer

KEEP_ALIVE: Final = 10.0  # seconds a connection waits for its first request, and for each further one
REQUEST_TIMEOUT: Final = 60.0  # seconds from the first byte of a request to its last, for a body of up to 64 MB
SEND_TIMEOUT: Final = 60.0  # seconds until a client has read a response
REALTIME: Final = "/v1/realtime"
_LINGER: Final = 2.0  # seconds that a client has to read an error
_REASONS: Final[Mapping[int, str]] = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_TYPES: Final[Mapping[int, str]] = {413: "general_payload_too_large", 500: "general_unknown"}


class State(Enum):
    """The event that a connection waits for.

    - LISTENING: a request, or the rest of one, from the client.
    - ANSWERING: the response of the application.
    - SENDING: the client, to read the response.
    """

    LISTENING = "listening"
    ANSWERING = "answering"
    SENDING = "sending"
    ENDED = "ended"


class Connection:
    """One client. Runs in the event loop of its ``ConnectionServer``."""

    def __init__(self, server: ConnectionServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.state = State.LISTENING
        self.since = time.monotonic()
        self._server = server
        self._reader = reader
        self._writer = writer
        self._requests = RequestReader(reader, server.held_bytes)
        writer.transport.set_write_buffer_limits(0)  # `drain` waits until everything is sent

    @property
    def unsent(self) -> int:
        """Bytes that the client has not read yet."""
        return self._writer.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Close the connection without sending what is buffered."""
        self.state = State.ENDED
        self._writer.transport.abort()

    async def run(self) -> None:
        """Serve until the client disconnects or sends a malformed request."""
        try:
            while await self._exchange():
                self._requests.forget()
                self._enter(State.LISTENING)
        except (OSError, EOFError):  # a timeout among them
            self.abort()
        finally:
            self._requests.close()
            self.abort()
            with suppress(OSError):
                await self._writer.wait_closed()

    def _enter(self, state: State) -> None:
        if self.state is not State.ENDED:
            self.state, self.since = state, time.monotonic()

    async def _exchange(self) -> bool:
        """Answer one request; return whether another one may follow."""
        async with asyncio.timeout(KEEP_ALIVE):
            if not await self._requests.wait():
                return False
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT):
                data = await self._requests.head(MAX_HEAD)
                if data is None or not self._server.app.accepts_head(len(data) + 4):
                    self.abort()
                    return False
                head = read_head(data)
                body = await self._body(head)
        except TimeoutError:
            return await self._refuse(Malformed(408, "The request did not arrive in time."))
        except Malformed as problem:
            return await self._refuse(problem)
        if not self._server.serves_host(head.host):
            refusal = AppwriteError("general_unknown_origin", "This server does not answer for that host.")
            return await self._send(error_response(refusal), head)
        if head.wants_websocket and head.target.partition("?")[0] == REALTIME:
            self._server.hand_over(self._writer.get_extra_info("socket").dup(), head)
            self.abort()  # closes this end of the socket, not the connection
            return False
        self._enter(State.ANSWERING)
        return await self._send(await self._server.respond(head, body), head)

    async def _body(self, head: Head) -> bytes:
        if head.length is not None and head.length > MAX_BODY:
            raise too_large()
        if head.wants_continue and head.length != 0:
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return await (self._requests.chunks() if head.length is None else self._requests.exactly(head.length))

    async def _send(self, response: Response, head: Head | None) -> bool:
        lasting = head is not None and head.lasting and not self._server.stopping
        lines = [f"HTTP/1.1 {_REASONS[response.status]}", f"Date: {formatdate(usegmt=True)}"]
        lines += [f"{name.title()}: {value}" for name, value in response.headers.items()]
        if response.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(response.body)}")
        lines.append(f"Connection: {'keep-alive' if lasting else 'close'}")
        self._enter(State.SENDING)
        self._writer.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))
        if head is None or head.method != "HEAD":
            self._writer.write(response.body)
        self._server.bound_unsent()
        async with asyncio.timeout(SEND_TIMEOUT):
            await self._writer.drain()
        return lasting

    async def _refuse(self, problem: Malformed) -> bool:
        """Send an error and end the connection, so that a client that is still sending can read it."""
        kind = _TYPES.get(problem.status, "general_bad_request")
        body = {"message": str(problem), "code": problem.status, "type": kind, "version": VERSION}
        await self._send(json_response(problem.status, body), None)
        self._requests.close()
        self._enter(State.LISTENING)
        with suppress(OSError):  # a timeout among them
            self._writer.write_eof()
            async with asyncio.timeout(_LINGER):
                while await self._reader.read(65_536):
                    pass
        return False
