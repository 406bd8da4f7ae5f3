"""API keys, tokens and session secrets appear in no message, and in no frame of a traceback."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from django_appwrite_orm.conf.connection_settings import ConnectionSettings
from django_appwrite_orm.connection import Connection
from django_appwrite_orm.credentials import Credentials, Secret
from django_appwrite_orm.exceptions import AppwriteError, InvalidRequest, UserPermissionDenied
from django_appwrite_orm.plans import Request
from django_appwrite_orm.sansio import Operation, run_async, run_sync
from django_appwrite_orm.transport import Client, request_json
from tests.support.faulty_servers import (
    READ,
    UPDATE,
    Fault,
    FaultyServer,
    answer,
    faulty,
    hang,
    refusal,
    reset,
    slow_body,
    slow_head,
    stall,
    truncated,
)
from tests.support.library.tables import Book
from tests.support.tracebacks import caught, chain, shown, texts
from tests.transport.conftest import Drive

KEY = "standard_" + "0123456789abcdef" * 8


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"message": f"not today: {self.headers}", "type": "x", "code": 418}).encode()
        self.send_response(418)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def client() -> Iterator[Client]:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        made = Client(endpoint=f"http://127.0.0.1:{server.server_port}/v1", project_id="p", api_key=KEY)
        yield made
        made.close()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_key_is_hidden(client: Client, asynchronous: bool) -> None:
    def ask() -> None:
        steps = request_json(client, Request("GET", "/x"), timeout=5, retries=0)
        asyncio.run(run_async(steps)) if asynchronous else run_sync(steps)

    with pytest.raises(AppwriteError, match=r"(?s)not today.*\[hidden\]") as refused:
        ask()
    assert KEY not in str(refused.value)
    check(refused.value)


KINDS: dict[str, Fault] = {
    "hang": hang,
    "slow head": slow_head,
    "slow body": slow_body,
    "half a body": stall,
    "the end within a body": truncated,
    "reset": reset,
    "no JSON": answer(200, "{broken"),
    "a page": answer(200, "<h1>Hello</h1>", type="text/html"),
    "moved": answer(301, "", location="https://elsewhere.example/v1"),
    "429": refusal(429, "general_rate_limit_exceeded"),
    "503": refusal(503, "general_unknown"),
    "400": refusal(400, "general_argument_invalid"),
    "no HTTP": lambda connection: connection.sendall(b"hello\r\n\r\n"),
    "no gzip": answer(200, "{}", content_encoding="gzip"),
}
# The faults in which a request is under way until somebody gives it up.
ENDLESS = ["hang", "slow head", "slow body", "half a body"]
JWT = "eyJ" + "fedcba9876543210" * 8


class GivenUp(Exception):
    """What a signal handler raises."""


@contextmanager
def interrupted(seconds: float) -> Iterator[None]:
    """A signal whose handler raises, as of gunicorn or a soft time limit."""

    def give_up(*args: object) -> None:
        raise GivenUp

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def clients(server: FaultyServer) -> list[Client]:
    """One with the key, and the same for a user."""
    client = Client(endpoint=server.endpoint, project_id="p", api_key=KEY)
    server._clients.append(client)
    return [client, client.speaking_for(Credentials.of_user(jwt=JWT).headers)]


def was_sent(server: FaultyServer) -> str:
    return json.dumps([received.headers for received in server.received])


def check(error: BaseException) -> None:
    text = shown(error)
    # Parts of it too: a debug page cuts long values.
    assert KEY[:24] not in text
    assert JWT[:24] not in text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("request_", [READ, UPDATE], ids=str)
def test_no_frame_of_a_failure_shows_a_secret(drive: Drive, kind: str, request_: Request) -> None:
    with faulty(KINDS[kind]) as server:
        for client in clients(server):
            limit = 0.6 if kind in ENDLESS else 10
            error = caught(partial(drive, request_json(client, request_, timeout=limit, retries=0)))
            assert isinstance(error, AppwriteError)
            check(error)
        assert KEY in was_sent(server)
        assert JWT in was_sent(server)


async def _timeout(steps: Operation[object]) -> None:
    async with asyncio.timeout(0.3):
        await run_async(steps)


async def _wait_for(steps: Operation[object]) -> None:
    await asyncio.wait_for(run_async(steps), 0.3)


async def _gather(steps: Operation[object]) -> None:
    async def fail() -> None:
        await asyncio.sleep(0.3)
        task.cancel()

    task = asyncio.ensure_future(run_async(steps))
    await asyncio.gather(task, fail())


async def _group(steps: Operation[object]) -> None:
    async def fail() -> None:
        await asyncio.sleep(0.3)
        raise GivenUp

    async with asyncio.TaskGroup() as group:
        task = group.create_task(run_async(steps))
        group.create_task(fail())
    await task


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("give_up", [_timeout, _wait_for, _gather, _group])
def test_no_frame_of_a_cancelled_request_shows_a_secret(kind: str, give_up: Callable[..., object]) -> None:
    with faulty(KINDS[kind]) as server:
        for client in clients(server):
            steps = request_json(client, READ, timeout=60, retries=0)
            check(caught(lambda steps=steps: asyncio.run(give_up(steps))))
        assert KEY in was_sent(server)


@pytest.mark.parametrize("kind", ENDLESS)
def test_no_frame_of_an_interrupted_request_shows_a_secret(drive: Drive, kind: str) -> None:
    with faulty(KINDS[kind]) as server:
        for client in clients(server):
            steps = request_json(client, READ, timeout=60, retries=0)
            with interrupted(0.5):
                error = caught(partial(drive, steps))
            assert isinstance(error, GivenUp)
            check(error)
        assert KEY in was_sent(server)


def test_frames_of_what_was_handled_before_stay(drive: Drive) -> None:
    """An exception of the site's own, while which a request is made that is given up."""

    def fail() -> None:
        try:
            raise KeyError("the site's own")
        except KeyError:
            drive(request_json(clients(server)[0], READ, timeout=60, retries=0))

    with faulty(hang) as server, interrupted(0.5):
        error = caught(fail)
    assert isinstance(error, GivenUp)
    own = next(one for one in chain(error) if isinstance(one, KeyError))
    assert own.__traceback__ is not None


@pytest.mark.parametrize(
    "request_",
    [Request("GET", "/x", (("queries[0]", "\ud800"),)), Request("POST", "/x", body={"data": {"a": "\ud800"}})],
    ids=str,
)
def test_half_a_surrogate_pair_is_refused_before_it_is_sent(drive: Drive, request_: Request) -> None:
    with faulty(answer(200, {})) as server:
        for client in clients(server):
            error = caught(partial(drive, request_json(client, request_, timeout=10, retries=2)))
            assert isinstance(error, InvalidRequest)
            assert "half a surrogate pair" in str(error)
            assert error.unclear is False
            check(error)
    assert server.received == []


def test_no_frame_of_a_cancelled_query_of_a_user_shows_the_token(settings) -> None:
    async def ask() -> None:
        async with asyncio.timeout(0.3):
            await Book.objects.as_user(jwt=Secret(JWT)).aget(pk="b")

    with faulty(hang) as server:
        keys = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": KEY, "DATABASE_ID": "d"}
        settings.APPWRITE_ORM = {"default": {**keys, "TIMEOUT": 2, "RETRIES": 0}}
        error = caught(lambda: asyncio.run(ask()))
        assert JWT in was_sent(server)
    check(error)  # which asks again, for the `repr()` of the queryset: of nobody now


@pytest.mark.parametrize(
    "given",
    [lambda: {"jwt": JWT + " "}, lambda: {"session": JWT + "\n"}, lambda: {"jwt": JWT, "session": JWT}],
)
def test_no_frame_of_a_token_that_is_refused_shows_it(given: Callable[[], dict[str, str]]) -> None:
    error = caught(lambda: Book.objects.as_user(**given()))
    assert isinstance(error, (ValueError, UserPermissionDenied))
    check(error)


def test_no_frame_of_the_sdk_s_client_shows_a_secret() -> None:
    with faulty(refusal(500, "general_unknown")) as server:
        settings = ConnectionSettings(
            alias="x", endpoint=server.endpoint, project_id="p", database_id="d", api_key=Secret(KEY)
        )
        connection = Connection(settings)
        server._clients.append(connection.client)
        sdk = connection.sdk_client()
        sdk.set_jwt(JWT)
        check(caught(lambda: sdk.call("post", "/users", {"content-type": "application/json"}, {"userId": "u"})))
    assert JWT in was_sent(server)


@pytest.mark.parametrize("token", [JWT, "c2Vzc2lvbg/c2Vzc2lvbg/c2Vzc2lvbg=="])
@pytest.mark.parametrize("slash", ["/", "\\/"], ids=["any JSON", "JSON of PHP"])
def test_a_token_of_the_sdk_s_client_is_hidden_where_a_server_shows_it(token: str, slash: str) -> None:
    shows = f'{{"message": "not today: {token.replace("/", slash)}", "code": 418}}'
    with faulty(answer(418, shows)) as server:
        settings = ConnectionSettings(
            alias="x", endpoint=server.endpoint, project_id="p", database_id="d", api_key=Secret(KEY)
        )
        connection = Connection(settings)
        server._clients.append(connection.client)
        error = caught(lambda: connection.sdk_client().set_jwt(token).call("GET", "/users"))
    assert str(error).endswith("not today: [hidden]")


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret(KEY)
    settings = ConnectionSettings(
        alias="x", endpoint="local:", project_id="p", database_id="d", api_key=secret, webhook_secret=secret
    )
    for thing in (secret, [secret], settings, dataclasses.asdict(settings), Credentials("jwt", secret)):
        assert not any(KEY[:24] in text for text in texts(thing))
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(thing)
    assert (secret, secret, secret.reveal()) == (Secret(KEY), KEY, KEY)
    assert secret != Secret("other")
    assert copy.deepcopy([secret]) == [secret]
    with pytest.raises(TypeError):
        json.dumps(secret)
