"""The messages of all transports: a request and a response in bytes, or a failed attempt.

No HTTP library is imported here: code that never opens a connection uses this module too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ..credentials import Secret


class TransportError(Exception):
    """An attempt without a response.

    `sent`: the request may have reached the server. `final`: another attempt would end in the same way.
    """

    def __init__(self, reason: str, *, sent: bool, timed_out: bool = False, final: bool = False) -> None:
        super().__init__(reason)
        self.sent = sent
        self.timed_out = timed_out
        self.final = final


class RawRequest(NamedTuple):
    """One request in bytes and text.

    `target` is the path below the endpoint with its query string; names of headers are in lower case. `head_size` is
    the bytes of the request line and the headers as they are sent, without those the transport adds.
    """

    method: str
    target: str
    headers: Mapping[str, str | Secret]
    body: bytes | None
    head_size: int


class RawResponse(NamedTuple):
    """One response, its header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends single requests, blocking or on an event loop."""

    def send(self, outgoing: RawRequest, limit: float) -> RawResponse | TransportError:
        """Return the response, or the reason why there was none after `limit` seconds at most."""

    async def asend(self, outgoing: RawRequest, limit: float) -> RawResponse | TransportError:
        """Do the same on the running event loop."""

    def close(self) -> None:
        """Close the open connections."""
