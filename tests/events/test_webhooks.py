"""Webhooks: every recorded delivery is taken in, and none that is not signed."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import Any
from unittest import mock

import pytest
from django.core.cache import caches
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import AsyncClient, Client

from django_appwrite_orm import signals
from django_appwrite_orm.exceptions import ConfigurationError
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from django_appwrite_orm.web.webhooks import LARGEST, appwrite_webhook, signature
from tests.events.tables import Open, Own
from tests.support.costs import counted
from tests.support.listening import recorded

DELIVERIES = recorded("webhooks")["deliveries"]
SECRET = recorded("webhooks")["signature key"]


@pytest.fixture(autouse=True)
def site(settings, tables) -> None:
    settings.ROOT_URLCONF = "tests.events.urls"
    settings.ALLOWED_HOSTS = ["hook.example.com", "testserver"]
    run_sync(migrate([Open, Own]))


def deliver(delivery: dict[str, Any], **changes: Any) -> HttpResponse:
    given = {**delivery, **changes}
    return Client().generic(
        "POST", given["target"], given["body"], content_type="application/json", headers=given["headers"]
    )


def changed(delivery: dict[str, Any], **headers: str) -> dict[str, Any]:
    return {**delivery["headers"], **{f"X-Appwrite-Webhook-{name}": value for name, value in headers.items()}}


def first_name(delivery: dict[str, Any]) -> str:
    return delivery["headers"]["X-Appwrite-Webhook-Events"].split(",")[0]


def one(name: str) -> dict[str, Any]:
    return next(delivery for delivery in DELIVERIES if first_name(delivery) == name)


def read_both() -> None:
    Open.objects.count()
    Own.objects.count()


@pytest.mark.parametrize("delivery", DELIVERIES, ids=first_name)
def test_every_recorded_delivery_is_handled(delivery: dict[str, Any], heard: list[dict[str, Any]]) -> None:
    """The named table is invalidated, the other one only by an event of the whole database."""
    parts = first_name(delivery).split(".")
    named = parts[3] if len(parts) > 3 else None
    read_both()
    assert deliver(delivery).status_code == 204
    assert Open.objects.is_updated() is (named == "own")
    assert Own.objects.is_updated() is (named == "open")
    if len(parts) > 5 and parts[4] in ("rows", "documents"):
        [change] = heard
        body = json.loads(delivery["body"])
        assert (change["action"], change["row"].id) == (parts[-1], body["$id"])
        assert (change["table"].__name__.lower(), change["using"]) == (named, "default")
        assert change["row"].text == body["text"]
        assert not change["row"].to_appwrite().keys() & {"$collection", "$collectionId"}
    else:
        assert heard == []


def test_recorded_deliveries_send_one_signal_per_change(heard: list[dict[str, Any]]) -> None:
    """One change went to two webhooks, and each recording is delivered twice here."""
    for delivery in DELIVERIES * 2:
        assert deliver(delivery).status_code == 204
    of_rows = [d for d in DELIVERIES if ".rows." in first_name(d) or ".documents." in first_name(d)]
    told_apart = {(first_name(d).rpartition(".")[2], d["body"]) for d in of_rows}
    assert len(heard) == len(told_apart) < len(of_rows)


def test_a_repeated_delivery_still_invalidates_the_table(heard: list[dict[str, Any]]) -> None:
    delivery = one("databases.cb-ev.tables.open.rows.a.upsert")
    deliver(delivery)
    read_both()
    deliver(delivery)
    assert not Open.objects.is_updated()
    assert len(heard) == 1


def test_receivers_get_the_table() -> None:
    reasons: list[tuple[Any, str]] = []

    def receive(sender: Any, reason: str, **_: Any) -> None:
        reasons.append((sender, reason))

    signals.table_invalidated.connect(receive)
    deliver(one("databases.cb-ev.tables.open.columns.728_1_flag.create"))
    signals.table_invalidated.disconnect(receive)
    assert reasons == [(Open, "event")]


def test_an_exception_of_a_receiver_does_not_reach_the_response(caplog: pytest.LogCaptureFixture) -> None:
    def receive(**_: Any) -> None:
        raise RuntimeError("mine")

    signals.row_changed.connect(receive)
    try:
        assert deliver(one("databases.cb-ev.tables.open.rows.a.upsert")).status_code == 204
    finally:
        signals.row_changed.disconnect(receive)


GOOD = one("databases.cb-ev.tables.open.rows.a.upsert")


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": GOOD["body"].replace("Z", "Y") + " "},
        {"target": "/hook/legacy"},
        {"target": "/hook?x=1"},
        {"headers": changed(GOOD, Signature="")},
        {"headers": changed(GOOD, Signature="wrong")},
        {"headers": changed(GOOD, Signature="\xe4")},
        {"headers": {**GOOD["headers"], "Host": "testserver"}},
    ],
)
def test_a_wrong_signature_changes_nothing(
    wrong: dict[str, Any], heard: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    read_both()
    with counted() as costs:
        response = deliver(GOOD, **wrong)
    assert (response.status_code, response.content) == (401, b"")
    assert (costs.requests, costs.cache, heard) == ([], [], [])
    assert Open.objects.is_updated()
    [line] = [record for record in caplog.records if record.name == "django_appwrite_orm.events"]
    assert line.levelno == logging.WARNING
    assert "signature" in line.getMessage()
    assert SECRET not in caplog.text


def test_another_secret_is_refused(settings) -> None:
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": {**default, "WEBHOOK_SECRET": "another-secret"}}
    assert deliver(GOOD).status_code == 401


def test_a_missing_secret_is_a_configuration_error(settings) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "WEBHOOK_SECRET": ""}}
    with pytest.raises(ConfigurationError, match="WEBHOOK_SECRET"):
        deliver(GOOD)


def test_behind_a_proxy_the_settings_name_the_url(settings) -> None:
    """The proxy has another host, scheme and path; Appwrite signs the URL it calls."""
    url = "https://shop.example/in/hook?q=a%20b"
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "WEBHOOK_URL": url}}
    read_both()
    headers = changed(GOOD, Signature=signature(SECRET, url, GOOD["body"].encode()))
    assert deliver(GOOD, headers={**headers, "Host": "testserver"}).status_code == 204
    assert not Open.objects.is_updated()


@pytest.mark.parametrize(
    ("body", "status"), [("{", 400), ("[" * 100_000, 400), ("[]", 204), ("x" * (LARGEST + 1), 413)]
)
def test_signed_bodies_with_odd_content_are_handled(body: str, status: int, heard: list[dict[str, Any]]) -> None:
    """The names say which table it was, so that a body which is not a row still makes misses."""
    read_both()
    url = "http://hook.example.com:9512/hook"
    headers = changed(GOOD, Signature=signature(SECRET, url, body.encode()))
    assert deliver(GOOD, body=body, headers=headers).status_code == status
    assert Open.objects.is_updated() is (status != 204)
    assert heard == []


class Body(io.RawIOBase):
    """Of a request that never ends, or that ends before it should; it counts what is asked of it."""

    def __init__(self, *, breaks: bool) -> None:
        self.breaks, self.asked = breaks, 0

    def read(self, size: int = -1) -> bytes:
        self.asked += size
        if self.breaks:
            raise ConnectionResetError("gone")
        return b"x" * size


@pytest.mark.parametrize(
    ("length", "breaks", "status", "asked"),
    [
        (str(10**9), False, 413, 0),
        ("9" * 3000, False, 413, 0),
        ("1000", False, 401, 1000),
        ("100", True, 400, 100),
    ],
)
def test_unsigned_requests_are_refused_early_and_without_a_server_error(
    length: str, breaks: bool, status: int, asked: int
) -> None:
    body = Body(breaks=breaks)
    given = {"wsgi.input": body, "CONTENT_LENGTH": length}
    place = {"REQUEST_METHOD": "POST", "PATH_INFO": "/hook", "SERVER_NAME": "hook.example.com", "SERVER_PORT": "80"}
    assert appwrite_webhook(WSGIRequest({**place, **given})).status_code == status
    assert body.asked == asked


URLS = ["/hook?q=a%20b&x=%C3%A9", "/hook?q=a+b", "/hook?q=100%", "/hook?q=%ff", "/h%6Fok", "/hook?"]


@pytest.mark.parametrize("target", URLS)
@pytest.mark.parametrize("host", ["hook.example.com", "Hook.Example.com:8443"])
def test_odd_urls_are_signed_as_appwrite_does_it(target: str, host: str) -> None:
    """Percent-decoded, and otherwise to the letter."""
    url = f"http://{host}{target}".removesuffix("?")
    headers = changed(GOOD, Signature=signature(SECRET, url, GOOD["body"].encode()))
    assert deliver(GOOD, target=target, headers={**headers, "Host": host}).status_code == 204


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x; charset=no"]
)
def test_the_content_type_is_ignored(kind: str) -> None:
    """A proxy may have lost it."""
    headers = {**GOOD["headers"], "Content-Type": kind}
    response = Client().generic("POST", GOOD["target"], GOOD["body"], content_type=kind, headers=headers)
    assert response.status_code == 204


@pytest.mark.parametrize("names", ["", "databases.other.tables.open.rows.a.update", "x" * 5000, "databases.*,,.,.."])
def test_events_of_unknown_tables_are_ignored(names: str) -> None:
    read_both()
    assert deliver(GOOD, headers=changed(GOOD, Events=names)).status_code == 204
    assert Open.objects.is_updated()


def test_only_post_is_allowed() -> None:
    assert Client().get("/hook").status_code == 405


async def ask_asynchronously() -> int:
    signed = signature(SECRET, "http://testserver/hook", GOOD["body"].encode())
    headers = {name: value for name, value in changed(GOOD, Signature=signed).items() if name.startswith("X-")}
    response = await AsyncClient().generic("POST", "/hook", GOOD["body"], "application/json", headers=headers)
    return response.status_code


def test_the_view_works_under_asgi(heard: list[dict[str, Any]]) -> None:
    assert asyncio.run(ask_asynchronously()) == 204
    assert len(heard) == 1


def test_every_connection_to_the_project_is_invalidated(settings, heard: list[dict[str, Any]]) -> None:
    """Two aliases for one project with two caches; one webhook."""
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": default, "other": {**default, "CACHE": {"ALIAS": "other"}}}
    Open.objects.count()
    Open.objects.using("other").count()
    deliver(GOOD)
    assert not Open.objects.is_updated()
    assert not Open.objects.using("other").is_updated()
    assert {change["using"] for change in heard} == {"default", "other"}


def test_a_failed_cache_is_logged_and_invalidated_later(caplog: pytest.LogCaptureFixture) -> None:
    read_both()
    with mock.patch.object(type(caches["default"]), "delete", side_effect=OSError("down")):
        assert deliver(GOOD).status_code == 204
    assert "Open has changed elsewhere" in caplog.text
    with counted() as costs:
        Open.objects.count()
    assert costs.requests


def named(*parts: str, action: str) -> str:
    """An events header of this row, as Appwrite writes it."""
    table, row = parts
    return ",".join(
        f"databases.{database}.tables.{own}.rows.{one}{end}"
        for database in ("cb-ev", "*")
        for own in (table, "*")
        for one in (row, "*")
        for end in (f".{action}", "")
    )


UPDATE = one("databases.cb-ev.tables.open.rows.a.update")
COMMITTED = next(d for d in DELIVERIES if '"$collectionId"' in d["body"] and first_name(d).endswith(".update"))


@pytest.mark.parametrize("delivery", [UPDATE, COMMITTED], ids=["alone", "by a commit"])
@pytest.mark.parametrize("names", [("own", "a", "create"), ("own", "a", "update"), ("open", "a", "create")])
def test_a_replay_under_another_name_sends_no_signal(
    delivery: dict[str, Any], names: tuple[str, str, str], heard: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    read_both()
    events = named(*names[:2], action=names[2])
    assert deliver(delivery, headers=changed(delivery, Events=events)).status_code == 400
    assert heard == []
    table = Own if names[0] == "own" else Open
    assert not table.objects.is_updated()  # a miss more does no harm
    assert "not signed" in caplog.text


@pytest.mark.parametrize("delivery", [UPDATE, COMMITTED], ids=["alone", "by a commit"])
def test_a_deletion_of_an_existing_row_is_refused(delivery: dict[str, Any], heard: list[dict[str, Any]]) -> None:
    row = Open.objects.create(id="a", text="here", n=1)
    body = json.dumps({**json.loads(delivery["body"]), "$sequence": row.sequence})
    url = "http://hook.example.com:9512" + delivery["target"]
    headers = changed(delivery, Events=named("open", "a", action="delete"))
    headers["X-Appwrite-Webhook-Signature"] = signature(SECRET, url, body.encode())
    assert deliver(delivery, body=body, headers=headers).status_code == 400
    assert heard == []
    row.delete()
    assert deliver(delivery, body=body, headers=headers).status_code == 204
    assert [(change["action"], change["row"].id) for change in heard] == [("delete", "a")]


def test_a_new_row_under_the_id_of_a_deleted_one_is_another_row(heard: list[dict[str, Any]]) -> None:
    deleted = one("databases.cb-ev.tables.open.rows.b.delete")
    Open.objects.create(id="b", text="another", n=1)
    assert deliver(deleted).status_code == 204
    assert [change["action"] for change in heard] == ["delete"]


def test_a_deletion_without_receivers_sends_no_request() -> None:
    with counted() as costs:
        assert deliver(one("databases.cb-ev.tables.open.rows.b.delete")).status_code == 204
    assert costs.requests == []


def test_a_row_of_a_commit_is_not_mistaken_for_one_of_another_database(settings, heard: list[dict[str, Any]]) -> None:
    """Its body names the table alone."""
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": default, "other": {**default, "DATABASE_ID": "library"}}
    run_sync(migrate([Open], using="other"))
    events = named("open", "a", action="update").replace("cb-ev", "library")
    assert deliver(COMMITTED, headers=changed(COMMITTED, Events=events)).status_code == 400
    assert heard == []
