"""Decode response bodies piece by piece, within bounds: a small body must not exhaust the memory."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

# Bytes of a response, decompressed. Far above the largest page of rows.
LARGEST = 128 * 1024 * 1024
# Bytes of memory that a response may take once it is decoded, estimated before that. Rows of usual columns take about
# four times their JSON; a list of empty lists takes thirty times.
HEAVIEST = 256 * 1024 * 1024
# Bytes of a body that is within HEAVIEST whatever it contains: a byte counts 201 at most, as `{` does in `_weight`.
_LIGHT = HEAVIEST // 201
# Bytes that are unpacked in one go.
_PIECE = 1024 * 1024


class TooLarge(Exception):
    """The response exceeds a bound, which the message names."""


class Body:
    """The body received so far of a response with these headers (names in lower case)."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        packed = headers.get("content-encoding", "").lower() in ("gzip", "x-gzip")
        self._unpacking = zlib.decompressobj(wbits=31) if packed else None  # 31: with a gzip header
        self._json = "json" in headers.get("content-type", "").lower()
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> bytes:
        """Add the next bytes. Return the rest, which is to be added before any others.

        There is a rest when many bytes are packed into few, so that the caller can check the time in between.

        Raises `TooLarge`, and `zlib.error` for what is not gzip.
        """
        rest = b""
        if self._unpacking is not None:
            if self._unpacking.eof:  # what follows is not part of the body
                return b""
            chunk = self._unpacking.decompress(chunk, _PIECE)
            rest = self._unpacking.unconsumed_tail
            if len(chunk) == _PIECE and not rest:  # the end of what it has read may still be in there
                chunk += self._unpacking.decompress(b"", _PIECE)
        self._size += len(chunk)
        if self._size > LARGEST:
            raise TooLarge(f"the response is larger than {LARGEST} bytes; ask for fewer rows")
        self._pieces.append(chunk)
        return rest

    def whole(self) -> bytes:
        """Return all of it. Raises `TooLarge`, and `zlib.error` when it is cut off."""
        if self._unpacking is not None and not self._unpacking.eof:
            raise zlib.error("the compressed response breaks off")
        body = b"".join(self._pieces)
        if self._json and len(body) > _LIGHT and _weight(body) > HEAVIEST:
            raise TooLarge(f"the response would take more than {HEAVIEST} bytes of memory; ask for fewer rows")
        return body


def _weight(body: bytes) -> int:
    """Return about the bytes of memory that this takes as Python's objects, rather too many than too few.

    A value follows each comma, a dict or list each brace, and a key precedes each colon; keys take most, while the
    parser keeps them. Those within texts count too, keys excepted.
    """
    values = 64 * body.count(b",") + 200 * body.count(b"{") + 80 * body.count(b"[")
    return len(body) + values + 100 * sum(_quotes_before(body, after) for after in b": \t\r\n")


def _quotes_before(body: bytes, after: int) -> int:
    """Count the unescaped quotes before this byte: the JSON in a text column has escaped ones."""
    end = b'"' + bytes([after])
    escaped = body.count(b"\\" + end)
    return body.count(end) - escaped + (body.count(b"\\\\" + end) if escaped else 0)
