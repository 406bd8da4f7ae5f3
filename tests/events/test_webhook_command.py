"""The command that registers the webhook, against a server that answers as Appwrite 1.9.6 was recorded to."""

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
from django_appwrite_orm.events.webhook import EVENTS
from tests.library.tables import Book
from tests.transport.faults import Fault, FaultyServer, answer, faulty, refusal

from .conftest import recorded

URL = "https://shop.example/appwrite/"
ABSENT = refusal(404, "webhook_not_found")


def registered(**changes: Any) -> Fault:
    found = recorded("webhooks")["webhooks"]["cb-hook"]
    return answer(
        200,
        {
            **found,
            "$id": "django-appwrite-orm",
            "url": URL,
            "events": list(EVENTS),
            "signatureKey": "a-secret-of-ours",
            **changes,
        },
    )


@pytest.fixture
def appwrite(settings) -> Iterator[Any]:
    """Makes the connection one to a server with the given answers."""
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
    with pytest.raises(CommandError, match="not heard of") if fails else nullcontext():
        call_command("webhook_appwrite", *arguments, stdout=out, no_color=True)
    assert "a-secret-of-ours" not in out.getvalue()
    return out.getvalue()


def test_none_yet(appwrite) -> None:
    appwrite(ABSENT)
    assert "There is no webhook" in said(fails=True)


def test_it_is_created(appwrite) -> None:
    server = appwrite(ABSENT, registered(), registered())
    said("--register")
    asked, created, _ = server.received
    assert (asked.method, asked.target) == ("GET", "/v1/webhooks/django-appwrite-orm")
    assert (created.method, created.target) == ("POST", "/v1/webhooks")
    body = json.loads(created.body)
    assert (body["webhookId"], body["url"], body["secret"]) == ("django-appwrite-orm", URL, "a-secret-of-ours")
    assert (body["enabled"], body["tls"]) == (True, True)
    assert "databases.*.tables.*.rows.*" in body["events"]


def test_it_is_made_anew(appwrite) -> None:
    """Also what was cached meanwhile goes, for nothing told of changes then."""
    gone = answer(204, "", type="text/plain")
    server = appwrite(registered(enabled=False), gone, registered(), registered())
    table = connections["default"].table_keys(Book.objects.ref)
    caches["default"].set(table.token, "x")
    said("--register")
    assert [received.method for received in server.received] == ["GET", "DELETE", "POST", "GET"]
    assert caches["default"].get(table.token) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"attempts": 3, "logs": "timed out"}, ["On; 3 failed", "The last failure: timed out"]),
        ({"events": ["databases.*"]}, ["not told of: databases.*.tables.*.rows.*"]),
        ({"enabled": False, "attempts": 10}, ["OFF: switched off, 10 failed"]),
        ({"signatureKey": "another"}, ["another secret"]),
        ({"url": "https://old.example/"}, ["It calls https://old.example/, and WEBHOOK_URL is https://shop.example"]),
    ],
)
def test_its_state_is_shown(appwrite, changes: dict[str, Any], expected: list[str]) -> None:
    appwrite(registered(**changes))
    shown = said(fails="attempts" not in changes or "enabled" in changes)  # what watches a site goes by the status
    assert all(text in shown for text in expected), shown


def test_it_is_deleted(appwrite) -> None:
    server = appwrite(answer(204, "", type="text/plain"), ABSENT)
    assert "There is no webhook" in said("--delete")
    assert server.received[0].method == "DELETE"


@pytest.mark.parametrize("key", ["WEBHOOK_URL", "WEBHOOK_SECRET"])
def test_what_it_needs(appwrite, key: str) -> None:
    server = appwrite(ABSENT, **{key: ""})
    with pytest.raises(CommandError, match=key):
        said("--register")
    assert server.received == []


def test_appwrite_refuses(appwrite) -> None:
    appwrite(refusal(401, "general_unauthorized_scope"))
    with pytest.raises(CommandError, match="general_unauthorized_scope"):
        said()


def test_an_unknown_connection() -> None:
    with pytest.raises(CommandError, match="no connection 'x'"):
        said("--database", "x")
