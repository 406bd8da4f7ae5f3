"""HTTP client: add credentials and headers to a request, decode its response."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlencode

from ..credentials import HIDDEN, Secret, in_clear, without_frames
from ..exceptions import InvalidRequest, NotSupportedError
from ..plans import Request
from ..plans.limits import HEAD_BYTES
from .features import UNKNOWN, Features
from .local import LocalTransport, local_file
from .messages import RawRequest, RawResponse, Transport, TransportError

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
# docs/reference/headers.md is generated from the comments of the headers.

# `django-appwrite-orm`.
AGENT_HEADER = "user-agent"
# `PROJECT_ID`.
PROJECT_HEADER = "x-appwrite-project"
# `API_KEY`. A request as a user has `x-appwrite-session` or `x-appwrite-jwt` instead, one as a guest none of them.
KEY_HEADER = "x-appwrite-key"
# The version of Appwrite's responses that this package reads.
FORMAT_HEADER = "x-appwrite-response-format"
# The id of the request in the log `django_appwrite_orm.transport`, and in the `request_id` of an error.
REQUEST_ID_HEADER = "x-request-id"
# A request with one of these has another identity than the connection's key.
OTHER_IDENTITIES = frozenset({KEY_HEADER, "x-appwrite-session", "x-appwrite-jwt", "authorization", "cookie"})


class Reply(NamedTuple):
    """A response of any status. `retry_after` is the header as sent, `headers` have lower-case names."""

    status: int
    text: str
    is_json: bool
    retry_after: str | None
    headers: Mapping[str, str] = _NO_HEADERS
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class ContentRequest(Request):
    """A request whose body is bytes already, with headers of its own (names in lower case)."""

    content: bytes = b""
    headers: Mapping[str, str | Secret] = field(default_factory=dict, repr=False)


# Bytes that the transport adds to a head: host, length and encoding.
_ADDED = 512
# Bytes of the path of a table's rows and of the queries for limit, offset and total: two ids of 36 characters.
_PATH = 512
# Real keys and tokens are longer; the local Appwrite's, which is not a secret, is an ordinary word.
_SECRET_LENGTH = 16


class Client:
    """Sends requests to one project with one API key. Safe to share between threads, forks and event loops.

    `endpoint` is the URL with `/v1`, or `local:FILE` for the local Appwrite in this process;
    `local_strict`: the local one has the defects of a real server too.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        project_id: str,
        api_key: str | Secret,
        features: Features | None = None,
        local_strict: bool = False,
        head_limit: int | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.features = features
        self._project = project_id
        self._head_limit = head_limit
        self._caller: Mapping[str, Secret] = {KEY_HEADER: Secret(api_key)}
        self.for_user = False  # whether requests are made for a user or guest
        self._wire: Transport = _wire_to(endpoint, local_strict)

    def send(self, request: Request, timeout: float, request_id: str = "") -> Reply:
        """Make one attempt of `timeout` seconds at most. Raises `TransportError`."""
        outgoing, outside = self._outgoing(request, request_id), sys.exception()
        try:
            found = self._wire.send(outgoing, timeout)
        except BaseException as error:  # of a signal handler, for instance
            raise without_frames(error, outside)  # noqa: B904 -- it is the same error
        return _hidden(_reply(found), outgoing)

    async def asend(self, request: Request, timeout: float, request_id: str = "") -> Reply:
        """Make one attempt on the running event loop."""
        outgoing, outside = self._outgoing(request, request_id), sys.exception()
        try:
            found = await self._wire.asend(outgoing, timeout)
        except BaseException as error:  # a cancellation, for instance
            raise without_frames(error, outside)  # noqa: B904 -- it is the same error
        return _hidden(_reply(found), outgoing)

    def _headers(self, request_id: str) -> dict[str, str | Secret]:
        """Return the headers of every request, without those of the identity."""
        headers: dict[str, str | Secret] = {
            AGENT_HEADER: "django-appwrite-orm",
            PROJECT_HEADER: self._project,
            FORMAT_HEADER: (self.features or UNKNOWN).response_format,
        }
        if request_id:
            headers[REQUEST_ID_HEADER] = request_id
        return headers

    def _outgoing(self, request: Request, request_id: str) -> RawRequest:
        headers = self._headers(request_id)
        body = None
        try:
            if isinstance(request, ContentRequest):
                body = request.content
                headers |= request.headers
            elif request.body is not None:
                body = json.dumps(request.body, ensure_ascii=False, allow_nan=False, default=_in_json).encode()
                headers["content-type"] = "application/json"
            target = request.path + (f"?{urlencode(request.query)}" if request.query else "")
        except UnicodeEncodeError:
            raise InvalidRequest(
                f"{request} was not sent: a text in it has half a surrogate pair, which is not valid in UTF-8."
            ) from None
        if OTHER_IDENTITIES.isdisjoint(headers):
            headers |= self._caller
        outgoing = RawRequest(request.method, target, headers, body, _head_size(request.method, target, headers))
        if self._head_limit is not None and outgoing.head_size + _ADDED > self._head_limit:
            raise NotSupportedError(
                f"{request} was not sent: its request line and headers have {outgoing.head_size + _ADDED} bytes, more"
                f" than HEAD_LIMIT ({self._head_limit}). Ask for fewer values or columns at a time. The setting may be"
                f" raised up to {HEAD_BYTES} where no proxy before Appwrite takes less (nginx takes 8192 by default)."
            )
        return outgoing

    @cached_property
    def head_without_queries(self) -> int:
        """The maximum bytes of a read's request line and headers, without its queries."""
        return _PATH + _head_size("GET", "", {**self._headers("0" * 8), **self._caller}) + _ADDED

    def speaking_for(self, caller: Mapping[str, Secret]) -> Client:
        """Return this client with these headers in place of the API key; both share their connections."""
        other = copy.copy(self)
        vars(other).pop("head_without_queries", None)
        other._caller = dict(caller)
        other.for_user = True
        return other

    def close(self) -> None:
        """Close the open connections; the next request opens new ones."""
        self._wire.close()


def _head_size(method: str, target: str, headers: Mapping[str, str | Secret]) -> int:
    """Return the bytes of a request line and headers."""
    texts = sum(map(len, headers)) + sum(map(len, in_clear(headers).values()))
    return len(f"{method} {target} HTTP/1.1\r\n") + texts + len(": \r\n") * len(headers)


def _in_json(value: object) -> str:
    """Return a value that `json.dumps` cannot write by itself."""
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"A value of type {type(value).__name__} cannot be sent as JSON.")


def _wire_to(endpoint: str, local_strict: bool) -> Transport:
    file = local_file(endpoint)
    if file is not None:
        return LocalTransport(file, strict=local_strict)
    # The HTTP library and ssl cost more time than all of this package: only where a connection uses HTTP, and not
    # before its first use.
    from .http import HTTPTransport

    return HTTPTransport(endpoint)


def _reply(found: RawResponse | TransportError) -> Reply:
    if isinstance(found, TransportError):
        raise found
    is_json = "json" in found.headers.get("content-type", "").lower()
    text = found.body.decode("utf-8", "replace")
    return Reply(found.status, text, is_json, found.headers.get("retry-after"), found.headers, found.body)


def _hidden(reply: Reply, outgoing: RawRequest) -> Reply:
    """Hide the request's key or token in an error that shows the request.

    It may be the connection's, or set on a client of the SDK.
    """
    if reply.status < 400:
        return reply
    text = reply.text
    for value in outgoing.headers.values():
        if isinstance(value, Secret) and len(value.reveal()) >= _SECRET_LENGTH:
            # PHP's JSON has a backslash before each slash.
            text = text.replace(value.reveal(), HIDDEN).replace(value.reveal().replace("/", "\\/"), HIDDEN)
    return reply._replace(text=text, body=text.encode())
