"""The demonstration itself, run as its users run it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

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
    command = [sys.executable, "-u", str(MANAGE), "demo", "--port", "0", "--until-eof"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as site:
        try:
            assert any("development server at" in line for line in site.stdout)
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
    assert any(line.startswith("POST /products") and " 201 " in line for line in lines)
    after = [line for line in lines[lines.index(next(li for li in lines if li.startswith("POST"))) :] if "GET" in line]
    assert "X-Cache-Status: MISS" in after[0]
    assert "X-Cache-Status: HIT" in after[1]
    assert lines[-1].startswith("All is well")


@pytest.mark.slow
def test_check_on_the_server_that_is_named(tmp_path) -> None:
    app = LocalAppwrite(tmp_path / "server.sqlite3")
    with closing(app), LocalServer(app, "127.0.0.1", 0) as door:
        account = {"APPWRITE_ENDPOINT": door.endpoint, "APPWRITE_PROJECT_ID": "local", "APPWRITE_API_KEY": "local"}
        done = manage("demo", "--check", "--on-server", APPWRITE_ORM_ALLOW_IN_TESTS="1", **account)
        headers = {"x-appwrite-project": "local", "x-appwrite-key": "local"}
        left = json.loads(app.handle("GET", "/v1/tablesdb", headers, b"").body)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"of {door.endpoint}." in done.stdout
    assert left["total"] == 0


def test_on_server_needs_a_server() -> None:
    for arguments in (("--check", "--on-server"), ("--on-server",)):
        done = manage("demo", *arguments)
        assert done.returncode == 1
        assert "APPWRITE_ENDPOINT" in done.stderr
