"""Realtime: recorded frames are handled, gaps invalidate every table, and it stops on request."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from django_appwrite_orm.events import heartbeat, realtime
from django_appwrite_orm.events.realtime import Listener
from django_appwrite_orm.exceptions import ConfigurationError, NotFound
from django_appwrite_orm.sansio import Operation, run_sync
from tests.events.tables import Open, Own
from tests.support.faulty_servers import faulty, frames, refusal, reset
from tests.support.listening import ACTIONS, AS_USER, CONNECTED, JWT, Start, has_token, plant, recorded, shown
from tests.support.waiting import soon

pytestmark = pytest.mark.usefixtures("short_pauses")


def test_the_url_and_headers_of_a_connection(start: Start) -> None:
    server, found = start(JWT, frames(AS_USER), LISTEN_AS="cbu-ev")
    assert soon(lambda: found.state == "listening")
    asked, upgraded = server.received
    assert (asked.method, asked.target) == ("POST", "/v1/users/cbu-ev/jwts")
    assert upgraded.headers["x-appwrite-jwt"] == "the-jwt"
    assert "x-appwrite-key" not in upgraded.headers
    path, _, query = upgraded.target.partition("?")
    assert path == "/v1/realtime"
    assert query.startswith("project=p&channels%5B%5D=tablesdb.cb-ev.tables.")
    assert "tablesdb.cb-ev.tables.open.rows&channels%5B%5D=tablesdb.cb-ev.tables.own.rows" in query


def test_its_state_is_shown(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while nothing happens, and no longer when it has died without a word."""
    monkeypatch.setattr(heartbeat, "REPORT", 0.1)
    reports: list[str] = []
    report = heartbeat.report

    def counted(alias: str, name: str, state: str) -> Operation[None]:
        reports.append(state)
        return report(alias, name, state)

    monkeypatch.setattr(heartbeat, "report", counted)
    assert "listen_appwrite" not in shown()
    gate = threading.Event()

    def lost(connection: Any) -> None:
        gate.wait(60)
        reset(connection)

    _, found = start(frames(CONNECTED, then=lost), refusal(503, "general_unknown"))
    assert soon(lambda: "listen_appwrite of 'default': listening" in shown())
    assert soon(lambda: reports.count("listening") >= 4)
    assert soon(lambda: "listen_appwrite of 'default': listening, 0 s ago" in shown())
    gate.set()
    assert soon(lambda: "waiting" in shown())
    found.stop()
    assert soon(lambda: "stopped" in shown())
    monkeypatch.setattr(heartbeat, "TTL", 1)
    run_sync(heartbeat.report("default", heartbeat.COMMAND, "listening"))
    assert soon(lambda: "listen_appwrite" not in shown())


def test_every_database_of_the_project_is_listened_to(start: Start, settings) -> None:
    _, found = start(refusal(503, "general_unknown"))
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": default, "other": {**default, "DATABASE_ID": "branch"}}
    assert "tablesdb.branch.tables.open.rows" in found._url()
    assert "tablesdb.cb-ev.tables.open.rows" in found._url()


def test_a_connection_as_a_guest_instead_of_the_user_is_logged(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    _, found = start(JWT, frames(CONNECTED), LISTEN_AS="cbu-ev")
    assert soon(lambda: found.state == "listening")
    assert "connected as a guest" in caplog.text


@pytest.mark.parametrize("action", [a for a in ACTIONS if a["frames"]], ids=lambda action: action["action"])
def test_every_recorded_frame_is_handled(start: Start, action: dict[str, Any], heard: list[dict[str, Any]]) -> None:
    """Each drops the token of its table, and each state of a row is announced once."""
    states = {
        (frame["data"]["events"][0].rpartition(".")[2], json.dumps(frame["data"]["payload"])): None
        for frame in action["frames"]
    }
    _, found = start(frames(CONNECTED))
    assert soon(lambda: found.state == "listening")
    plant(Open, Own)
    for frame in action["frames"]:
        found._take(json.dumps(frame))
    own = ".own." in action["frames"][0]["data"]["events"][0]
    assert (has_token(Open), has_token(Own)) == (own, not own)
    assert [(change["action"], change["row"].id) for change in heard] == [
        (action, json.loads(payload)["$id"]) for action, payload in states
    ]


def test_frames_arrive_over_the_socket(start: Start, heard: list[dict[str, Any]]) -> None:
    first, second = ACTIONS[0]["frames"][0], ACTIONS[3]["frames"][0]
    start(frames(CONNECTED, first, {"type": "pong"}, second))
    assert soon(lambda: len(heard) == 2)
    assert [change["row"].n for change in heard] == [first["data"]["payload"]["n"], second["data"]["payload"]["n"]]


def test_a_new_connection_invalidates_every_table(start: Start) -> None:
    """Nothing is replayed: whatever was cached before the new connection may be old."""
    gate = threading.Event()

    def lost(connection: Any) -> None:
        gate.wait(60)
        reset(connection)

    server, found = start(frames(CONNECTED, then=lost), refusal(503, "general_unknown"), frames(CONNECTED))
    assert soon(lambda: found.state == "listening")
    plant(Open, Own)
    gate.set()
    assert soon(lambda: not has_token(Open) and not has_token(Own))
    assert soon(lambda: len(server.received) == 3 and found.state == "listening")


@pytest.mark.parametrize("case", ["bad JWT", "unknown project", "foreign web origin"])
def test_a_refusal_is_logged_and_retried(start: Start, case: str, caplog: pytest.LogCaptureFixture) -> None:
    error = next(c for c in recorded("realtime")["connections"] if c["case"] == case)["received"][0]
    server, found = start(frames(error, then=lambda connection: None), frames(CONNECTED))
    assert soon(lambda: found.state == "listening")
    assert f"Appwrite says {error['data']['code']}" in caplog.text
    assert len(server.received) == 2


def test_a_refusal_is_logged_as_one_short_line(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    said = "no\nERROR forged line\x1b[2J" + "x" * 10_000
    error = {"type": "error", "data": {"code": 1008, "message": said}}
    _, found = start(frames(error, then=lambda connection: None), frames(CONNECTED))
    assert soon(lambda: found.state == "listening")
    [text] = [record.getMessage() for record in caplog.records if "Appwrite says" in record.getMessage()]
    assert text.isprintable()
    assert len(text) < 1_000


def test_the_pauses_grow_to_a_minute() -> None:
    """However long the outage: two days of them are no reason to fail."""
    assert [round(realtime.backoff(failures) * 100) for failures in (0, 1, 5, 6, 3000)] == [1, 2, 32, 60, 60]


@pytest.mark.parametrize(
    "frame",
    [
        *("not json", "[]", "[" * 60_000, {"type": "event", "data": {"events": []}}, {"type": "event"}),
        *({"type": "event", "data": {"events": names, "payload": {}}} for names in (None, [1])),
        *({"type": "connected"}, {"type": "connected", "data": {"user": {}, "channels": []}}),
        *({"type": "error"}, {"type": "error", "data": {"code": 1}}),
    ],
)
def test_a_frame_that_cannot_be_read_invalidates_every_table(start: Start, frame: object) -> None:
    gate = threading.Event()

    def rubbish(connection: Any) -> bool | None:
        gate.wait(60)
        return frames(frame)(connection)

    _, found = start(frames(CONNECTED, then=rubbish))
    assert soon(lambda: found.state == "listening")
    plant(Open, Own)
    gate.set()
    assert soon(lambda: not has_token(Open) and not has_token(Own))


def test_a_silent_server_is_pinged_and_then_reconnected(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "QUIET", 0.1)
    monkeypatch.setattr(realtime, "GIVEN_UP", 0.4)
    said: list[bytes] = []

    def silent(connection: Any) -> None:
        said.append(connection.recv(1000))
        connection.recv(1000)

    server, _ = start(frames(CONNECTED, then=silent), frames(CONNECTED))
    assert soon(lambda: len(server.received) == 2)
    assert said[0][:1] == b"\x81"  # one text frame: the ping


def test_an_unknown_user_is_a_permanent_error(settings, tables) -> None:
    with faulty(refusal(404, "user_not_found")) as server:
        keys = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d"}
        settings.APPWRITE_ORM = {"default": {**keys, "LISTEN_AS": "nobody"}}
        with pytest.raises(NotFound):
            Listener("default").run()
        with pytest.raises(CommandError, match=r"user_not_found.* LISTEN_AS must be the id of a user"):
            call_command("listen_appwrite", stdout=StringIO())


def test_a_local_appwrite_in_this_process_has_no_realtime() -> None:
    with pytest.raises(ConfigurationError, match="no realtime"):
        Listener("default").run()


def test_a_missing_library_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "websockets.sync.client", None)
    monkeypatch.delitem(sys.modules, "django_appwrite_orm.events.websocket", raising=False)
    with pytest.raises(ConfigurationError, match=r"pip install 'django-appwrite-orm\[realtime\]'"):
        Listener("default").run()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_stops_cleanly(tmp_path, number: int) -> None:
    log = tmp_path / "log"
    with faulty(frames(CONNECTED)) as server:
        endpoint = server.endpoint
        (tmp_path / "site_settings.py").write_text(
            "from tests.settings import *\n"
            f"APPWRITE_ORM = {{'default': {{'ENDPOINT': {endpoint!r}, 'PROJECT_ID': 'p', 'API_KEY': 'k',"
            " 'DATABASE_ID': 'd'}}\n"
            "SILENCED_SYSTEM_CHECKS = ['appwrite_orm.W001', 'appwrite.W106']\n"
            "LOGGING = {'version': 1, 'loggers': {'django_appwrite_orm': {'handlers': ['file'], 'level': 'INFO'}},"
            f" 'handlers': {{'file': {{'class': 'logging.FileHandler', 'filename': {str(log)!r}}}}}}}\n"
        )
        done = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "django", "listen_appwrite"],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "site_settings", "PYTHONPATH": f"{Path.cwd()}:{tmp_path}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert soon(lambda: log.exists() and "listening as a guest" in log.read_text())
        done.send_signal(number)
        out, errors = done.communicate(timeout=60)
    assert (done.returncode, errors) == (0, "")
    assert out.splitlines() == [
        f"Listening to {endpoint} as a guest (LISTEN_AS is not set).",
        "The cache 'default' is local to one process, so this command cannot invalidate the caches of the"
        " servers. Use a shared cache such as Redis, or call orm.listen() in each server process.",
        "Stopped.",
    ]
