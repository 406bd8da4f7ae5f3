"""The HTTP server with slow, silent, greedy and malformed clients: others are served, memory is limited."""

from __future__ import annotations

import http.client
import json
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import BinaryIO
from urllib.parse import urlsplit

import pytest

from django_appwrite_orm.local import LocalAppwrite, Response
from django_appwrite_orm.local.api.requests import MAX_BODY
from django_appwrite_orm.local.http import connection, event_loop, receive_buffer
from django_appwrite_orm.local.http.server import LocalServer
from tests.support.waiting import soon

HEAD = b"Host: localhost\r\nX-Appwrite-Project: local\r\nX-Appwrite-Key: local\r\n"
VERSION = b"GET /v1/health/version HTTP/1.1\r\nHost: localhost\r\n\r\n"
Open = Callable[[], socket.socket]


@pytest.fixture
def server(app: LocalAppwrite) -> Iterator[LocalServer]:
    with LocalServer(app, port=0, threads=2) as server:
        yield server


@pytest.fixture
def opened(server: LocalServer) -> Iterator[Open]:
    """Open connections, and close them after the test."""
    address = urlsplit(server.endpoint)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(socket.create_connection((address.hostname, address.port), 60)))


def status_of(sock: socket.socket) -> int:
    """Read the next response and return its status; 0 where the connection ends without one."""
    try:
        response = http.client.HTTPResponse(sock)
        response.begin()
        response.read()
    except (http.client.RemoteDisconnected, ConnectionResetError):
        return 0
    return response.status


def status_after(opened: Open, request: bytes) -> int:
    sock = opened()
    sock.sendall(request)
    return status_of(sock)


def test_silent_clients_occupy_no_thread(opened: Open) -> None:
    for _ in range(40):
        opened()
    assert status_after(opened, VERSION) == 200


def test_slow_senders_occupy_no_thread(opened: Open) -> None:
    for partial_request in (VERSION[:20], b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nx") * 10:
        opened().sendall(partial_request)
    assert status_after(opened, VERSION) == 200


def test_the_number_of_connections_is_limited(
    server: LocalServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection that has waited longest is closed."""
    monkeypatch.setattr(event_loop, "MAX_CONNECTIONS", 4)
    first = opened()
    first.sendall(VERSION[:20])
    last = [opened() for _ in range(9)][-1]
    assert status_of(first) == 0
    last.sendall(VERSION)
    assert status_of(last) == 200
    assert soon(lambda: len(server._http._connections) <= 4)


def test_responses_are_sent_without_nagle_delay(server: LocalServer, opened: Open) -> None:
    """A response of two writes must not wait for the acknowledgement of the first."""
    assert status_after(opened, VERSION) == 200
    [accepted] = server._http._accepted.values()
    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_idle_otherends(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "KEEP_ALIVE", 0.05)
    assert status_of(opened()) == 0


def test_unread_responses_are_limited_in_bytes(
    app: LocalAppwrite, server: LocalServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latest may wait, however large it is; other connections are closed."""
    large = Response(200, {"content-type": "text/plain"}, b"x" * 20_000_000)
    responses: list[Response] = []
    monkeypatch.setattr(app, "handle", lambda *request: responses.append(large) or large)
    monkeypatch.setattr(event_loop, "MAX_UNSENT", 50_000_000)
    for count in range(1, 7):
        opened().sendall(VERSION)
        assert soon(lambda: len(responses) == count)  # noqa: B023
    assert soon(lambda: len(server._http._connections) <= 3)
    unsent = [other.unsent for other in list(server._http._connections)]
    assert unsent
    assert sum(unsent) <= 50_000_000


def test_a_client_that_does_not_read_is_disconnected(
    app: LocalAppwrite, server: LocalServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = Response(200, {"content-type": "text/plain"}, b"x" * 20_000_000)
    monkeypatch.setattr(app, "handle", lambda *request: large)
    monkeypatch.setattr(connection, "SEND_TIMEOUT", 0.05)
    opened().sendall(VERSION)
    assert soon(lambda: not server._http._connections)


def test_unfinished_requests_are_limited_in_bytes(
    server: LocalServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive_buffer, "MAX_HELD", 300_000)
    partial_request = b"POST /v1/tablesdb HTTP/1.1\r\n" + HEAD + b"Content-Length: 250000\r\n\r\n" + b"x" * 200_000
    first, second = opened(), opened()
    first.sendall(partial_request)
    assert soon(lambda: server._http.held_bytes.total > 200_000)
    second.sendall(partial_request)
    assert status_of(second) == 503
    first.sendall(b"x" * 50_000)
    assert status_of(first) == 400
    assert soon(lambda: server._http.held_bytes.total == 0)


CHUNKED = (
    b"POST /v1/tablesdb HTTP/1.1\r\n" + HEAD + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
)
MALFORMED = {
    "the size of a chunk": (CHUNKED + b"zz\r\n", 400),
    "a negative chunk": (CHUNKED + b"-5\r\n", 400),
    "no size of a chunk": (CHUNKED + b"\r\n", 400),
    "an endless size of a chunk": (CHUNKED + b"0" * 10_000, 400),
    "a chunk that is too long": (CHUNKED + b"2\r\n{}}}\r\n0\r\n\r\n", 400),
    "a chunk beyond the bound": (CHUNKED + b"%x\r\n" % (MAX_BODY + 1), 413),
    "endless trailers": (CHUNKED + b"0\r\n" + b"a: b\r\n" * 200, 400),
    "a length beyond the bound": (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), 413),
    "a length that is not a number": (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    "two lengths": (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    "a length and chunks": (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "another coding": (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "not HTTP": (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
    "another HTTP": (b"GET / HTTP/2.0\r\n\r\n", 400),
    "no path": (b"GET x HTTP/1.1\r\n\r\n", 400),
    "a folded header": (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400),
    "a control character": (b"GET / HTTP/1.1\r\nA: b\x00\r\n\r\n", 400),
    "a bare line feed": (b"GET / HTTP/1.1\r\nA: b\nX-Appwrite-Key: local\r\n\r\n", 400),
    "a blank before the colon": (b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n", 400),
    "too many headers": (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 2_000 + b"\r\n", 431),
}


@pytest.mark.parametrize(("request_", "status"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_refused(
    opened: Open, request_: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Immediately, with an error in Appwrite's form, and without a log line."""
    with caplog.at_level(logging.INFO):
        sock = opened()
        sock.sendall(request_)
        response = http.client.HTTPResponse(sock)
        response.begin()
        assert (response.status, json.loads(response.read())["code"]) == (status, status)
        assert response.headers["Connection"] == "close"
    assert caplog.records == []


def test_a_body_in_chunks_is_read(opened: Open) -> None:
    rest = b'baseId": "d", "name": "d"}'
    body = b'6;x="y"\r\n{"data\r\n%x\r\n%s\r\n0\r\nTrailer: x\r\n\r\n' % (len(rest), rest)
    assert status_after(opened, CHUNKED + body) == 201


def test_pipelined_requests_are_answered_in_order(opened: Open) -> None:
    sock = opened()
    absent = VERSION.replace(b"/health/version", b"/nothing")
    sock.sendall(b"\r\n".join([VERSION, absent, VERSION]))
    with sock.makefile("rb") as stream:
        found = [_read_answer(stream) for _ in range(3)]
    assert found == [200, 404, 200]


def _read_answer(stream: BinaryIO) -> int:
    """Return the status of one of several responses."""
    status = int(stream.readline().split()[1])
    headers = http.client.parse_headers(stream)
    stream.read(int(headers["Content-Length"]))
    return status


def test_an_http_1_0_client_gets_one_response(opened: Open) -> None:
    sock = opened()
    sock.sendall(VERSION.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert status_of(sock) == 200
    assert sock.recv(1) == b""


def test_expect_100_continue_is_answered(opened: Open) -> None:
    sock, body = opened(), b'{"databaseId": "d", "name": "d"}'
    head = b"POST /v1/tablesdb HTTP/1.1\r\n" + HEAD + b"Content-Type: application/json\r\n"
    sock.sendall(head + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
    assert sock.recv(1_000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    sock.sendall(body)
    assert status_of(sock) == 201


@pytest.mark.parametrize(("strict", "status"), [(True, 0), (False, 200)])
def test_a_long_head_gets_no_response_in_strict_mode(
    app: LocalAppwrite, opened: Open, strict: bool, status: int
) -> None:
    app.strict = strict
    assert status_after(opened, VERSION[:-2] + b"A: " + b"x" * 60_000 + b"\r\n\r\n") == 200
    assert status_after(opened, VERSION[:-2] + b"A: " + b"x" * 70_000 + b"\r\n\r\n") == status


def test_the_head_is_limited_in_every_mode(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_HEAD", 1_000)
    assert status_after(opened, VERSION[:-2] + b"A: " + b"x" * 2_000) == 0
