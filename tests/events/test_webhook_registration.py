"""The command that registers the webhook, on a server with recorded responses of Appwrite 1.9.6."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from io import StringIO
from typing import Any

import pytest
from django.core.cache import caches
from django.core.management import CommandError, call_command

from django_appwrite_orm.connection import connections
from django_appwrite_orm.events.webhook_registration import EVENTS, OLD_ID, webhook_id
from tests.support.faulty_servers import Fault, FaultyServer, answer, faulty, refusal
from tests.support.library.tables import Book
from tests.support.listening import recorded

URL = "https://shop.example/appwrite/"
ABSENT = refusal(404, "webhook_not_found")
OWN_ID = "django-appwrite-orm-ff72f5d6ae40554d"  # of the project "p" and the alias "default"
GONE = answer(204, "", type="text/plain")


def shown(**changes: Any) -> dict[str, Any]:
    """Our webhook, as the server shows it."""
    return {
        **recorded("webhooks")["webhooks"]["cb-hook"],
        "$id": OWN_ID,
        "name": "django-appwrite-orm",
        "url": URL,
        "events": list(EVENTS),
        "signatureKey": "a-secret-of-ours",
        **changes,
    }


def registered(**changes: Any) -> Fault:
    return answer(200, shown(**changes))


def listed(*webhooks: dict[str, Any]) -> Fault:
    """The project's webhooks, as the server lists them."""
    return answer(200, {"total": len(webhooks), "webhooks": webhooks})


@pytest.fixture
def appwrite(settings) -> Iterator[Any]:
    """Connect to a server with these responses."""
    servers = []

    def make(*faults: Fault, **changes: Any) -> FaultyServer:
        server = faulty(*faults)
        servers.append(server)
        started = server.__enter__()
        settings.APPWRITE_ORM = {
            "default": {
                "ENDPOINT": started.endpoint,
                "PROJECT_ID": "p",
                "API_KEY": "k",
                "DATABASE_ID": "d",
                "WEBHOOK_URL": URL,
                "WEBHOOK_SECRET": "a-secret-of-ours",
                **changes,
            }
        }
        return started

    yield make
    for server in servers:
        server.__exit__(None, None, None)


def said(*arguments: str, fails: bool = False) -> str:
    out = StringIO()
    with pytest.raises(CommandError, match="does not report") if fails else nullcontext():
        call_command("webhook_appwrite", *arguments, stdout=out, no_color=True)
    assert "a-secret-of-ours" not in out.getvalue()
    return out.getvalue()


def test_a_missing_webhook_is_reported(appwrite) -> None:
    appwrite(ABSENT, listed(shown(**{"$id": "theirs", "name": "Theirs"})))
    assert f"There is no webhook '{OWN_ID}'" in said(fails=True)


def test_register_creates_the_webhook(appwrite) -> None:
    server = appwrite(ABSENT, listed(), registered(), registered())
    said("--register")
    asked, _, created, _ = server.received
    assert (asked.method, asked.target) == ("GET", f"/v1/webhooks/{OWN_ID}")
    assert (created.method, created.target) == ("POST", "/v1/webhooks")
    body = json.loads(created.body)
    assert (body["webhookId"], body["url"], body["secret"]) == (OWN_ID, URL, "a-secret-of-ours")
    assert (body["enabled"], body["tls"]) == (True, True)
    assert "databases.*.tables.*.rows.*" in body["events"]


def test_register_replaces_an_existing_webhook(appwrite) -> None:
    """Tables are invalidated too, because changes in between were not reported."""
    server = appwrite(registered(enabled=False), GONE, registered(), registered())
    table = connections["default"].table_keys(Book.objects.ref)
    caches["default"].set(table.token, "x")
    said("--register")
    assert [received.method for received in server.received] == ["GET", "DELETE", "POST", "GET"]
    assert caches["default"].get(table.token) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"attempts": 3, "logs": "timed out"}, ["On; 3 failed", "The last failure: timed out"]),
        ({"events": ["databases.*"]}, ["does not report: databases.*.tables.*.rows.*"]),
        ({"enabled": False, "attempts": 10}, ["OFF: disabled after 10 failed"]),
        ({"signatureKey": "another"}, ["another secret"]),
        ({"url": "https://old.example/"}, ["It calls https://old.example/, and WEBHOOK_URL is https://shop.example"]),
    ],
)
def test_its_state_is_shown(appwrite, changes: dict[str, Any], expected: list[str]) -> None:
    appwrite(registered(**changes))
    shown = said(fails="attempts" not in changes or "enabled" in changes)  # what watches a site goes by the status
    assert all(text in shown for text in expected), shown


def test_delete_removes_the_webhook(appwrite) -> None:
    server = appwrite(registered(), GONE, ABSENT, listed())
    assert "There is no webhook" in said("--delete")
    assert (server.received[1].method, server.received[1].target) == ("DELETE", f"/v1/webhooks/{OWN_ID}")


def test_delete_without_a_webhook_is_an_error(appwrite) -> None:
    appwrite(ABSENT, listed(), ABSENT)
    with pytest.raises(CommandError, match="webhook_not_found"):
        said("--delete")


# What an earlier version registered: its id could be had once on a server, and it may have called another URL since.
OLD = [{"$id": OLD_ID}, {"$id": OLD_ID, "url": "https://old.example/"}, {"$id": "of-another-alias"}]


@pytest.mark.parametrize("old", OLD)
def test_a_webhook_of_an_earlier_version_is_found_and_replaced(appwrite, old: dict[str, Any]) -> None:
    found = listed(shown(**{"$id": "x", "name": "Theirs"}), shown(**old))
    server = appwrite(ABSENT, found, GONE, registered(), registered())
    assert OWN_ID in said("--register")
    methods = [(received.method, received.target.partition("?")[0]) for received in server.received]
    assert methods[2:4] == [("DELETE", f"/v1/webhooks/{old['$id']}"), ("POST", "/v1/webhooks")]


def test_a_webhook_of_an_earlier_version_is_shown(appwrite) -> None:
    appwrite(ABSENT, listed(shown(**{"$id": OLD_ID})))
    assert f"{OLD_ID}: {URL}" in said()


def test_a_webhook_of_another_alias_is_left_alone(appwrite, settings) -> None:
    """Both of one project: the old id was the first alias's."""
    server = appwrite(ABSENT, listed(shown(**{"$id": OLD_ID})), registered(), registered())
    default = settings.APPWRITE_ORM["default"]
    other = {**default, "WEBHOOK_URL": "https://other.example/"}
    settings.APPWRITE_ORM = {"default": default, "other": other}
    said("--register", "--database", "other")
    _, _, created, _ = server.received
    assert created.method == "POST"
    assert json.loads(created.body)["webhookId"] not in (OWN_ID, OLD_ID)


def test_ids_differ_by_project_and_alias_and_have_36_characters(appwrite, settings) -> None:
    appwrite(ABSENT)
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": default, "other": default, "third": {**default, "PROJECT_ID": "q"}}
    ids = {webhook_id(connections[alias]) for alias in ("default", "other", "third")}
    assert len(ids) == 3
    assert all(len(id) == 36 for id in ids)


@pytest.mark.parametrize("key", ["WEBHOOK_URL", "WEBHOOK_SECRET"])
def test_register_needs_url_and_secret(appwrite, key: str) -> None:
    server = appwrite(ABSENT, **{key: ""})
    with pytest.raises(CommandError, match=key):
        said("--register")
    assert server.received == []


def test_a_refusal_of_appwrite_is_reported(appwrite) -> None:
    appwrite(refusal(401, "general_unauthorized_scope"))
    with pytest.raises(CommandError, match="general_unauthorized_scope"):
        said()


def test_an_unknown_connection_is_an_error() -> None:
    with pytest.raises(CommandError, match="no connection 'x'"):
        said("--database", "x")
