"""The HTTP server on a free port, and its command line."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.http import connection as serving
from django_appwrite_orm.local.http.server import LocalServer
from tests.support.local_client import KEY, Client

ROOT = Path(__file__).parents[2]
HEADERS = {name.title(): value for name, value in KEY.items()}


@pytest.fixture
def server(app: LocalAppwrite) -> Iterator[LocalServer]:
    with LocalServer(app, port=0) as server:
        yield server


def connect(server: LocalServer) -> http.client.HTTPConnection:
    address = urlsplit(server.endpoint)
    assert address.hostname is not None
    return http.client.HTTPConnection(address.hostname, address.port, timeout=60)


def ask(
    server: LocalServer, method: str, target: str, body: bytes | None = None, **more: str
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of a response."""
    connection = connect(server)
    connection.request(method, target, body, {**HEADERS, "Content-Type": "application/json", **more})
    answer = connection.getresponse()
    found = answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read()
    connection.close()
    return found


def test_http_requests_reach_the_application(server: LocalServer) -> None:
    status, headers, body = ask(server, "POST", "/v1/tablesdb", b'{"databaseId": "d", "name": "D"}')
    assert (status, headers["content-type"]) == (201, "application/json; charset=UTF-8")
    assert headers["content-length"] == str(len(body))
    assert json.loads(body)["$id"] == "d"
    status, headers, body = ask(server, "HEAD", "/v1/tablesdb/d")
    assert (status, int(headers["content-length"]) > 0, body) == (200, True, b"")
    assert ask(server, "GET", "/v1/tablesdb/%64")[0] == 200
    assert ask(server, "GET", "http://localhost/v1/tablesdb/d?x=1")[0] == 200
    assert ask(server, "DELETE", "/v1/tablesdb/d")[::2] == (204, b"")


@pytest.mark.parametrize(("host", "expected"), [
    ("localhost:9501", 200), ("127.0.0.1", 200), ("[::1]:80", 200), ("evil.example", 403), ("", 403),
])  # fmt: skip
def test_a_loopback_server_answers_for_loopback_names_only(server: LocalServer, host: str, expected: int) -> None:
    assert ask(server, "GET", "/v1/health/version", Host=host)[0] == expected


def test_one_connection_serves_many_requests(app: LocalAppwrite, server: LocalServer) -> None:
    rows = Client(app).table([{"key": "n", "type": "integer"}])
    connection = connect(server)
    connection.connect()
    first = connection.sock
    for number in range(20):
        body = json.dumps({"rowId": f"r{number}", "data": {"n": number}})
        connection.request("POST", f"/v1/tablesdb{rows}", body, {**HEADERS, "Content-Type": "application/json"})
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["n"]) == (201, number)
    assert connection.sock is first
    connection.request("DELETE", f"/v1/tablesdb{rows}/r1", headers=HEADERS)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (204, b"")
    assert not answer.headers["content-type"].startswith("application/json")
    connection.close()


@pytest.mark.parametrize("sent", [b"GET /", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n"])
def test_a_request_that_arrives_too_slowly_is_disconnected(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(serving, "REQUEST_TIMEOUT", 0.2)
    connection = connect(server)
    connection.connect()
    connection.sock.sendall(sent)
    connection.sock.settimeout(0.01)
    assert _is_cut_off(connection.sock)
    connection.close()


def _is_cut_off(sock: socket.socket) -> bool:
    """Return whether the other side disconnects while bytes are sent to it, for 30 seconds at most."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            sock.send(b"x")
            if sock.recv(1_000) == b"":
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def test_clients_are_served_at_the_same_time(app: LocalAppwrite, server: LocalServer) -> None:
    rows = Client(app).table([{"key": "n", "type": "integer"}])
    Client(app)(f"POST {rows}", {"rowId": "r", "data": {"n": 0}})
    failed: list[int] = []

    def count() -> None:
        connection = connect(server)
        for _ in range(20):
            connection.request("PATCH", f"/v1/tablesdb{rows}/r/n/increment", headers=HEADERS)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failed.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert Client(app)(f"GET {rows}/r")["n"] == 120


def test_the_command_serves_and_stops(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "django_appwrite_orm.local", "--port", "0", "--database", str(tmp_path / "a.db")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)/v1", process.stdout.readline())
    assert found is not None
    connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=60)
    connection.request("GET", "/v1/health/version")
    assert json.loads(connection.getresponse().read()) == {"version": "1.9.6"}
    connection.close()
    process.send_signal(signal.SIGTERM)
    assert "Stopped" in process.communicate(timeout=30)[0]
    assert process.returncode == 0


def test_a_port_in_use_is_reported(tmp_path: Path, server: LocalServer) -> None:
    port = str(urlsplit(server.endpoint).port)
    command = [sys.executable, "-m", "django_appwrite_orm.local", "--port", port, "--database", ":memory:"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stdout + refused.stderr


WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None
from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.http.server import LocalServer, MissingServer
app = LocalAppwrite(":memory:")
headers = {"x-appwrite-project": "local", "x-appwrite-key": "local", "content-type": "application/json"}
assert app.handle("POST", "/v1/tablesdb", headers, b'{"databaseId": "d", "name": "D"}').status == 201
try:
    LocalServer(app, port=0)
except MissingServer as problem:
    print(problem)
"""


@pytest.mark.parametrize("library", ["websockets.server"])
def test_a_library_that_is_missing_is_named(library: str) -> None:
    """The server in process needs neither."""
    command = [sys.executable, "-c", WITHOUT, library]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert "pip install 'django-appwrite-orm[server]'" in done.stdout, done.stderr
