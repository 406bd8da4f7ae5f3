"""What a wire takes and returns, whichever it is: a request and a response in bytes, or a failed attempt.

It needs no HTTP library: the wires import it, and so does code that never opens one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ..credentials import Secret, revealed


class TransportError(Exception):
    """An attempt that brought no answer. `sent`: the request may have reached the server. `final`: another
    attempt would end in the same way."""

    def __init__(self, reason: str, *, sent: bool, timed_out: bool = False, final: bool = False) -> None:
        super().__init__(reason)
        self.sent = sent
        self.timed_out = timed_out
        self.final = final


class RawRequest(NamedTuple):
    """One request in bytes and text; `target` is the path below the endpoint with its query string,
    names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str | Secret]
    body: bytes | None

    @property
    def plain_headers(self) -> dict[str, str]:
        """The headers with their secrets. Never in a variable of a frame that an exception leaves."""
        return {name: revealed(value) for name, value in self.headers.items()}

    @property
    def head_size(self) -> int:
        """Bytes of the request line and the headers as they are sent, but for what the wire adds."""
        line = len(f"{self.method} {self.target} HTTP/1.1\r\n")
        return line + sum(len(f"{name}: \r\n") + len(revealed(value)) for name, value in self.headers.items())


class RawResponse(NamedTuple):
    """One answer, its header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    def send(self, outgoing: RawRequest, limit: float) -> RawResponse | TransportError:
        """The answer, or why there was none after `limit` seconds at most."""

    async def asend(self, outgoing: RawRequest, limit: float) -> RawResponse | TransportError: ...

    def close(self) -> None: ...
