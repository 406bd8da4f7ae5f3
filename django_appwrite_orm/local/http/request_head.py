"""The head of an HTTP/1.x request: request line and headers, as strict as RFC 9112 requires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_HEADERS: Final = 1_000
_LINE: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.([01])")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ABSOLUTE: Final = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


class Malformed(Exception):
    """A request that cannot be parsed, with the status of its response. The connection ends with it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """A parsed head.

    - ``target``: the path with its query as sent. ``headers``: by lower-case names.
    - ``length``: of the body; None where it comes in chunks.
    - ``lasting``: whether the client wants to keep the connection.
    """

    method: str
    target: str
    headers: dict[str, str]
    length: int | None
    lasting: bool

    @property
    def host(self) -> str:
        """The name in the Host header, without its port and brackets."""
        text = self.headers.get("host", "")
        name, _, port = text.rpartition(":")
        return (name if port.isdigit() and name else text).strip("[]").lower()

    @property
    def wants_continue(self) -> bool:
        return self.headers.get("expect", "").lower() == "100-continue"

    @property
    def wants_websocket(self) -> bool:
        return self.method == "GET" and self.headers.get("upgrade", "").lower() == "websocket"


def read_head(data: bytes) -> Head:
    """Parse everything before the empty line. Raises ``Malformed``."""
    first, *lines = data.decode("latin-1").split("\r\n")
    matched = _LINE.fullmatch(first)
    if matched is None:
        raise Malformed(400, "The request line is not that of HTTP/1.1.")
    method, target, minor = matched.groups()
    target = _ABSOLUTE.sub("", target, count=1) or "/"
    if not target.startswith("/"):
        raise Malformed(400, "The target of a request is a path.")
    headers = _headers(lines)
    wish = headers.get("connection", "").lower()
    lasting = wish == "keep-alive" if minor == "0" else "close" not in wish
    return Head(method, target, headers, _length(headers), lasting)


def _headers(lines: list[str]) -> dict[str, str]:
    if len(lines) > MAX_HEADERS:
        raise Malformed(431, f"A request has at most {MAX_HEADERS} headers.")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        value = value.strip(" \t")
        if not colon or not _NAME.fullmatch(name) or _CONTROL.search(value):
            raise Malformed(400, "A header is malformed.")
        name = name.lower()
        if name in headers and name == "host":
            raise Malformed(400, "A request names one host.")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _length(headers: dict[str, str]) -> int | None:
    length, coding = headers.get("content-length"), headers.get("transfer-encoding")
    if coding is not None:
        if coding.lower() != "chunked":
            raise Malformed(501, "The only transfer encoding is `chunked`.")
        if length is not None:
            raise Malformed(400, "A body has a length or comes in chunks, not both.")
        return None
    if length is None:
        return 0
    if not (length.isascii() and length.isdigit() and len(length) < 19):
        raise Malformed(400, "Content-Length is not a number.")
    return int(length)
