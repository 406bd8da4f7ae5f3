"""Run the tests of rows, queries and migrations against a real Appwrite: `python -m tests.real [arguments of pytest]`.

The server is named in the environment, where a key stands in no list of processes: APPWRITE_TEST_ENDPOINT,
APPWRITE_TEST_PROJECT_ID and APPWRITE_TEST_API_KEY. The tests delete and create the database `library`, so the project
must have no other one.

`python -m tests.real --rehearse` starts the strict local Appwrite over HTTP and runs the same tests against that.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port

DATABASE = "library"
NAMES = ("APPWRITE_TEST_ENDPOINT", "APPWRITE_TEST_PROJECT_ID", "APPWRITE_TEST_API_KEY")
TESTS = ("tests/querysets", "tests/schema")
PATIENCE = 30  # seconds that a rehearsed server may take to start


def main(arguments: list[str]) -> int:
    if "--rehearse" in arguments:
        with rehearsed() as names:
            return run_tests({**os.environ, **names}, [one for one in arguments if one != "--rehearse"])
    if missing := [name for name in NAMES if not os.environ.get(name)]:
        sys.exit(f"Set {', '.join(missing)}, or give --rehearse. See CONTRIBUTING.md.")
    if others := other_databases():
        sys.exit(
            f"The project has other databases than {DATABASE!r}: {', '.join(others)}. The tests delete rows and"
            " databases; give them a project of their own in APPWRITE_TEST_PROJECT_ID."
        )
    return run_tests(dict(os.environ), arguments)


def run_tests(environment: dict[str, str], arguments: list[str]) -> int:
    paths = [one for one in arguments if not one.startswith("-") and Path(one.partition("::")[0]).exists()] or TESTS
    options = [one for one in arguments if one not in paths]
    command = [sys.executable, "-m", "pytest", "-m", "not slow", *options, *paths]
    return subprocess.run(command, env=environment, check=False).returncode


def other_databases() -> list[str]:
    """The databases of the project that are not the tests'. Ends the process where the server does not list them."""
    endpoint, project, key = (os.environ[name] for name in NAMES)
    headers = {"X-Appwrite-Project": project, "X-Appwrite-Key": key}
    request = urllib.request.Request(f"{endpoint.rstrip('/')}/tablesdb", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            found = json.load(answer)["databases"]
    except urllib.error.HTTPError as error:
        sys.exit(f"{endpoint} answers {error.code} to GET /tablesdb: {error.read(300)!r}")
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{endpoint} does not answer as an Appwrite does: {error!r}. Does it end in /v1?")
    return sorted(one["$id"] for one in found if one["$id"] != DATABASE)


@contextmanager
def rehearsed() -> Iterator[dict[str, str]]:
    """A strict local Appwrite in a process of its own; the environment that leads to it."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "django_appwrite_orm.local", "--port", str(port), "--strict"]
        server = subprocess.Popen([*command, "--database", str(Path(folder, "appwrite.sqlite3"))])
        try:
            wait_for(server, port)
            yield dict(zip(NAMES, (f"http://127.0.0.1:{port}/v1", "local", "local"), strict=True))
        finally:
            server.terminate()
            server.wait()


def wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("The local Appwrite did not start; its messages stand above.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
