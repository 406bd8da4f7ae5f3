"""Faults by name, as the code of a site sees them: a row that is read, written and saved anew while Appwrite fails.

Each is an exception of one family, says whether a write may have been applied, and comes within TIMEOUT.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import SimpleNamespace

import pytest

from django_appwrite_orm.exceptions import AppwriteError, RateLimited, Timeout, Unavailable
from django_appwrite_orm.sansio import Sleep, run_async
from django_appwrite_orm.transport import Client, request_json, retry
from tests.support.faulty_servers import (
    READ,
    Fault,
    answer,
    certificate,
    faulty,
    hang,
    refusal,
    reset,
    slow_body,
    slow_head,
    stall,
)
from tests.support.library.tables import Book
from tests.support.ports import free_port

TIMEOUT = 1.0
# For what is no matter of time: a busy machine must not make one of it.
ENOUGH = 10
# Generous to a busy machine, and far below what a limit for each wait, or for each repeat, would add up to.
MARGIN = 10.0

# The fault; what is raised; whether an update is unclear. A read never is.
FAULTS: dict[str, tuple[Fault | str, type[AppwriteError], bool]] = {
    "hang": (hang, Timeout, True),
    "slow head": (slow_head, Timeout, True),
    "slow body": (slow_body, Timeout, True),
    "half a body": (stall, Timeout, True),
    "reset": (reset, Unavailable, True),
    "wrong JSON": (answer(200, "{broken"), Unavailable, True),
    "a page instead of JSON": (answer(200, "<h1>Hello</h1>", type="text/html"), Unavailable, True),
    "429": (refusal(429, "general_rate_limit_exceeded"), RateLimited, False),
    "429, come back in an hour": (refusal(429, "general_rate_limit_exceeded", Retry_After="3600"), RateLimited, False),
    "503": (refusal(503, "general_unknown"), Unavailable, True),
    "503, come back in an hour": (refusal(503, "general_unknown", Retry_After="3600"), Unavailable, True),
    "nobody listens": ("closed", Unavailable, False),
    "TLS: not trusted": ("untrusted", Unavailable, False),
    "TLS: spoken by one side": ("plain", Unavailable, False),
    "TLS: a handshake that hangs": ("silent", Timeout, False),
}


@contextmanager
def silent() -> Iterator[str]:
    """The address of somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    kept.append(listener.accept()[0])

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in kept:
                connection.close()


@pytest.fixture(scope="module")
def untrusted(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return certificate(tmp_path_factory.mktemp("tls"))[0]


@pytest.fixture(params=FAULTS, ids=str)
def fault(
    request: pytest.FixtureRequest, settings, untrusted: ssl.SSLContext
) -> Iterator[tuple[type[AppwriteError], bool]]:
    kind, error, unclear = FAULTS[request.param]
    with ExitStack() as stack:
        if kind == "closed":
            endpoint = f"http://127.0.0.1:{free_port()}/v1"
        elif kind == "silent":
            endpoint = f"https://{stack.enter_context(silent())}/v1"
        elif kind == "untrusted":
            endpoint = stack.enter_context(faulty(answer(200, {}), tls=untrusted)).endpoint
        elif kind == "plain":
            endpoint = stack.enter_context(faulty(answer(200, {}))).endpoint.replace("http", "https")
        else:
            endpoint = stack.enter_context(faulty(kind)).endpoint
        given = {"ENDPOINT": endpoint, "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d"}
        limit = TIMEOUT if error is Timeout else ENOUGH
        settings.APPWRITE_ORM = {"default": {**given, "TIMEOUT": limit, "SERVER_VERSION": "1.9.6"}}
        yield error, unclear


def a_book() -> Book:
    """As if it had been read before."""
    return Book.from_appwrite({"$id": "b", "title": "Dune", "price": 9.0}, "default")


def save() -> None:
    book = a_book()
    book.price = 10
    book.save()


async def asave() -> None:
    book = a_book()
    book.price = 10
    await book.asave()


def seen(act: Callable[[], object]) -> tuple[AppwriteError, float]:
    started = time.monotonic()
    with pytest.raises(AppwriteError) as caught:
        act()
    return caught.value, time.monotonic() - started


READS: dict[str, Callable[[], object]] = {
    "blocking": lambda: Book.objects.get(pk="b"),
    "asynchronous": lambda: asyncio.run(Book.objects.aget(pk="b")),
}
WRITES: dict[str, Callable[[], object]] = {"blocking": save, "asynchronous": lambda: asyncio.run(asave())}


@pytest.mark.parametrize("form", READS)
def test_a_view_sees_the_error_of_a_read(fault: tuple[type[AppwriteError], bool], form: str) -> None:
    error, took = seen(READS[form])
    assert (type(error), error.unclear) == (fault[0], False)
    assert took < TIMEOUT + MARGIN


@pytest.mark.parametrize("form", WRITES)
def test_a_view_sees_the_error_of_a_write(fault: tuple[type[AppwriteError], bool], form: str) -> None:
    error, took = seen(WRITES[form])
    assert (type(error), error.unclear) == fault
    assert took < TIMEOUT + MARGIN


def test_the_pauses_count_too(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many repeats there may be: with the longest pauses, and an answer that is always a 503. Nobody waits for
    them: the clock goes on by what is to be waited, and by nothing else."""
    clock = [0.0]

    def passed(seconds: float) -> Sleep:
        clock[0] += seconds
        return Sleep(0)

    monkeypatch.setattr(retry, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(retry, "Sleep", passed)
    monkeypatch.setattr(retry.random, "uniform", lambda low, high: high)
    with faulty(refusal(503, "general_unknown")) as server:
        given = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d"}
        settings.APPWRITE_ORM = {"default": {**given, "TIMEOUT": 60, "SERVER_VERSION": "1.9.6", "RETRIES": 10}}
        with pytest.raises(Unavailable):
            READS["blocking"]()
    assert 1 < len(server.received) < 11
    assert clock[0] < 60


def test_a_handshake_that_is_cancelled_leaves_no_socket() -> None:
    """A view that is given up while it connects: the server sees the end at once, not at a garbage collection."""

    async def give_up(listener: socket.socket) -> bytes:
        client = Client(endpoint=f"https://127.0.0.1:{listener.getsockname()[1]}/v1", project_id="p", api_key="k")
        asked = asyncio.ensure_future(run_async(request_json(client, READ, timeout=60, retries=0)))
        connection, _ = await asyncio.to_thread(listener.accept)
        with connection:
            connection.settimeout(30)
            await asyncio.to_thread(connection.recv, 65_536)  # the client's hello
            asked.cancel()
            with suppress(asyncio.CancelledError):
                await asked
            try:
                return await asyncio.to_thread(connection.recv, 65_536)
            except ConnectionResetError:  # its form of an end: see `transport.sockets.FORGET`
                return b""

    gc.disable()
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            assert asyncio.run(give_up(listener)) == b""
    finally:
        gc.enable()
