"""Reads requests from a stream, with a limit for one request and one for all of them together."""

from __future__ import annotations

import asyncio
from typing import Final

from ..api.requests import MAX_BODY
from .request_head import Malformed

MAX_HEAD: Final = 4 * 1024 * 1024  # bytes; 100 queries of 4,096 characters in a URL take some 1.2 million
MAX_HELD: Final = 256 * 1024 * 1024  # bytes of requests that are being read or answered, of all connections
_READ_SIZE: Final = 65_536
_MAX_LINE: Final = 4_096  # of the size of a chunk or a trailer
_MAX_TRAILERS: Final = 100


class HeldBytes:
    """The number of bytes that all readers of a server hold."""

    def __init__(self) -> None:
        self.total = 0


class RequestReader:
    """Reads the requests of one connection. The bytes of a request count until ``forget``."""

    def __init__(self, reader: asyncio.StreamReader, held_bytes: HeldBytes) -> None:
        self._reader = reader
        self._total = held_bytes
        self._own = 0
        self._waiting = bytearray()  # received and not read yet

    async def wait(self) -> bool:
        """Wait for the first byte of a request; return False when the client has disconnected."""
        return bool(self._waiting) or await self._receive()

    async def head(self, longest: int) -> bytes | None:
        """Read up to the empty line; None for more than ``longest`` bytes. Raises ``EOFError``."""
        while self._waiting.startswith(b"\r\n"):  # some clients end a body with an empty line
            del self._waiting[:2]
        looked = 0
        while (end := self._waiting.find(b"\r\n\r\n", max(looked - 3, 0))) < 0:
            looked = len(self._waiting)
            if looked > longest:
                return None
            await self._more()
        head = self._take(end + 4)[:-4]
        return head if end + 4 <= longest else None

    async def exactly(self, size: int) -> bytes:
        """Read ``size`` bytes. Raises ``EOFError``."""
        while len(self._waiting) < size:
            await self._more()
        return self._take(size)

    async def chunks(self) -> bytes:
        """Read a body in chunks, without its trailers. Raises ``Malformed``, ``EOFError``."""
        body = bytearray()
        while size := _chunk_size(await self._line()):
            if len(body) + size > MAX_BODY:
                raise too_large()
            body += await self.exactly(size)
            if await self.exactly(2) != b"\r\n":
                raise Malformed(400, "A chunk of the body is not as long as it says.")
        for _ in range(_MAX_TRAILERS):
            if not await self._line():
                return bytes(body)
        raise Malformed(400, "The body has too many trailers.")

    def forget(self) -> None:
        """Stop counting the bytes of the request, which is answered."""
        self._count(len(self._waiting) - self._own)

    def close(self) -> None:
        """Stop reading and counting."""
        self._waiting.clear()
        self.forget()

    async def _line(self) -> bytes:
        while (end := self._waiting.find(b"\r\n")) < 0:
            if len(self._waiting) > _MAX_LINE:
                raise Malformed(400, "A line in the body is too long.")
            await self._more()
        return self._take(end + 2)[:-2]

    async def _more(self) -> None:
        if not await self._receive():
            raise EOFError
        if self._total.total > MAX_HELD:
            raise Malformed(503, "Too many large requests at a time.")

    async def _receive(self) -> bool:
        data = await self._reader.read(_READ_SIZE)
        self._waiting += data
        self._count(len(data))
        return bool(data)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        return taken

    def _count(self, change: int) -> None:
        self._own += change
        self._total.total += change


def too_large() -> Malformed:
    """Return the error for a body that is too large."""
    return Malformed(413, f"A body may have at most {MAX_BODY} bytes.")


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 16 or digits.strip(b"0123456789abcdefABCDEF"):
        raise Malformed(400, "The size of a chunk is not a hexadecimal number.")
    return int(digits, 16)
