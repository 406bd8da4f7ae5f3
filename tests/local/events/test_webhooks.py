"""Webhooks: their API, deliveries after failures, and that only committed changes are published."""

from __future__ import annotations

import json
import logging
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.events.event import Event
from django_appwrite_orm.local.storage import pool
from django_appwrite_orm.local.webhooks import delivery, worker
from django_appwrite_orm.local.webhooks.repository import Webhook
from django_appwrite_orm.local.webhooks.worker import WebhookWorker
from tests.support.faulty_servers import certificate
from tests.support.local_client import GUEST, Client, query
from tests.support.webhook_receiver import Receiver, receiving

EVENTS = ["databases.*.tables.*.rows.*"]
NAMES = {"databases.*.tables.*.rows.*.create": 201, "databases.*.tables.*.rows": 201, "databases.*": 201,
         "databases.*.collections.*.documents.*": 201, "databases.x.tables.y.rows.z.update": 201,
         "databases.*.tables.*.columns.*.create": 201, "databases.*.tables.*.rows.*.upsert": 400,
         "tablesdb.*.tables.*.rows.*.create": 400, "rows.*": 400, "*": 400, "databases": 400,
         "databases.*.tables.*.documents.*": 400, "databases.*.tables.*.rows.*.columns.*": 400}  # fmt: skip


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def rows(app: LocalAppwrite, appwrite: Client) -> Iterator[str]:
    """The path of a table's rows, while webhooks are called."""
    path = appwrite.table([{"key": "n", "type": "integer"}])
    calling = WebhookWorker(app.store, "local")
    calling.start()
    yield path
    calling.stop()


def register(client: Client, url: str, id: str = "h", **more: Any) -> Any:
    return client("POST ./webhooks", {"webhookId": id, "name": "H", "url": url, "events": EVENTS, **more})


def counted(receiver: Receiver, count: int) -> list[int | None]:
    return [json.loads(delivery.body)["n"] for delivery in receiver.wait_for(count)]


def test_a_webhook_is_created_read_changed_and_deleted(appwrite: Client) -> None:
    created = register(appwrite, "https://shop.example/hook?a=1", secret="eight chars", tls=True)
    assert (created["signatureKey"], created["security"], created["enabled"], created["attempts"]) == (
        "eight chars",
        True,
        True,
        0,
    )
    assert appwrite("GET ./webhooks/H") == created
    assert appwrite.refusal("POST ./webhooks", {**created, "webhookId": "h"}) == (409, "webhook_already_exists")
    changes = {"name": "New", "url": "http://127.0.0.1:8000/", "events": ["databases.*"], "authUsername": "u"}
    changed = appwrite("PUT ./webhooks/h", {**changes, "enabled": False})
    assert (changed["name"], changed["httpUser"], changed["enabled"]) == ("New", "u", False)
    assert changed["signatureKey"] == "eight chars"
    assert appwrite("GET ./webhooks", queries=[query("equal", "enabled", False)])["webhooks"] == [changed]
    appwrite("DELETE ./webhooks/h")
    assert appwrite.refusal("GET ./webhooks/h") == (404, "webhook_not_found")


def test_a_webhook_without_a_secret_gets_one(appwrite: Client) -> None:
    secrets = {register(appwrite, "https://shop.example/", id)["signatureKey"] for id in "ab"}
    assert [len(secret) for secret in secrets] == [128, 128]


@pytest.mark.parametrize(("name", "status"), NAMES.items())
def test_event_names_are_accepted_or_refused_as_recorded(appwrite: Client, name: str, status: int) -> None:
    body = {"webhookId": "h", "name": "H", "url": "https://shop.example/", "events": [name]}
    assert appwrite.send("POST ./webhooks", body).status == status


@pytest.mark.parametrize("change", [{"url": "ftp://a.example/"}, {"url": "/hook"}, {"url": "http://a b/"}, {"url": 3},
                                    {"secret": "short"}, {"events": "databases.*"}, {"name": ""},
                                    {"name": "H\r\nX: y"}])  # fmt: skip
def test_invalid_webhooks_are_refused(appwrite: Client, change: dict[str, Any]) -> None:
    body = {"webhookId": "h", "name": "H", "url": "https://shop.example/", "events": EVENTS, **change}
    assert appwrite.refusal("POST ./webhooks", body) == (400, "general_argument_invalid")


def test_webhook_routes_are_for_keys_only(appwrite: Client) -> None:
    assert appwrite.refusal("GET ./webhooks", headers=GUEST) == (401, "general_unauthorized_scope")


def test_deliveries_are_in_the_order_of_the_commits(appwrite: Client, rows: str, receiver: Receiver) -> None:
    register(appwrite, receiver.url)
    for number in range(30):
        appwrite(f"POST {rows}", {"rowId": f"r{number}", "data": {"n": number}})
    assert counted(receiver, 30) == list(range(30))


def test_a_bulk_call_publishes_100_rows(appwrite: Client, rows: str, receiver: Receiver) -> None:
    for start in (0, 100):
        appwrite(f"POST {rows}", {"rows": [{"$id": f"r{start + n}", "n": 0} for n in range(100)]})
    register(appwrite, receiver.url)
    appwrite(f"PATCH {rows}", {"data": {"n": 1}})
    appwrite(f"POST {rows}", {"rowId": "last", "data": {"n": 2}})
    assert counted(receiver, 101) == [1] * 100 + [2]


def test_cascaded_deletions_are_not_published(appwrite: Client, rows: str, receiver: Receiver) -> None:
    appwrite("POST /d/tables", {"tableId": "parent", "name": "P", "columns": [{"key": "n", "type": "integer"}]})
    relation = {"relatedTableId": "t", "type": "oneToMany", "key": "children", "onDelete": "cascade"}
    appwrite("POST /d/tables/parent/columns/relationship", relation)
    parents = "/d/tables/parent/rows"
    appwrite(f"POST {parents}", {"rowId": "p", "data": {"n": 7, "children": [{"$id": "c", "n": 8}]}})
    register(appwrite, receiver.url)
    appwrite(f"DELETE {parents}/p")
    assert appwrite.refusal(f"GET {rows}/c") == (404, "row_not_found")
    appwrite(f"POST {parents}", {"rowId": "q", "data": {"n": 9}})
    assert counted(receiver, 2) == [7, 9]
    assert "children" not in json.loads(receiver.deliveries[0].body)


def test_a_refused_write_is_not_published(appwrite: Client, rows: str, receiver: Receiver) -> None:
    register(appwrite, receiver.url)
    good = {"$id": "a", "n": 1}
    appwrite(f"POST {rows}", {"rowId": "taken", "data": {"n": 0}})
    appwrite.refusal(f"POST {rows}", {"rows": [good, {"$id": "taken", "n": 2}]})
    appwrite.refusal(f"PATCH {rows}/none", {"data": {"n": 1}})
    appwrite(f"POST {rows}", {"rowId": "z", "data": {"n": 9}})
    assert counted(receiver, 2) == [0, 9]


def test_a_failed_commit_publishes_nothing(
    appwrite: Client, rows: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own commit fails, after the route has finished."""
    register(appwrite, receiver.url)

    def fail(connection: sqlite3.Connection, deadline: float) -> None:
        connection.rollback()
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(pool, "_commit", fail)
        assert appwrite.refusal(f"POST {rows}", {"rowId": "a", "data": {"n": 1}})[0] == 500
    appwrite(f"POST {rows}", {"rowId": "b", "data": {"n": 2}})
    assert counted(receiver, 1) == [2]


def test_ten_failures_in_a_row_disable_a_webhook(appwrite: Client, rows: str, receiver: Receiver) -> None:
    register(appwrite, receiver.url)
    with receiving() as other:
        register(appwrite, other.url, "other")
        for number, receiver.status in enumerate([500] * 9 + [200] + [404] * 11):
            appwrite(f"POST {rows}", {"rowId": f"r{number}", "data": {"n": number}})
            other.wait_for(number + 1)
    assert counted(receiver, 20) == list(range(20))
    off = appwrite("GET ./webhooks/h")
    assert (off["enabled"], off["attempts"]) == (False, 10)
    assert "Status code: 404" in off["logs"]
    assert "so." in off["logs"]
    on = appwrite("PUT ./webhooks/h", {"name": "H", "url": receiver.url, "events": EVENTS, "enabled": True})
    assert (on["enabled"], on["attempts"]) == (True, 0)


def test_an_unreachable_receiver_is_logged(
    appwrite: Client, rows: str, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """Other webhooks are called, and the log contains neither URL nor secret."""
    register(appwrite, "http://user:word@127.0.0.1:1/", "a", secret="a-secret-of-ours")
    register(appwrite, receiver.url, "b")
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"n": 1}})
    assert counted(receiver, 1) == [1]
    assert "refused" in appwrite("GET ./webhooks/a")["logs"]
    assert "Delivery to webhook a failed" in caplog.text
    assert "word" not in caplog.text
    assert "a-secret-of-ours" not in caplog.text


def test_a_receivers_error_is_logged_as_one_short_line(
    appwrite: Client, rows: str, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hostile:

        def say() -> None:
            connection, _ = hostile.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"\x1b[2J forged " + b"x" * 10_000 + b"\r\n\r\n")

        thread = threading.Thread(target=say)
        thread.start()
        register(appwrite, f"http://127.0.0.1:{hostile.getsockname()[1]}/", "a")
        register(appwrite, receiver.url, "b")
        appwrite(f"POST {rows}", {"rowId": "r", "data": {"n": 1}})
        assert counted(receiver, 1) == [1]
        thread.join()
    [text] = [record.getMessage() for record in caplog.records]
    assert "forged" in text
    assert text.isprintable()
    assert len(text) < 400


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_receiver_that_answers_too_slowly_is_disconnected(monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    monkeypatch.setattr(delivery, "LIMIT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        cut_off: list[bool] = []
        dripping = threading.Thread(target=_drip, args=(server, head, cut_off))
        dripping.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        webhook = Webhook(1, "h", "H", url, frozenset(), True, True, "", "", "s", 0, "", {})
        assert delivery.call(webhook, Event((), "create", {}), ["x"], "local").startswith("Error: ")
        dripping.join()
        assert cut_off == [True]


def _drip(server: socket.socket, head: bytes, cut_off: list[bool]) -> None:
    """Send single bytes for 30 seconds, or until the other side disconnects."""
    connection, _ = server.accept()
    until = time.monotonic() + 30
    with connection:
        try:
            connection.sendall(head)
            while time.monotonic() < until:
                connection.sendall(b"x")
                time.sleep(0.01)
        except OSError:
            cut_off.append(True)


@pytest.mark.parametrize("checked", [True, False])
def test_certificates_are_checked_unless_security_is_off(
    appwrite: Client, rows: str, tmp_path: Path, checked: bool
) -> None:
    context, _ = certificate(tmp_path)
    with receiving() as plain, receiving(context) as receiver:
        register(appwrite, receiver.url, "a", security=checked)
        register(appwrite, plain.url, "b")
        appwrite(f"POST {rows}", {"rowId": "r", "data": {"n": 1}})
        plain.wait_for(1)
        assert len(receiver.deliveries) == (0 if checked else 1)
    assert ("certificate" in appwrite("GET ./webhooks/a")["logs"]) is checked


def test_the_delivery_queue_is_limited(
    app: LocalAppwrite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A receiver that hangs loses events and logs it once; it never costs memory or a writer's time."""
    monkeypatch.setattr(worker, "MAX_WAITING", 3)
    waiting = WebhookWorker(app.store, "local")
    event = Event((("databases", "d"),), "update", {})
    with caplog.at_level(logging.ERROR):
        waiting.receive([event] * 10)
    assert len(caplog.records) == 1
    assert waiting._waiting.qsize() == 3


def test_no_events_are_created_without_subscribers(app: LocalAppwrite, appwrite: Client, rows: str) -> None:
    """A write costs the same as before while no webhook is enabled."""
    with app.store.session(writing=True) as session:
        assert not session.has_subscribers
    register(appwrite, "http://127.0.0.1:1/", enabled=False)
    with app.store.session(writing=True) as session:
        assert not session.has_subscribers
    appwrite("PUT ./webhooks/h", {"name": "H", "url": "http://127.0.0.1:1/", "events": EVENTS})
    with app.store.session(writing=True) as session:
        assert session.has_subscribers
