"""Faults around a listener: odd servers and proxies, a cache that fails, a stop at a bad moment."""

from __future__ import annotations

import json
import struct
import sys
import threading
from types import FrameType
from typing import Any

import pytest
from django.core.cache import caches

from django_appwrite_orm import orm, signals
from django_appwrite_orm.connection import connections
from django_appwrite_orm.events import RowChange, realtime, subscriptions, websocket
from django_appwrite_orm.events.realtime import Listener
from django_appwrite_orm.exceptions import ConfigurationError, PermissionDenied
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from tests.events.tables import Open
from tests.support.faulty_servers import answer, faulty, frames, hang, refusal
from tests.support.library.tables import Book
from tests.support.listening import ACTIONS, AS_USER, CONNECTED, JWT, Start, has_token, plant
from tests.support.migrations import registered, table
from tests.support.waiting import soon

pytestmark = pytest.mark.usefixtures("short_pauses")


def test_a_stop_can_be_requested_at_any_step() -> None:
    """By a signal handler, which runs between two steps of what the main thread does: also of waiting."""

    def requested_at(step: int) -> bool:
        stop, steps = realtime.Stop(), 0

        def trace(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal steps
            steps += event == "line"
            if steps == step and not stop.requested:
                stop.request()
            return trace

        def wait() -> None:
            sys.settrace(trace)
            stop.wait(0.001)

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        thread.join(30)
        assert not thread.is_alive(), f"it deadlocks when it is stopped at step {step}"
        return stop.requested

    requested = [requested_at(step) for step in range(1, 40)]
    assert any(requested)
    assert not all(requested), "every step was tried"


@pytest.mark.parametrize(
    "fault",
    [
        answer(404, "404 page not found\n", type="text/plain"),
        answer(401, "<h1>Who are you?</h1>", type="text/html"),
        answer(302, "", location="https://maintenance.example/"),
        answer(200, {"ok": True}),
        answer(201, {"jwt": None}),
        refusal(503, "general_unknown"),
    ],
)
def test_errors_of_a_proxy_are_temporary(start: Start, fault: Any) -> None:
    server, found = start(fault, JWT, frames(AS_USER), LISTEN_AS="cbu-ev")
    assert soon(lambda: found.state == "listening")
    assert len(server.received) == 3


def test_errors_of_appwrite_about_the_key_are_permanent(settings, tables: None) -> None:
    with faulty(refusal(401, "general_unauthorized_scope")) as server:
        keys = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d"}
        settings.APPWRITE_ORM = {"default": {**keys, "LISTEN_AS": "somebody"}}
        with pytest.raises(PermissionDenied):
            Listener("default").run()


def test_tables_that_are_registered_later_are_listened_to(start: Start) -> None:
    """By an app whose turn comes after that of the one that listens: nothing would ever be heard of them."""
    server, found = start(frames(CONNECTED))
    assert soon(lambda: found.state == "listening")
    with registered(table("later")):
        assert soon(lambda: len(server.received) == 2 and found.state == "listening")
    assert [".later.rows" in one.target for one in server.received[:2]] == [False, True]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_token_is_not_sent_to_another_host(start: Start, status: int, caplog: pytest.LogCaptureFixture) -> None:
    with faulty(frames(AS_USER)) as elsewhere:
        moved = answer(status, "", location=elsewhere.endpoint.replace("http", "ws"))
        server, found = start(JWT, moved, JWT, frames(AS_USER), LISTEN_AS="cbu-ev")
        assert soon(lambda: found.state == "listening")
    assert (len(server.received), elsewhere.received) == (4, [])
    assert "it redirects to ws://127.0.0.1" in caplog.text


def test_a_frame_of_ten_megabytes_is_handled(start: Start, heard: list[dict[str, Any]]) -> None:
    frame = json.loads(json.dumps(ACTIONS[0]["frames"][0]))
    frame["data"]["payload"]["text"] = "x" * 10_000_000
    data = json.dumps(frame).encode()

    def large(connection: Any) -> None:
        connection.sendall(b"\x81\x7f" + struct.pack("!Q", len(data)) + data)
        hang(connection)

    start(frames(CONNECTED, then=large))
    assert soon(lambda: heard)
    assert len(heard[0]["row"].text) == 10_000_000


def test_a_frame_above_the_limit_counts_as_a_gap(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "MAX_FRAME", 1000)

    def large(connection: Any) -> None:
        plant(Open)
        connection.sendall(b"\x81\x7f" + struct.pack("!Q", 1 << 40))
        hang(connection)

    server, found = start(frames(CONNECTED, then=large), frames({"type": "pong"}, CONNECTED))
    assert soon(lambda: len(server.received) == 2 and found.state == "listening")
    assert soon(lambda: not has_token(Open))


def test_an_incomplete_frame_counts_as_a_gap(start: Start) -> None:
    def half(connection: Any) -> None:
        plant(Open)
        connection.sendall(b"\x81\x7e\x10\x00{")

    server, found = start(frames(CONNECTED, then=half), frames(CONNECTED))
    assert soon(lambda: len(server.received) == 2 and found.state == "listening")
    assert soon(lambda: not has_token(Open))


def test_a_server_without_a_handshake_response_is_retried(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "OPEN_LIMIT", 0.2)
    server, found = start(hang, hang, frames(CONNECTED))
    assert soon(lambda: found.state == "listening")
    assert len(server.received) >= 3


def test_a_socks_proxy_without_its_library_is_a_configuration_error(
    settings, tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.APPWRITE_ORM = {
        "default": {"ENDPOINT": "http://appwrite.example/v1", "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d"}
    }
    monkeypatch.setenv("http_proxy", "socks5h://127.0.0.1:9")
    monkeypatch.setenv("all_proxy", "socks5h://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match=r"cannot connect: .*SOCKS"):
        Listener("default").run()


def test_failed_invalidations_are_retried_when_the_cache_is_back(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """This process reads nothing, so that no read of its own would make up for it."""
    _, found = start(frames(CONNECTED))
    assert soon(lambda: found.state == "listening")
    plant(Open)
    down = threading.Event()
    down.set()
    delete_many = type(caches["default"]).delete_many

    def failing(self: Any, *given: Any) -> Any:
        if down.is_set():
            raise OSError("down")
        return delete_many(self, *given)

    monkeypatch.setattr(type(caches["default"]), "delete_many", failing)
    found._take(json.dumps(ACTIONS[0]["frames"][0]))
    assert "Open has changed elsewhere" in caplog.text
    assert has_token(Open)
    down.clear()
    assert soon(lambda: not has_token(Open))
    assert soon(lambda: len(connections["default"].store.ledger) == 0)


def listens(alias: str) -> bool:
    return soon(lambda: subscriptions._hubs[alias]._listener.state == "listening")


def test_two_callbacks_that_close_all_listeners_do_not_deadlock(library: None, settings) -> None:
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": default, "other": {**default, "DATABASE_ID": "another"}}
    run_sync(migrate([Book], "other"))
    meeting = threading.Barrier(2, timeout=60)

    def end(change: RowChange) -> None:
        meeting.wait()
        orm.close_listeners()

    for alias in ("default", "other"):
        orm.listen(end, using=alias)
        assert listens(alias)
    threads = list(subscriptions._threads)
    for alias in ("default", "other"):
        Book.objects.using(alias).create(title="Dune", price=1)
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def test_a_receiver_that_exits_ends_the_listening_and_is_logged(
    library: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The error is logged, and a later subscription starts a new thread."""
    ended: list[object] = []

    def leave(**given: object) -> None:
        raise SystemExit(1)

    signals.row_changed.connect(leave)
    try:
        subscriptions.listen("default", subscriptions.Subscriber(print, on_end=ended.append))
        assert listens("default")
        Book.objects.create(title="Dune", price=1)
        assert soon(lambda: ended)
    finally:
        signals.row_changed.disconnect(leave)
    assert "listening has ended: it failed: SystemExit(1)" in caplog.text
    heard: list[RowChange] = []
    orm.listen(heard.append)
    assert listens("default")
    Book.objects.create(title="Emma", price=1)
    assert soon(lambda: heard)
    orm.close_listeners()
