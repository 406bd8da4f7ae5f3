"""What a caller sees of a server that misbehaves: which error, whether a write is unclear, how often was asked."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from django_appwrite_orm.exceptions import (
    AppwriteError,
    Conflict,
    IntegrityError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    Timeout,
    Unavailable,
)
from django_appwrite_orm.plans import Request, Response
from django_appwrite_orm.sansio import Sleep, run_sync
from django_appwrite_orm.threads import DaemonThreadPool
from django_appwrite_orm.transport import Client, request_json, retry, sockets
from tests.support.costs import counted
from tests.support.faulty_servers import (
    CREATE,
    READ,
    UPDATE,
    Fault,
    answer,
    certificate,
    faulty,
    refusal,
    reset,
    slow_body,
    truncated,
)
from tests.support.ports import free_port
from tests.support.waiting import until
from tests.transport.conftest import Drive

GOOD = answer(200, {"ok": True})
HTML = answer(200, "<h1>Welcome</h1>", type="text/html")
BROKEN_JSON = answer(200, "{broken")
MOVED = answer(301, "", location="https://elsewhere.example/v1")
ALWAYS = 3  # attempts with two repeats


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry.random, "uniform", lambda low, high: 0.01)


def ask(drive: Drive, client: Client, request: Request, timeout: float = 30.0, retries: int = 2) -> Response:
    return drive(request_json(client, request, timeout=timeout, retries=retries))


@pytest.mark.parametrize(
    ("fault", "request_", "error", "unclear", "sent"),
    [
        (reset, READ, Unavailable, False, ALWAYS),
        (reset, UPDATE, Unavailable, True, 1),
        (reset, CREATE, Unavailable, True, ALWAYS),
        (truncated, READ, Unavailable, False, ALWAYS),
        (truncated, UPDATE, Unavailable, True, 1),
        (truncated, CREATE, Unavailable, True, ALWAYS),
        (HTML, READ, Unavailable, False, 1),
        (HTML, UPDATE, Unavailable, True, 1),
        (BROKEN_JSON, READ, Unavailable, False, 1),
        (BROKEN_JSON, CREATE, Unavailable, True, 1),
        (answer(200, "[" * 100_000), READ, Unavailable, False, 1),
        (answer(200, [1]), READ, Unavailable, False, 1),
        (answer(200, "null"), READ, Unavailable, False, 1),
        (answer(200, ""), READ, Unavailable, False, 1),
        (MOVED, READ, Unavailable, False, 1),
        (MOVED, UPDATE, Unavailable, True, 1),
        (MOVED, Request("DELETE", "/rows/a"), Unavailable, True, 1),
        (refusal(500, "general_unknown"), READ, Unavailable, False, ALWAYS),
        (refusal(500, "general_unknown"), UPDATE, Unavailable, True, 1),
        (refusal(500, "general_unknown"), CREATE, Unavailable, True, ALWAYS),
        (answer(503, "<h1>Down</h1>", type="text/html"), READ, Unavailable, False, ALWAYS),
        (answer(503, "<h1>Down</h1>", type="text/html"), UPDATE, Unavailable, True, 1),
        (refusal(408, "database_timeout"), READ, Timeout, False, 1),
        (refusal(408, "database_timeout"), UPDATE, Timeout, True, 1),
        (refusal(429, "general_rate_limit_exceeded"), READ, RateLimited, False, ALWAYS),
        (refusal(429, "general_rate_limit_exceeded"), UPDATE, RateLimited, False, ALWAYS),
        (refusal(400, "row_invalid_structure"), CREATE, InvalidRequest, False, 1),
        (refusal(401, "user_unauthorized"), UPDATE, PermissionDenied, False, 1),
        (refusal(404, "row_not_found"), UPDATE, NotFound, False, 1),
        (refusal(409, "row_already_exists"), CREATE, IntegrityError, False, 1),
        (refusal(409, "row_update_conflict"), UPDATE, Conflict, False, 1),
        (refusal(410, "transaction_expired"), UPDATE, Conflict, False, 1),
    ],
)
def test_what_the_caller_sees(
    drive: Drive, fault: Fault, request_: Request, error: type[AppwriteError], unclear: bool, sent: int
) -> None:
    with faulty(fault) as server, pytest.raises(error) as caught:
        ask(drive, server.client(), request_)
    assert type(caught.value) is error
    assert (caught.value.unclear, len(server.received)) == (unclear, sent)
    assert {received.method for received in server.received} == {request_.method}


def test_a_create_is_not_repeated_when_the_time_is_up(drive: Drive) -> None:
    """What reads and updates see of all that takes too long is in `test_what_a_view_sees`."""
    with faulty(slow_body) as server, pytest.raises(Timeout) as caught:
        ask(drive, server.client(), CREATE, timeout=1.5)
    assert (caught.value.unclear, len(server.received)) == (True, 1)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The system's, hanging for one name; those that it was asked for."""
    asked: list[str] = []
    over = threading.Event()
    resolve = socket.getaddrinfo

    def hanging(host: str, *given: object, **more: object) -> object:
        if host != "hangs.example":
            return resolve(host, *given, **more)
        asked.append(host)
        over.wait(60)
        raise socket.gaierror("gave up")

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    yield asked
    over.set()


def test_a_name_whose_look_up_hangs(resolver: list[str]) -> None:
    """Blocking: an event loop bounds it by itself. Nothing was sent, so that a write is certainly not applied."""
    client = Client(endpoint="http://hangs.example/v1", project_id="p", api_key="k")
    with pytest.raises(Timeout) as caught:  # the resolver goes on until the end of the test
        ask(run_sync, client, UPDATE, timeout=0.4, retries=0)
    assert (caught.value.unclear, resolver) == (False, ["hangs.example"])


def test_look_ups_that_hang_are_not_piled_up(resolver: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_resolvers", DaemonThreadPool(2, "few"))
    client = Client(endpoint="http://hangs.example/v1", project_id="p", api_key="k")
    for _ in range(4):
        with pytest.raises(Timeout):
            ask(run_sync, client, READ, timeout=0.1, retries=0)
    assert resolver == ["hangs.example"] * 2


def test_a_name_that_there_is_not(drive: Drive) -> None:
    client = Client(endpoint="http://nothing.invalid/v1", project_id="p", api_key="k")
    with pytest.raises(Unavailable) as caught:
        ask(drive, client, UPDATE, retries=0)
    assert caught.value.unclear is False


@pytest.mark.parametrize("request_", [READ, UPDATE, CREATE])
def test_nobody_listens(drive: Drive, request_: Request) -> None:
    """Nothing was sent, so that every request may be repeated, and a write is certainly not applied."""
    client = Client(endpoint=f"http://127.0.0.1:{free_port()}/v1", project_id="p", api_key="k")
    with counted() as costs, pytest.raises(Unavailable) as caught:
        ask(drive, client, request_)
    assert (caught.value.unclear, len(costs.requests)) == (False, ALWAYS)


def test_a_certificate_nobody_signed(drive: Drive, tmp_path: Path) -> None:
    tls, _ = certificate(tmp_path)
    with faulty(GOOD, tls=tls) as server, pytest.raises(Unavailable, match=r"TLS failed.*self.signed") as caught:
        ask(drive, server.client(), UPDATE)
    assert (caught.value.unclear, server.received, server.connections) == (False, [], 1)


def test_a_certificate_one_trusts(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with faulty(GOOD, tls=tls) as server:
        client = server.client()
        assert ask(drive, client, READ).data == {"ok": True}
        client.close()


def test_a_server_that_speaks_no_tls(drive: Drive) -> None:
    with faulty(GOOD) as server, pytest.raises(Unavailable) as caught:
        ask(drive, server.client(server.endpoint.replace("http", "https")), UPDATE)
    assert (caught.value.unclear, server.received) == (False, [])


@pytest.fixture
def pause() -> Iterator[mock.Mock]:
    """Nobody waits; what was to be waited for is in the calls."""
    with mock.patch.object(retry, "Sleep", side_effect=lambda seconds: Sleep(0)) as found:
        yield found


@pytest.mark.parametrize("header", ["50", "date"])
def test_retry_after_is_honoured(drive: Drive, pause: mock.Mock, header: str) -> None:
    asked = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 50)) if header == "date" else header
    busy = refusal(429, "general_rate_limit_exceeded", Retry_After=asked)
    with faulty(busy, GOOD) as server:
        assert ask(drive, server.client(), UPDATE, timeout=90).data == {"ok": True}
    assert 10 < pause.call_args.args[0] <= 50
    assert len(server.received) == 2


def test_the_end_of_appwrites_own_window_is_honoured(drive: Drive, pause: mock.Mock) -> None:
    busy = refusal(429, "general_rate_limit_exceeded", X_RateLimit_Reset=str(int(time.time()) + 50))
    with faulty(busy, GOOD) as server:
        ask(drive, server.client(), READ, timeout=90)
    assert 10 < pause.call_args.args[0] <= 50


@pytest.mark.parametrize("header", ["retry_after", "x_ratelimit_reset"])
def test_a_wait_that_is_no_number_of_seconds_is_not_believed(drive: Drive, header: str) -> None:
    with faulty(answer(429, {}, **{header: "9" * 400})) as server, pytest.raises(RateLimited) as caught:
        ask(drive, server.client(), READ)
    assert caught.value.retry_after is None


def test_a_wait_that_is_too_long_is_not_begun(drive: Drive) -> None:
    busy = refusal(429, "general_rate_limit_exceeded", Retry_After="60")
    with faulty(busy, GOOD) as server, pytest.raises(RateLimited) as caught:
        ask(drive, server.client(), READ)
    assert (caught.value.retry_after, len(server.received)) == (60, 1)


def test_a_read_gets_over_a_passing_fault(drive: Drive) -> None:
    with faulty(reset, refusal(503, "general_unknown"), GOOD) as server:
        found = ask(drive, server.client(), READ)
    assert (found.data, found.unclear, len(server.received)) == ({"ok": True}, False, 3)


def test_a_create_that_needed_two_copies_says_so(drive: Drive) -> None:
    """The first one may still be on its way, and so the fence must stand."""
    with faulty(reset, answer(201, {"$id": "r"})) as server:
        found = ask(drive, server.client(), CREATE)
    assert (found.data, found.unclear, len(server.received)) == ({"$id": "r"}, True, 2)
    assert server.received[0].body == server.received[1].body


def test_a_conflict_after_a_lost_copy_may_be_our_own_success(drive: Drive) -> None:
    with faulty(reset, refusal(409, "row_already_exists")) as server, pytest.raises(IntegrityError) as caught:
        ask(drive, server.client(), CREATE)
    assert (caught.value.repeated, caught.value.unclear) == (True, True)


def test_a_conflict_after_a_refusal_is_none_of_ours(drive: Drive) -> None:
    """The copy before was turned away at the door."""
    busy = refusal(429, "general_rate_limit_exceeded", Retry_After="0")
    with faulty(busy, refusal(409, "row_already_exists")) as server, pytest.raises(IntegrityError) as caught:
        ask(drive, server.client(), CREATE)
    assert (caught.value.repeated, caught.value.unclear, len(server.received)) == (False, False, 2)


def test_a_clear_refusal_after_a_lost_copy_stays_unclear(drive: Drive) -> None:
    busy, refused = refusal(429, "general_rate_limit_exceeded"), refusal(401, "user_unauthorized")
    with faulty(reset, busy, refused) as server, pytest.raises(PermissionDenied) as caught:
        ask(drive, server.client(), CREATE)
    assert (caught.value.unclear, len(server.received)) == (True, 3)


def test_an_absent_row_is_an_answer(drive: Drive) -> None:
    absent = Request("GET", "/tablesdb/d/tables/t/rows/r", absent="row_not_found")
    with faulty(refusal(404, "row_not_found"), refusal(404, "table_not_found")) as server:
        client = server.client()
        assert ask(drive, client, absent) == Response("null", None)
        with pytest.raises(NotFound) as caught:
            ask(drive, client, absent)
    assert caught.value.type == "table_not_found"


def test_a_request_that_is_given_up_on_is_not_sent_any_more(drive: Drive) -> None:
    """The end of the connection is a reset, with which a system discards what it has not delivered yet."""
    ends: list[str] = []

    def wait_for_the_end(connection: socket.socket) -> None:
        try:
            ends.append(f"{connection.recv(1)!r}")
        except ConnectionResetError:
            ends.append("reset")

    with faulty(wait_for_the_end) as server:
        with pytest.raises(Timeout) as caught:
            ask(drive, server.client(), UPDATE, timeout=1, retries=0)
        until(lambda: ends)
    assert (caught.value.unclear, ends) == (True, ["reset"])
