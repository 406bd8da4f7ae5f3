"""What goes over the wire, over which connections, and that none is left behind."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import threading
import warnings

import pytest

from django_appwrite_orm.exceptions import Unavailable
from django_appwrite_orm.plans import Request
from django_appwrite_orm.sansio import run_async, run_sync
from django_appwrite_orm.transport import Client, Features, request_json
from tests.support.faulty_servers import CREATE, READ, answer, faulty, refusal, reset
from tests.transport.conftest import Drive

GOOD = answer(200, {"ok": True})


def ask(client: Client, request: Request = READ):
    return request_json(client, request, timeout=30, retries=1)


def test_what_is_sent(drive: Drive) -> None:
    with faulty(GOOD) as server:
        client = server.client()
        drive(ask(client, CREATE))
        drive(ask(client, READ))
    create, read = server.received
    assert (create.method, create.target) == ("POST", "/v1/tablesdb/d/tables/t/rows")
    assert json.loads(create.body) == CREATE.body
    expected = {"x-appwrite-project": "p", "x-appwrite-key": "k", "x-appwrite-response-format": "1.9.0"}
    assert expected.items() <= create.headers.items()
    assert create.headers["content-type"] == "application/json"
    assert create.headers["x-request-id"] != read.headers["x-request-id"]
    path, _, query = read.target.partition("?")
    assert (path, query) == (
        "/v1/tablesdb/d/tables/t/rows",
        "queries%5B0%5D=%7B%22method%22%3A%22limit%22%2C%22values%22%3A%5B1%5D%7D",
    )
    assert "content-type" not in read.headers


def test_compressed_answers(drive: Drive) -> None:
    with faulty(answer(200, {"text": "x" * 1000}, zip=True)) as server:
        assert drive(ask(server.client())).data == {"text": "x" * 1000}
    assert server.received[0].headers["accept-encoding"] == "gzip"


def test_an_answer_that_cannot_be_unpacked(drive: Drive) -> None:
    with faulty(answer(200, "{}", content_encoding="gzip")) as server, pytest.raises(Unavailable) as caught:
        drive(ask(server.client(), CREATE))
    assert caught.value.unclear


def test_the_form_of_answers_fits_the_server() -> None:
    with faulty(GOOD) as server:
        client = server.client()
        for version in ("1.8.1", "1.9.5", "2.5.0"):
            client.features = Features.of(version)
            run_sync(ask(client))
    asked = [received.headers["x-appwrite-response-format"] for received in server.received]
    assert asked == ["1.8.1", "1.9.5", "1.9.6"]


def test_connections_are_kept() -> None:
    with faulty(GOOD) as server:
        client = server.client()
        for _ in range(5):
            run_sync(ask(client))

        async def more() -> None:
            for _ in range(5):
                await run_async(ask(client))

        asyncio.run(more())
    assert [received.connection for received in server.received] == [1] * 5 + [2] * 5


def test_threads_share_a_client() -> None:
    with faulty(GOOD) as server:
        client = server.client()
        found: list[object] = []

        def work() -> None:
            found.extend(run_sync(ask(client)).data["ok"] for _ in range(10))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [True] * 80
    assert server.connections <= 8


def test_several_loops_at_once_and_none_left_open() -> None:
    """Every loop has connections of its own and closes them when it ends, as asyncio.run does."""
    with faulty(GOOD) as server, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        client = server.client()

        async def several() -> None:
            await asyncio.gather(*(run_async(ask(client)) for _ in range(5)))

        threads = [threading.Thread(target=asyncio.run, args=(several(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        asyncio.run(several())
        assert len(client._wire._loops) == 0
        gc.collect()
    assert len(server.received) == 25
    assert [str(warning.message) for warning in caught] == []


def test_a_request_that_is_cancelled_closes_its_connection() -> None:
    with faulty(lambda connection: connection.recv(1)) as server, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)

        async def impatient() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(run_async(ask(server.client())), 0.2)

        asyncio.run(impatient())
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_has_connections_of_its_own() -> None:
    """As under gunicorn's preload. The lock is held while we fork, as by a thread that just sends."""
    with faulty(GOOD) as server:
        client = server.client()
        run_sync(ask(client))
        with client._wire._lock:
            child = os.fork()
            if child == 0:
                signal.alarm(30)  # a child that waits for the lock must not outlive the test
                code = 1
                try:
                    code = 0 if run_sync(ask(client)).data == {"ok": True} else 2
                finally:
                    os._exit(code)
        _, status = os.waitpid(child, 0)
        run_sync(ask(client))
    assert os.waitstatus_to_exitcode(status) == 0
    assert [received.connection for received in server.received] == [1, 2, 1]


def test_a_proxy_is_used(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    with faulty(GOOD) as proxy:
        monkeypatch.setenv("http_proxy", proxy.endpoint.removesuffix("/v1").replace("127", "user:pass@127"))
        drive(ask(proxy.client("http://appwrite.invalid/v1")))
    assert proxy.received[0].target.startswith("http://appwrite.invalid/v1/tablesdb/")
    assert proxy.received[0].headers["proxy-authorization"] == "Basic dXNlcjpwYXNz"


def test_a_repeat_can_be_followed_in_the_log(drive: Drive, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "django_appwrite_orm.transport")
    with faulty(reset, refusal(401, "user_unauthorized")) as server, pytest.raises(Exception, match="401") as caught:
        drive(ask(server.client()))
    ids = {received.headers["x-request-id"] for received in server.received}
    assert ids == {caught.value.request_id}
    ours = [record.getMessage() for record in caplog.records if record.name == "django_appwrite_orm.transport"]
    assert len(ours) == 2
    assert all(line.startswith(caught.value.request_id) for line in ours)
    assert "k" not in {word for line in ours for word in line.split()}
