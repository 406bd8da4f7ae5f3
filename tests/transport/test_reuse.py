"""A connection with bytes that nobody asked for is not used again: they would be the next request's answer."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import warnings
from pathlib import Path

import pytest

from django_appwrite_orm.exceptions import AppwriteError
from django_appwrite_orm.plans import Response
from django_appwrite_orm.sansio import Operation, run_async, run_sync
from django_appwrite_orm.transport import request_json
from tests.support.faulty_servers import READ, Fault, FaultyServer, answer, certificate, faulty
from tests.support.library.tables import Book

ROUNDS = 3


def http(name: str, *, chunked: bool = False) -> bytes:
    """An answer that says `name`."""
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    body = f'{{"row":"{name}"}}'
    if chunked:
        return f"{head}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n{body}\r\n0\r\n\r\n".encode()
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def sending(*parts: bytes) -> Fault:
    """The same bytes after every request, in one segment; over TLS each part is a record. The connection stays."""

    def fault(connection: socket.socket) -> bool:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        for part in parts:
            connection.sendall(part)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        return True

    return fault


TOO_MUCH: dict[str, tuple[bytes, ...]] = {
    "one segment": (http("mine") + http("another's"),),
    "chunked": (http("mine", chunked=True) + http("another's", chunked=True),),
    "half of the second": (http("mine") + http("another's")[:40],),
    "a byte": (http("mine") + b"x",),
    "two records": (http("mine"), http("another's")),
    "no content, with a body": (b"HTTP/1.1 204 No Content\r\n\r\n" + http("another's"),),
}


def rows(server: FaultyServer, asynchronous: bool) -> list[object]:
    """What several requests find, one after the other, over the same client."""
    client = server.client()
    found: list[object] = []

    def ask() -> Operation[Response]:
        return request_json(client, READ, timeout=30, retries=0)

    async def all_of_them() -> None:
        for _ in range(ROUNDS):
            try:
                found.append((await run_async(ask())).data["row"])
            except AppwriteError as error:
                found.append(type(error).__name__)

    if asynchronous:
        asyncio.run(all_of_them())
        return found
    for _ in range(ROUNDS):
        try:
            found.append(run_sync(ask()).data["row"])
        except AppwriteError as error:
            found.append(type(error).__name__)
    return found


@pytest.mark.skipif(not hasattr(socket, "TCP_CORK"), reason="what is one segment cannot be told here")
@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("kind", TOO_MUCH)
def test_nobody_gets_an_answer_that_came_too_early(kind: str, asynchronous: bool) -> None:
    with faulty(sending(*TOO_MUCH[kind])) as server:
        found = rows(server, asynchronous)
    expected = "Unavailable" if kind.startswith("no content") else "mine"
    assert found == [expected] * ROUNDS
    assert [received.connection for received in server.received] == [1, 2, 3]


@pytest.mark.skipif(not hasattr(socket, "TCP_CORK"), reason="what is one segment cannot be told here")
@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("kind", ["one segment", "two records", "half of the second"])
def test_a_connection_with_unread_bytes_is_not_reused_over_tls(
    kind: str, asynchronous: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two records may be read from the socket at once, and decrypted one by one."""
    tls, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with faulty(sending(*TOO_MUCH[kind]), tls=tls) as server:
        found = rows(server, asynchronous)
    assert found == ["mine"] * ROUNDS
    assert [received.connection for received in server.received] == [1, 2, 3]


def test_a_loop_closed_without_its_generators_leaves_nothing() -> None:
    """Django's own test client, notebooks and old libraries make such loops."""

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    with faulty(answer(200, {"ok": 1})) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # asyncio's, of the transports that such a loop leaves
        client = server.client()

        def one_loop() -> None:
            loop = asyncio.new_event_loop()
            loop.run_until_complete(run_async(request_json(client, READ, timeout=30, retries=0)))
            loop.close()

        one_loop()
        before = descriptors()
        for _ in range(30):
            one_loop()
        assert len(client._wire._loops) == 1
        # The server's ends are in this process too: it closes each once the client has.
        assert server.open_connections() <= 2
        assert descriptors() < before + 10
        run_sync(request_json(client, READ, timeout=30, retries=0))
        assert len(client._wire._loops) == 0
        gc.collect()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_reads_asynchronously_as_its_parent_did(library: None) -> None:
    """Through the cache as well, whose asynchronous calls run in a thread that stays in the parent."""
    Book.objects.create(title="Dune", price=1)
    assert asyncio.run(Book.objects.acount()) == 1
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        code = 1
        try:
            code = 0 if asyncio.run(Book.objects.filter(title="Dune").aexists()) else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
