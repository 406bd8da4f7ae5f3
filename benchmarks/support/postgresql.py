"""A PostgreSQL of this machine, with its data in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.ports import free_port

# Where Debian keeps the programs of a server: not in PATH.
FOLDERS = "/usr/lib/postgresql"


@cache
def programs() -> Path | None:
    """The folder with `initdb` and `postgres`, of the newest version that is there."""
    found = shutil.which("postgres")
    candidates = [Path(found).resolve().parent] if found else []
    versions = sorted(Path(FOLDERS).glob("*/bin"), key=lambda path: [int(n) for n in path.parent.name.split(".")])
    candidates += reversed(versions)
    return next((path for path in candidates if (path / "initdb").exists() and (path / "postgres").exists()), None)


def missing() -> str | None:
    """What to install where there is no server; None where there is one."""
    return None if programs() else "there is no PostgreSQL server: apt-get install postgresql"


def version() -> str:
    folder = programs()
    assert folder is not None
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return said.split()[2]


def _user() -> str | None:
    """Whom to run it as: root may not."""
    if os.geteuid():
        return None
    names = [entry.pw_name for entry in pwd.getpwall()]
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running() -> Iterator[dict[str, Any]]:
    """A server that is up; the settings of a database in it, of a client on this machine."""
    folder, user = programs(), _user()
    if folder is None:
        raise RuntimeError(missing())
    as_user: dict[str, Any] = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    with tempfile.TemporaryDirectory(prefix="pg-") as place:  # a socket's path is limited to 107 characters
        if user:
            shutil.chown(place, user)
        data, port = f"{place}/data", free_port()
        initdb = [folder / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        done = subprocess.run(initdb, cwd=place, capture_output=True, text=True, check=False, **as_user)
        if done.returncode:
            raise RuntimeError(f"PostgreSQL was not set up: {done.stderr}")
        command = [folder / "postgres", "-D", data, "-k", place, "-h", "", "-p", str(port)]
        log = Path(place, "log")
        with log.open("wb") as output:
            server = subprocess.Popen(command, cwd=place, stdout=output, stderr=output, **as_user)
        try:
            _wait(server, Path(place, f".s.PGSQL.{port}"), folder, log)
            yield {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "postgres",
                "USER": "bench",
                "HOST": place,
                "PORT": str(port),
            }
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(server: subprocess.Popen[bytes], socket: Path, folder: Path, log: Path) -> None:
    ready = [folder / "pg_isready", "-q", "-h", socket.parent, "-p", socket.suffix[1:]]
    for _ in range(600):
        if server.poll() is not None:
            break
        if not subprocess.run(ready, check=False).returncode:
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
