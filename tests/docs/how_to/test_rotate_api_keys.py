"""A key is replaced under load, as the guide does it: no request fails, and the old key is no longer used."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from tests.support import scoped_keys
from tests.support.deployments import deployed, request
from tests.support.pages import commands
from tests.support.ports import free_port
from tests.support.waiting import until

PAGE = "how-to/rotate-api-keys.md"


@pytest.mark.slow
def test_a_rotation_under_load(tmp_path: Path) -> None:
    _, serve, check, move, usr2, term, _ = commands(PAGE)
    (tmp_path / "appwrite-key").write_text("old\n")
    pages = (PAGE, "how-to/health-checks.md")
    with deployed(tmp_path, *pages, key="old", APPWRITE_API_KEY_FILE="appwrite-key") as site:
        port = free_port()
        configuration = tmp_path / "gunicorn.conf.py"
        configuration.write_text(configuration.read_text().replace("8000", str(port)))
        failed: list[int] = []
        over = threading.Event()

        def visit() -> None:
            """A page from the cache, and one that reads past it."""
            while not over.wait(0.02):  # the rest of the time is for the processes
                for path in ("/products/", "/health/"):
                    if (status := request(port, path).status) != 200:
                        failed.append(status)

        with site.serving(serve, port) as first:
            visitor = threading.Thread(target=visit)
            visitor.start()
            try:
                site.appwrite.keys["new"] = scoped_keys.EVERYTHING
                (tmp_path / "new-key").write_text("new\n")
                variable, command = check.split(" ", 1)
                assert variable == "APPWRITE_API_KEY_FILE=new-key"
                site.environment["APPWRITE_API_KEY_FILE"] = "new-key"
                assert "no issues" in site.run(command)
                site.environment["APPWRITE_API_KEY_FILE"] = "appwrite-key"
                assert move == "mv new-key appwrite-key"
                (tmp_path / "new-key").replace(tmp_path / "appwrite-key")
                tried = site.appwrite.used["new"]

                assert usr2 == "kill -USR2 $(cat gunicorn.pid)"
                os.kill(first.pid, signal.SIGUSR2)
                until(lambda: site.appwrite.used["new"] > tried)
                assert term == "kill -TERM $(cat gunicorn.pid)"
                os.kill(first.pid, signal.SIGTERM)
                until(lambda: not (tmp_path / "gunicorn.pid.2").exists())
                used = site.appwrite.used["old"]
                del site.appwrite.keys["old"]
                seen = site.appwrite.used["new"]
                until(lambda: site.appwrite.used["new"] > seen + 3)
                assert site.appwrite.used["old"] == used
                assert request(port, "/products/").headers["X-Cache-Status"] == "HIT"
            finally:
                over.set()
                visitor.join()
                second = int((tmp_path / "gunicorn.pid").read_text())
                os.kill(second, signal.SIGTERM)
                until(lambda: not (tmp_path / "gunicorn.pid").exists())
        assert failed == []
