"""One websocket on an accepted socket: the protocol of `websockets` over asyncio's streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

_MAX_MESSAGE: Final = 65_536  # bytes of a client's message
_MAX_UNSENT: Final = 16 * 1024 * 1024  # bytes that a client has not read yet, before it is disconnected


class WebSocket:
    """A websocket. Use it in one event loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = ServerProtocol(state=State.OPEN, max_size=_MAX_MESSAGE)

    def accept(self, target: str, headers: Mapping[str, str]) -> bool:
        """Answer the request for a websocket; return False where it is not valid and was refused."""
        handshake = ServerProtocol()
        response = handshake.accept(Request(target, Headers(headers)))
        handshake.send_response(response)
        self._write(handshake)
        return response.status_code == 101

    async def messages(self) -> AsyncIterator[str]:
        """Yield the client's messages until it disconnects; an empty text for anything but text."""
        parts: list[bytes] = []
        while data := await self._reader.read(65_536):
            self._protocol.receive_data(data)
            self._write(self._protocol)
            for frame in self._protocol.events_received():
                if not isinstance(frame, Frame) or frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                    continue
                text = frame.opcode is not Opcode.BINARY
                parts.append(bytes(frame.data) if text else b"")
                if frame.fin:
                    message, parts = b"".join(parts), []
                    yield message.decode("utf-8", "replace")
            if self._protocol.close_expected():
                return

    def send(self, text: str) -> None:
        """Send without waiting; a client that does not read is disconnected over a limit of unsent bytes."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(text.encode("utf-8", "replace"))
            self._write(self._protocol)

    @property
    def unsent(self) -> int:
        """Bytes that the client has not read yet."""
        return self._writer.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Close the connection without sending what is buffered."""
        self._writer.transport.abort()

    def _write(self, protocol: ServerProtocol) -> None:
        for data in protocol.data_to_send():
            if data:
                self._writer.write(data)
        if self.unsent > _MAX_UNSENT:
            self.abort()
