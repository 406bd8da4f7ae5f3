"""Realtime: recorded responses of Appwrite 1.9.6 to connections and messages, and limits."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidMessage, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.http.server import LocalServer
from django_appwrite_orm.local.realtime import connection, hub
from tests.support.local_client import Client
from tests.support.recorded_events import REALTIME, frames_until_pong, url

CONNECTIONS = REALTIME["connections"]
ROWS = "/v1/realtime?project=local&channels[]=rows"


@pytest.fixture
def server(app: LocalAppwrite) -> Iterator[LocalServer]:
    with LocalServer(app, port=0) as server:
        yield server


@pytest.fixture
def rows(appwrite: Client) -> str:
    return appwrite.table([{"key": "n", "type": "integer"}], permissions=['read("any")'])


def steady(frame: dict[str, Any]) -> dict[str, Any]:
    """Return a frame without the server's ids and without the variable fields of a user."""
    data = dict(frame.get("data", {}))
    if "subscriptions" in data:
        data["subscriptions"] = json.loads(re.sub(r'"[0-9a-f]{20}"', '"an id"', json.dumps(data["subscriptions"])))
    if data.get("user"):
        data["user"] = {name: data["user"][name] for name in ("$id", "email", "status", "labels")}
    if frame["type"] == "error":
        data["message"] = "ours to word"
    return {"type": frame["type"], "data": data} if data else {"type": frame["type"]}


@pytest.mark.parametrize("case", CONNECTIONS, ids=lambda case: case["case"])
def test_realtime_frames_are_as_recorded(appwrite: Client, server: LocalServer, case: dict[str, Any]) -> None:
    appwrite("POST ./users", {"userId": "cbu-ev", "email": "cbu-ev@example.com"})
    jwt = appwrite("POST ./users/cbu-ev/jwts", {})["jwt"]
    path = case["path"].replace("realproject", "local").replace("<jwt>", jwt)
    named = {"realproject": "local", "<jwt>": jwt, "<api key>": "local"}
    headers = {name: named.get(value, value) for name, value in case["headers"].items()}
    with connect(url(server, path), additional_headers=headers) as connection:
        frames = [json.loads(connection.recv(timeout=60))]
        for message in case["sent"]:
            connection.send(message if isinstance(message, str) else json.dumps(message))
            frames.append(json.loads(connection.recv(timeout=60)))
        assert list(map(steady, frames)) == list(map(steady, case["received"]))
        if case["ended"]:
            with pytest.raises(ConnectionClosedError) as caught:
                connection.recv(timeout=60)
            assert caught.value.rcvd is None  # no close frame
        else:
            assert frames_until_pong(connection) == []


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("?project=local" + "&a=1" * 1_001, ""),
        ("?project=local&channels[]=rows", "http://["),
        ("?project=local&channels[]=rows", "null"),
    ],
)
def test_a_hostile_request_is_refused(
    server: LocalServer, path: str, origin: str, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(url(server, f"/v1/realtime{path}"), additional_headers={"Origin": origin} if origin else {}) as found:
        assert json.loads(found.recv(timeout=60))["type"] == "error"
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("header", ["x.example", "localhost.x.example"])
def test_a_page_of_another_origin_is_refused(server: LocalServer, header: str) -> None:
    """A loopback server refuses a host name of another site, as over HTTP."""
    address = urlsplit(server.endpoint)
    with (
        socket.create_connection((address.hostname, address.port)) as connection,
        pytest.raises(InvalidStatus) as caught,
    ):
        connect(f"ws://{header}:{address.port}{ROWS}", sock=connection).close()
    assert caught.value.response.status_code == 403


def test_an_invalid_handshake_is_refused(server: LocalServer) -> None:
    """There is no HTTP route at the address, and a handshake needs its key."""
    import http.client

    for headers, status in (({}, 404), ({"Upgrade": "websocket", "Connection": "Upgrade"}, 400)):
        connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://").removesuffix("/v1"), timeout=60)
        connection.request("GET", ROWS, headers={"X-Appwrite-Project": "local", **headers})
        assert connection.getresponse().status == status
        connection.close()


def test_a_listener_occupies_no_thread_of_the_server(app: LocalAppwrite, appwrite: Client, rows: str) -> None:
    with LocalServer(app, port=0, threads=2) as server, ExitStack() as stack:
        listening = [stack.enter_context(connect(url(server, ROWS))) for _ in range(12)]
        for connection in listening:
            assert frames_until_pong(connection)[0]["type"] == "connected"
        appwrite(f"POST {rows}", {"rowId": "a", "data": {"n": 1}})
        received = [frames_until_pong(connection) for connection in listening]
        assert [[frame["type"] for frame in frames] for frames in received] == [["event"]] * 12


def test_a_restart_ends_connections(app: LocalAppwrite) -> None:
    with ExitStack() as stack:
        with LocalServer(app, port=0) as server:
            connection = stack.enter_context(connect(url(server, ROWS)))
            assert json.loads(connection.recv(timeout=60))["type"] == "connected"
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=60)


@pytest.mark.parametrize(
    ("module", "name"), [(connection, "_MAX_UNSENT"), (hub, "MAX_UNSENT")], ids=["one", "together"]
)
def test_a_listener_that_does_not_read_is_disconnected(
    appwrite: Client, server: LocalServer, rows: str, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    """Its frames must not fill the server's memory; other listeners stay connected."""
    monkeypatch.setattr(module, name, 100_000)
    with connect(url(server, ROWS)) as reader, connect(url(server, ROWS), max_queue=1, close_timeout=0.1) as sleeper:
        assert frames_until_pong(reader)[0]["type"] == "connected"
        assert json.loads(sleeper.recv(timeout=60))["type"] == "connected"
        for round in range(200):
            appwrite(f"POST {rows}", {"rows": [{"$id": f"{round}-{n}", "n": n} for n in range(100)]})
            assert len(frames_until_pong(reader)) == 100
            if len(server._hub._websockets) == 1:
                break
        assert len(server._hub._websockets) == 1


def test_the_number_of_listeners_is_limited(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "MAX_CONNECTIONS", 2)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(connect(url(server, ROWS))).recv(timeout=60)
        with pytest.raises((InvalidMessage, ConnectionError)):
            connect(url(server, ROWS)).close()


def test_fragmented_messages_are_joined(server: LocalServer) -> None:
    with connect(url(server, "/v1/realtime?project=local")) as connection:
        connection.send(iter(['{"type":', '"ping"}']))
        assert [json.loads(connection.recv(timeout=60))["type"] for _ in range(2)] == ["connected", "pong"]
        connection.send(b'{"type":"ping"}')
        assert json.loads(connection.recv(timeout=60))["type"] == "error"


def test_a_message_that_is_too_long_ends_the_connection(server: LocalServer) -> None:
    with connect(url(server, "/v1/realtime?project=local")) as connection:
        connection.recv(timeout=60)
        connection.send("x" * 100_000)
        with pytest.raises(ConnectionClosed) as caught:
            connection.recv(timeout=60)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009


def subscribe(connection: ClientConnection, query: dict[str, Any]) -> str:
    asked = {"channels": ["rows"], "queries": [json.dumps(query)]}
    connection.send(json.dumps({"type": "subscribe", "data": [asked]}))
    return str(json.loads(connection.recv(timeout=60))["type"])


def test_subscription_filters(appwrite: Client, server: LocalServer, rows: str) -> None:
    with connect(url(server, "/v1/realtime?project=local")) as connection:
        connection.recv(timeout=60)
        either = [{"method": "isNull", "attribute": "n"}, {"method": "greaterThan", "attribute": "n", "values": [5]}]
        assert subscribe(connection, {"method": "or", "values": either}) == "response"
        assert subscribe(connection, {"method": "search", "attribute": "n", "values": ["x"]}) == "error"
        assert subscribe(connection, {"method": "select", "values": ["n"]}) == "error"
        assert subscribe(connection, {"method": "lessThan", "attribute": "n", "values": []}) == "error"
        nested = {"method": "equal", "attribute": "n", "values": [1]}
        for _ in range(150):
            nested = {"method": "and", "values": [nested]}
        assert subscribe(connection, nested) in ("error", "response")
        for id, value in (("a", 5), ("b", 6), ("c", None)):
            appwrite(f"POST {rows}", {"rowId": id, "data": {"n": value}})
        assert [frame["data"]["payload"]["$id"] for frame in frames_until_pong(connection)] == ["b", "c"]


def test_roles_are_read_when_a_listener_connects(appwrite: Client, server: LocalServer) -> None:
    """Members of a team receive the rows that only the team may read."""
    rows = appwrite.table([{"key": "n", "type": "integer"}], rowSecurity=True)
    appwrite("POST ./users", {"userId": "u"})
    appwrite("POST ./teams", {"teamId": "staff", "name": "Staff"})
    appwrite("POST ./teams/staff/memberships", {"userId": "u", "roles": []})
    jwt = appwrite("POST ./users/u/jwts", {})["jwt"]
    with (
        connect(url(server, ROWS), additional_headers={"X-Appwrite-JWT": jwt}) as member,
        connect(url(server, ROWS)) as guest,
    ):
        for connection in (member, guest):
            assert frames_until_pong(connection)[0]["type"] == "connected"
        for id, granted in (("a", ['read("team:staff")']), ("b", [])):
            appwrite(f"POST {rows}", {"rowId": id, "data": {"n": 1}, "permissions": granted})
        received = [
            [frame["data"]["payload"]["$id"] for frame in frames_until_pong(connection)]
            for connection in (member, guest)
        ]
    assert received == [["a"], []]
