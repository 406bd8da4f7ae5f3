"""The demonstration itself, run as its users run it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx2 as httpx
import pytest

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.http.server import LocalServer

MANAGE = Path(__file__).parents[2] / "example_project" / "manage.py"


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(MANAGE), *arguments]
    environment = {**_environment(), **environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)


def _environment() -> dict[str, str]:
    """This process's, without what would change the site, and with the package of this checkout."""
    other = ("APPWRITE_", "DJANGO_", "REDIS_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(other)}
    return kept | {"PYTHONPATH": os.pathsep.join([str(MANAGE.parents[1]), os.environ.get("PYTHONPATH", "")])}


def test_the_system_checks_find_nothing_wrong() -> None:
    done = manage("check", "--fail-level", "WARNING")
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (1 silenced).\n"), done.stderr


def test_half_an_account_is_told_of() -> None:
    done = manage("check", APPWRITE_ENDPOINT="https://cloud.appwrite.io/v1", APPWRITE_API_KEY="very-secret")
    assert done.returncode != 0
    assert "PROJECT_ID is missing" in done.stderr
    assert "very-secret" not in done.stderr + done.stdout


@pytest.mark.slow
def test_a_site_that_was_started_by_a_program_ends_with_it(tmp_path) -> None:
    """The check holds the other end of the site's input; it is closed also when the check is killed."""
    environment = {**_environment(), "APPWRITE_ENDPOINT": f"local:{tmp_path / 'demo.sqlite3'}"}
    command = [sys.executable, "-u", str(MANAGE), "demo", "--port", "0", "--log", str(tmp_path / "log"), "--until-eof"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as site:
        try:
            assert any("Ready after" in line for line in site.stdout)
            site.stdin.close()
            assert site.wait(timeout=30) == 0
        finally:
            site.kill()


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """What is started hears a Ctrl-C, also where these tests run in the background of a shell and would not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo with an empty store, which is ended at the latest with the block."""
    environment = {**_environment(), "APPWRITE_ENDPOINT": f"local:{tmp_path / 'demo.sqlite3'}"}
    command = [sys.executable, "-u", str(MANAGE), "demo", "--port", "0", "--log", str(tmp_path / "demo.log")]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """What the process says up to the line with the text."""
    said = ""
    for line in process.stdout:
        said += line
        if text in line:
            return said
    raise AssertionError(f"It never said {text!r}:\n{said}")


def test_the_address_comes_first_and_shows_how_far_the_loading_is(tmp_path) -> None:
    with demo(tmp_path) as process:
        said = read_until(process, "1 of 4")
        address = re.search(r"http://127\.0\.0\.1:\d+/", said)[0]
        loading = httpx.get(address)
        assert (loading.status_code, loading.headers["Retry-After"]) == (503, "1")
        assert "is being prepared" in loading.text
        assert "1 of 4: tables of Django&#x27;s models" in loading.text
        assert httpx.get(f"{address}static/style.css").status_code == 200
        rest = read_until(process, "2 of 4")
        log = (tmp_path / "demo.log").read_text()
    assert "GET /" not in said + rest
    assert '"GET / HTTP/1.1" 503' in log
    assert str(tmp_path / "demo.log") in said
    assert address in log


def test_ctrl_c_while_it_loads_says_that_it_can_go_on(tmp_path, ctrl_c) -> None:
    with demo(tmp_path) as process:
        read_until(process, "3 of 4")
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(timeout=60) == 130
    assert rest == "CommandError: Interrupted. Run it again, and it goes on from here.\n"


@pytest.mark.slow
def test_ctrl_c_while_it_serves_ends_it_quietly(tmp_path, ctrl_c) -> None:
    with demo(tmp_path) as process:
        read_until(process, "Ctrl-C ends it")
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(timeout=60) == 0
    assert rest == "\nStopped.\n"


def test_a_port_that_is_taken(tmp_path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        store = f"local:{tmp_path / 'demo.sqlite3'}"
        done = manage("demo", "--port", port, "--log", str(tmp_path / "log"), APPWRITE_ENDPOINT=store)
    assert done.returncode == 1
    assert done.stderr.startswith(f"CommandError: Port {port} of 127.0.0.1 cannot be used: Address already in use.")
    wrong = manage("demo", "--port", "70000", "--log", str(tmp_path / "log"), APPWRITE_ENDPOINT=store)
    assert wrong.stderr == "CommandError: 70000 is not a port: use a number from 0 to 65535.\n"


def test_without_a_port_the_first_free_one_is_taken(site) -> None:
    from demo.serving import PORTS, DemoServer, PortTaken

    servers = []
    try:
        with suppress(PortTaken):
            for _ in PORTS:
                servers.append(DemoServer(None))
        with pytest.raises(PortTaken, match="Name a free one"):
            DemoServer(None)
        ports = [server.port for server in servers]
        assert ports == sorted(set(ports) & set(PORTS))
    finally:
        for server in servers:
            server.release()


def test_a_check_that_is_interrupted_says_so_and_leaves_nothing(tmp_path, ctrl_c) -> None:
    environment = {**_environment(), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-u", str(MANAGE), "demo", "--check"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as check:
        try:
            assert "Starting a fresh site" in check.stdout.readline()
            while not list(tmp_path.glob("*/log.txt")):
                assert check.poll() is None, check.stdout.read()
                time.sleep(0.01)
            check.send_signal(signal.SIGINT)
            said, _ = check.communicate(timeout=60)
        finally:
            check.kill()
    assert (check.returncode, said.strip()) == (130, "CommandError: Interrupted. Nothing of the check is left.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_check() -> None:
    """A server in the environment is left alone."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        account = {"APPWRITE_PROJECT_ID": "p", "APPWRITE_API_KEY": "k", "APPWRITE_DATABASE_ID": "d"}
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        done = manage("demo", "--check", APPWRITE_ENDPOINT=endpoint, **account)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "APPWRITE_ENDPOINT is not used" in done.stdout
    lines = done.stdout.splitlines()
    made = next(n for n, line in enumerate(lines) if re.match(r"POST +/products +201", line))
    after = [line for line in lines[made:] if line.startswith("GET")]
    assert "X-Cache-Status: MISS" in after[0]
    assert "X-Cache-Status: HIT" in after[1]
    parts = [line for line in lines if line.startswith("-- ")]
    assert len(parts) == 11
    assert sum("304" in line for line in lines) > 20
    assert any("arrived: {'action': 'update', 'table': 'airports'" in line for line in lines)
    assert lines[-1].startswith("All is well")


@pytest.mark.slow
def test_check_on_the_server_that_is_named(tmp_path) -> None:
    app = LocalAppwrite(tmp_path / "server.sqlite3")
    with closing(app), LocalServer(app, "127.0.0.1", 0) as door:
        account = {"APPWRITE_ENDPOINT": door.endpoint, "APPWRITE_PROJECT_ID": "local", "APPWRITE_API_KEY": "local"}
        done = manage("demo", "--check", "--on-server", APPWRITE_ORM_ALLOW_IN_TESTS="1", **account)
        headers = {"x-appwrite-project": "local", "x-appwrite-key": "local"}
        left = [json.loads(app.handle("GET", path, headers, b"").body) for path in ("/v1/tablesdb", "/v1/users")]
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"of {door.endpoint}." in done.stdout
    assert "arrived: {'action': 'update', 'table': 'airports'" in done.stdout  # by realtime, over a socket
    assert [found["total"] for found in left] == [0, 0]


def test_on_server_needs_a_server() -> None:
    for arguments in (("--check", "--on-server"), ("--on-server",)):
        done = manage("demo", *arguments)
        assert done.returncode == 1
        assert "APPWRITE_ENDPOINT" in done.stderr
