"""A local Appwrite as a WSGI application."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ..protocol.answers import Answer, error_answer
from ..protocol.errors import AppwriteError
from ..protocol.requests import MAX_BODY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from ..server import LocalAppwrite

ANY_HOST: Final[Collection[str]] = ()
_REASONS: Final[Mapping[int, str]] = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}

Application = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]


def wsgi_application(app: LocalAppwrite, hosts: Collection[str] = ANY_HOST) -> Application:
    """The application for ``app``.

    With ``hosts``, requests for any other host are refused: a page from elsewhere could otherwise have a browser
    talk to a server on this machine under a name of its own (DNS rebinding), and the key is known to all.
    """

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = _answer(app, environ, hosts)
        headers = [(name.title(), value) for name, value in answer.headers.items()]
        headers.append(("Content-Length", str(len(answer.body))))
        start_response(_REASONS[answer.status], headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    return application


def _answer(app: LocalAppwrite, environ: WSGIEnvironment, hosts: Collection[str]) -> Answer:
    if not is_for(hosts, environ):
        return error_answer(AppwriteError("general_unknown_origin", "This server does not answer for that host."))
    try:
        body = _read_body(environ)
    except AppwriteError as refusal:
        return error_answer(refusal)
    method = environ["REQUEST_METHOD"]
    return app.handle("GET" if method == "HEAD" else method, request_target(environ), request_headers(environ), body)


def is_for(hosts: Collection[str], environ: Mapping[str, Any]) -> bool:
    """Whether a request names one of these hosts; none given, and every name will do."""
    return not hosts or _host(environ.get("HTTP_HOST", "")) in hosts


def _host(text: str) -> str:
    """The host of a Host header, without its port and brackets."""
    name, _, port = text.rpartition(":")
    host = name if port.isdigit() and name else text
    return host.strip("[]").lower()


def request_target(environ: WSGIEnvironment) -> str:
    """Path and query as they were sent; WSGI itself only keeps the path decoded."""
    raw = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if isinstance(raw, str) and raw.startswith("/"):
        return raw
    path = quote(environ.get("PATH_INFO", "").encode("latin-1"))
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def request_headers(environ: WSGIEnvironment) -> dict[str, str]:
    """Names in lower case."""
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    return headers


def _read_body(environ: WSGIEnvironment) -> bytes:
    """The body. Raises ``general_payload_too_large``, before it has been read where its length is known."""
    text = environ.get("CONTENT_LENGTH") or ""
    stream: Any = environ["wsgi.input"]
    if text.isdigit():
        if int(text) > MAX_BODY:
            raise AppwriteError("general_payload_too_large", f"A body may have at most {MAX_BODY} bytes.")
        return bytes(stream.read(int(text)))
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        return bytes(stream.read(MAX_BODY + 1))
    return b""
