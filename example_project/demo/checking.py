"""The demonstration put to the test: a fresh site in a process of its own, asked as a client would."""

from __future__ import annotations

import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2 as httpx
from django.conf import settings
from notes.identities import IDENTITIES

from demo.tour import problems_of_the_tour
from demo.visitor import Say, Visitor
from django_appwrite_orm.connection import connections
from django_appwrite_orm.plans import Request
from django_appwrite_orm.sansio import run_sync

# Seconds the site may take to load its data and answer, on a slow machine.
PATIENCE = 180
_ACCOUNT = ("APPWRITE_PROJECT_ID", "APPWRITE_API_KEY", "APPWRITE_DATABASE_ID")


def find_problems(say: Say, *, on_server: bool = False) -> list[str]:
    """Start the site on an empty local Appwrite, and go through the whole tour.

    Says what each answer was; returns what was not as promised. The site ends with this function, and also
    with this process. `on_server`: use the Appwrite that the environment names, in a database that is deleted at the
    end.
    """
    with tempfile.TemporaryDirectory() as folder, _store(Path(folder), on_server, say) as store:
        say("Starting a fresh site and loading its data ...")
        with _site(Path(folder), store) as client:
            return problems_of_the_tour(Visitor(client, say), has_demo_user=not on_server)


@contextmanager
def _store(folder: Path, on_server: bool, say: Say) -> Iterator[dict[str, str]]:
    """The part of the environment that leads to an empty database, which is gone at the end."""
    if not on_server:
        if "APPWRITE_ENDPOINT" in os.environ:
            say("APPWRITE_ENDPOINT is not used: the check has a local Appwrite of its own. --on-server uses it.")
        yield {"APPWRITE_ENDPOINT": f"local:{folder / 'check.sqlite3'}"}
        return
    database = f"check-{secrets.token_hex(8)}"
    say(f"Using the database {database} of {settings.APPWRITE_ORM['default']['ENDPOINT']}.")
    account = {name: value for name, value in os.environ.items() if name in _ACCOUNT}
    try:
        yield {**account, "APPWRITE_ENDPOINT": os.environ["APPWRITE_ENDPOINT"], "APPWRITE_DATABASE_ID": database}
    finally:
        connection = connections["default"]
        run_sync(connection.send(Request("DELETE", f"/tablesdb/{database}", absent="database_not_found")))
        for identity in IDENTITIES.values():
            path = f"/users/{identity.user_id_for(database)}"
            run_sync(connection.send(Request("DELETE", path, absent="user_not_found")))


@contextmanager
def _site(folder: Path, store: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of a site that runs on a free port, with its log in `folder` and its data where `store` leads."""
    port = _free_port()
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo", "--port", str(port), "--until-eof"]
    command += ["--log", str(folder / "demo.log")]
    environment = {name: value for name, value in os.environ.items() if name not in _ACCOUNT} | store
    log = folder / "log.txt"
    with (
        log.open("w") as output,
        subprocess.Popen(  # noqa: S603 - our own manage.py
            command, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output
        ) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        # Its input is our end of a pipe: the site ends with it, whatever happens to this process.
        try:
            _wait_for(client, server, log)
            yield client
        finally:
            server.kill()
            server.wait()  # leaving the block does not, after a Ctrl-C


def _wait_for(client: httpx.Client, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"The site ended before it answered:\n{log.read_text()}")
        try:
            if client.get("/").status_code != 503:  # the page that says how far the loading is
                return
        except httpx.ConnectError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"The site did not answer within {PATIENCE} seconds:\n{log.read_text()}")


def _free_port() -> int:
    """Return one below those that systems give to clients, which could get it before the site does."""
    while True:
        port = random.randrange(10_000, 22_000)
        with socket.socket() as attempt, suppress(OSError):
            attempt.bind(("127.0.0.1", port))
            return port
