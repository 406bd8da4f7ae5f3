"""One connection to the HTTP door: requests in, answers out, each in its time."""

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
from ..api.responses import VERSION, Response, error_answer, json_answer
from .receive_buffer import LONGEST_HEAD, Inbox, too_large
from .request_head import Head, Malformed, read_head

if TYPE_CHECKING:
    from .event_loop import Front

KEEP_ALIVE: Final = 10.0  # seconds a connection waits for its first request, and for each further one
LONGEST_REQUEST: Final = 60.0  # seconds from its first byte to its last, the 64 MB that a body may have included
SEND_TIMEOUT: Final = 60.0  # seconds until a client has read an answer
REALTIME: Final = "/v1/realtime"
_LINGER: Final = 2.0  # seconds that a client has to read why it is refused
_REASONS: Final[Mapping[int, str]] = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_TYPES: Final[Mapping[int, str]] = {413: "general_payload_too_large", 500: "general_unknown"}


class State(Enum):
    """What a connection waits for: its client, for a request or a part of it; an answer; the client to read it; its
    own end."""

    LISTENING = "listening"
    ANSWERING = "answering"
    SENDING = "sending"
    ENDED = "ended"


class Connection:
    """Runs in the event loop of its ``Front``."""

    def __init__(self, front: Front, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.state = State.LISTENING
        self.since = time.monotonic()
        self._front = front
        self._reader = reader
        self._writer = writer
        self._inbox = Inbox(reader, front.held)
        writer.transport.set_write_buffer_limits(0)  # `drain` waits until everything is on its way

    @property
    def unsent(self) -> int:
        """Bytes that wait for the client to read."""
        return self._writer.transport.get_write_buffer_size()

    def abort(self) -> None:
        self.state = State.ENDED
        self._writer.transport.abort()

    async def run(self) -> None:
        """Serve until the client goes or breaks a rule."""
        try:
            while await self._exchange():
                self._inbox.forget()
                self._enter(State.LISTENING)
        except (OSError, EOFError):  # a time-out among them
            self.abort()
        finally:
            self._inbox.close()
            self.abort()
            with suppress(OSError):
                await self._writer.wait_closed()

    def _enter(self, state: State) -> None:
        if self.state is not State.ENDED:
            self.state, self.since = state, time.monotonic()

    async def _exchange(self) -> bool:
        """One request and its answer; whether another one may follow."""
        async with asyncio.timeout(KEEP_ALIVE):
            if not await self._inbox.wait():
                return False
        try:
            async with asyncio.timeout(LONGEST_REQUEST):
                data = await self._inbox.head(LONGEST_HEAD)
                if data is None or not self._front.app.accepts_head(len(data) + 4):
                    self.abort()
                    return False
                head = read_head(data)
                body = await self._body(head)
        except TimeoutError:
            return await self._refuse(Malformed(408, "The request did not arrive in time."))
        except Malformed as problem:
            return await self._refuse(problem)
        if not self._front.is_for(head.host):
            refusal = AppwriteError("general_unknown_origin", "This server does not answer for that host.")
            return await self._send(error_answer(refusal), head)
        if head.wants_websocket and head.target.partition("?")[0] == REALTIME:
            self._front.give_away(self._writer.get_extra_info("socket").dup(), head)
            self.abort()  # closes this end of the socket, not the connection
            return False
        self._enter(State.ANSWERING)
        return await self._send(await self._front.answer(head, body), head)

    async def _body(self, head: Head) -> bytes:
        if head.length is not None and head.length > MAX_BODY:
            raise too_large()
        if head.wants_continue and head.length != 0:
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return await (self._inbox.chunks() if head.length is None else self._inbox.exactly(head.length))

    async def _send(self, response: Response, head: Head | None) -> bool:
        lasting = head is not None and head.lasting and not self._front.stopping
        lines = [f"HTTP/1.1 {_REASONS[response.status]}", f"Date: {formatdate(usegmt=True)}"]
        lines += [f"{name.title()}: {value}" for name, value in response.headers.items()]
        if response.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(response.body)}")
        lines.append(f"Connection: {'keep-alive' if lasting else 'close'}")
        self._enter(State.SENDING)
        self._writer.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))
        if head is None or head.method != "HEAD":
            self._writer.write(response.body)
        self._front.bound_unsent()
        async with asyncio.timeout(SEND_TIMEOUT):
            await self._writer.drain()
        return lasting

    async def _refuse(self, problem: Malformed) -> bool:
        """Say why and end the connection, in the way that lets a client read it which is still sending."""
        kind = _TYPES.get(problem.status, "general_bad_request")
        body = {"message": str(problem), "code": problem.status, "type": kind, "version": VERSION}
        await self._send(json_answer(problem.status, body), None)
        self._inbox.close()
        self._enter(State.LISTENING)
        with suppress(OSError):  # a time-out among them
            self._writer.write_eof()
            async with asyncio.timeout(_LINGER):
                while await self._reader.read(65_536):
                    pass
        return False
