"""Responses, encoded as PHP encodes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from .errors import AppwriteError

VERSION: Final = "1.9.6"
JSON_HEADERS: Final[Mapping[str, str]] = MappingProxyType({"content-type": "application/json; charset=UTF-8"})
# The official SDKs decode every body whose type says JSON, and fail where there is no type at all.
EMPTY_HEADERS: Final[Mapping[str, str]] = MappingProxyType({"content-type": "text/plain; charset=UTF-8"})

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response: status, headers with lower-case names, and the encoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


NO_CONTENT: Final = Response(204, EMPTY_HEADERS, b"")


def json_response(status: int, body: Any) -> Response:
    """Encode ``body``; floats must be in PHP's form already (``emulation.numbers.whole``)."""
    return Response(status, JSON_HEADERS, _encode(body).encode("utf-8", "replace"))


def error_response(error: AppwriteError, type: str | None = None) -> Response:
    """Return the response for an error; ``type`` replaces the error's own on the older routes."""
    body = {"message": error.message, "code": error.status, "type": type or error.type, "version": VERSION}
    return json_response(error.status, body)
