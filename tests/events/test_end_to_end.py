"""A row changed by another client updates a cached page: real servers, HTTP and websockets, a real Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.core.management import CommandError, call_command

from django_appwrite_orm.connection import connections
from django_appwrite_orm.events.heartbeat import last_reports
from django_appwrite_orm.events.realtime import Listener
from django_appwrite_orm.events.webhook_registration import webhook_id
from django_appwrite_orm.sansio import run_sync
from tests.events.tables import Open, Own
from tests.support.costs import counted
from tests.support.event_sources import LISTENER, SECRET, TABLE, World
from tests.support.waiting import soon

pytestmark = pytest.mark.slow  # they start whole sites

CHANGES: list[tuple[str, str, Any, str]] = [
    ("PATCH", f"{TABLE}/a", {"data": {"n": 2}}, "a=2"),
    ("POST", TABLE, {"rowId": "b", "data": {"n": 3}}, "a=1,b=3"),
    ("PUT", f"{TABLE}/a", {"data": {"n": 4}}, "a=4"),
    ("PATCH", f"{TABLE}/a/n/increment", {"value": 4}, "a=5"),
    ("PATCH", TABLE, {"data": {"n": 6}}, "a=6"),
    ("DELETE", f"{TABLE}/a", None, ""),
]


@pytest.fixture
def webhook(here: World) -> None:
    call_command("webhook_appwrite", "--register", stdout=StringIO())


@pytest.fixture
def realtime(here: World) -> Iterator[Listener]:
    found = Listener("default")
    thread = threading.Thread(target=found.run)
    thread.start()
    assert soon(lambda: found.state == "listening")
    yield found
    found.stop()
    thread.join(30)
    assert not thread.is_alive()


def is_cached(here: World, expected: str) -> bool:
    """Whether the page is what is expected, and asks Appwrite nothing."""
    with counted() as costs:
        return here.page() == expected and costs.requests == []


@pytest.mark.parametrize(("method", "path", "body", "expected"), CHANGES, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("source", ["webhook", "realtime"])
def test_a_change_elsewhere_reaches_a_cached_page(
    request: pytest.FixtureRequest, here: World, source: str, method: str, path: str, body: Any, expected: str,
    heard: list[dict[str, Any]],
) -> None:  # fmt: skip
    request.getfixturevalue(source)
    assert here.page() == "a=1"
    assert is_cached(here, "a=1")
    here.elsewhere(method, path, body)
    assert soon(lambda: here.page() == expected)
    assert is_cached(here, expected)
    assert soon(lambda: len(heard) == 1)


def test_without_webhook_and_realtime_the_cache_stays_as_it_was(here: World) -> None:
    """What the tests above would see without the webhook and without realtime."""
    assert here.page() == "a=1"
    here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": 2}})
    assert is_cached(here, "a=1")


def test_a_change_reported_by_webhook_and_realtime_is_signalled_once(
    here: World, webhook: None, realtime: Listener, heard: list[dict[str, Any]]
) -> None:
    for n in range(2, 12):
        here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": n}})
    assert soon(lambda: len(heard) == 10)
    here.elsewhere("POST", TABLE, {"rowId": "last", "data": {"n": 0}})
    assert soon(lambda: heard[-1]["row"].id == "last")
    assert [change["row"].n for change in heard] == [*range(2, 12), 0]
    assert {(change["action"], change["table"]) for change in heard[:10]} == {("update", Open)}


def test_a_change_of_a_table_invalidates_it(here: World, webhook: None) -> None:
    here.page()
    table = "/v1/tablesdb/cb-ev/tables/open"
    here.elsewhere("PUT", table, {"name": "Renamed", "permissions": []})
    token = connections["default"].table_keys(Open._meta.ref("cb-ev")).token
    assert soon(lambda: caches["default"].get(token) is None)


def test_a_delivery_with_a_wrong_signature_changes_nothing(
    here: World, webhook: None, heard: list[dict[str, Any]]
) -> None:
    """A webhook that another client registered with another secret is refused, and nothing is invalidated."""
    here.page()
    here.elsewhere("DELETE", f"/v1/webhooks/{webhook_id(connections['default'])}")
    theirs = {"webhookId": "theirs", "name": "T", "url": f"{here.site}/hook", "events": ["databases.*"]}
    here.elsewhere("POST", "/v1/webhooks", {**theirs, "secret": f"not-{SECRET}"})
    here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": 2}})
    assert soon(lambda: here.elsewhere("GET", "/v1/webhooks/theirs")["attempts"] == 1)
    assert "Status code: 401" in here.elsewhere("GET", "/v1/webhooks/theirs")["logs"]
    assert is_cached(here, "a=1")
    assert heard == []


def test_a_webhook_disabled_after_ten_failures_is_reported(here: World, webhook: None, settings) -> None:
    """Appwrite disables it, the command reports that, and --register replaces it and invalidates all tables."""
    settings.APPWRITE_ORM = {"default": {**here.connection, "WEBHOOK_SECRET": "changed without a word"}}
    for n in range(2, 13):
        here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": n}})
    assert here.page() == "a=12"

    def shown() -> str:
        out = StringIO()
        with suppress(CommandError):  # as long as it is off
            call_command("webhook_appwrite", stdout=out, no_color=True)
        return out.getvalue()

    assert soon(lambda: "OFF: disabled after 10 failed deliveries" in shown())
    assert "another secret" in shown()
    here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": 99}})
    assert is_cached(here, "a=12")
    call_command("webhook_appwrite", "--register", stdout=StringIO())
    assert "On; 0 failed" in shown()
    assert here.page() == "a=99"


def test_listening_continues_after_a_restart_of_appwrite(here: World, realtime: Listener) -> None:
    """Results from before the restart are not served from the cache once it listens again."""
    assert here.page() == "a=1"
    here.take_away()
    assert soon(lambda: realtime.state == "waiting")
    here.unheard("a", 7)
    assert here.page() == "a=1"  # served while Appwrite is away, and not wrong for longer than that
    here.bring_back()
    assert soon(lambda: realtime.state == "listening")
    assert here.page() == "a=7"
    here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": 8}})
    assert soon(lambda: here.page() == "a=8")


def test_serve_appwrite_delivers_webhooks_and_realtime(
    here: World, realtime: Listener, tmp_path: Path, heard: list[dict[str, Any]]
) -> None:
    """In a process of its own, which ends cleanly with connections open."""
    here.take_away()
    options = ["--port", str(here.port), "--database", str(tmp_path / "appwrite.sqlite3")]
    process = subprocess.Popen(
        # Not -X dev: asyncio then logs every slow step to standard error.
        [sys.executable, "-W", "error", "-m", "django", "serve_appwrite", *options],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"Appwrite endpoint http://127.0.0.1:{here.port}/v1")
        assert soon(lambda: realtime.state == "listening")
        call_command("webhook_appwrite", "--register", stdout=StringIO())
        assert here.page() == "a=1"
        here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": 2}})
        assert soon(lambda: here.page() == "a=2")
        assert soon(lambda: [change["row"].n for change in heard] == [2])
        assert soon(
            lambda: here.elsewhere("GET", f"/v1/webhooks/{webhook_id(connections['default'])}")["attempts"] == 0
        )
    finally:
        process.terminate()
        out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors, out) == (0, "", "Stopped.\n")
    assert soon(lambda: realtime.state == "waiting")


def test_changes_of_rows_that_the_user_may_not_read_are_not_reported(
    here: World, realtime: Listener, heard: list[dict[str, Any]]
) -> None:
    """They are not heard of; the documentation says so."""
    table = "/v1/tablesdb/cb-ev/tables/own"
    here.elsewhere("PUT", table, {"name": "own", "rowSecurity": True, "permissions": []})
    for id, granted in (("theirs", []), ("ours", [f'read("user:{LISTENER}")'])):
        here.elsewhere("POST", f"{table}/rows", {"rowId": id, "data": {"text": "x"}, "permissions": granted})
    assert soon(lambda: heard)
    assert [(change["table"], change["row"].id) for change in heard] == [(Own, "ours")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_listens_for_the_whole_site(here: World, tmp_path: Path, cache: str, number: int) -> None:
    (tmp_path / "site_settings.py").write_text(
        "from tests.settings import *\n"
        f"APPWRITE_ORM = {{'default': {here.connection!r}}}\n"
        f"CACHES = {{'default': {{'BACKEND': 'django_redis.cache.RedisCache', 'LOCATION': {cache!r}, 'OPTIONS':"
        " {'SERIALIZER': 'django_redis.serializers.json.JSONSerializer'}}}\n"
        "INSTALLED_APPS = ['django_appwrite_orm', 'tests.events']\n"
    )
    path = f"{Path.cwd()}:{tmp_path}"
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "django", "listen_appwrite"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "site_settings", "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert soon(lambda: state_of_the_command() == "listening")
        assert here.page() == "a=1"
        assert is_cached(here, "a=1")
        here.elsewhere("PATCH", f"{TABLE}/a", {"data": {"n": 2}})
        assert soon(lambda: here.page() == "a=2")
    finally:
        process.send_signal(number)
        out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors, out.splitlines()[-1]) == (0, "", "Stopped.")
    assert state_of_the_command() == "stopped"


def state_of_the_command() -> str:
    found = run_sync(last_reports("default")).get("listen_appwrite")
    return found.state if found is not None else "none"
