"""A proxy on loopback in front of an HTTP server, which now and then does what networks and servers do.

What becomes of a request is drawn from `Faults`; most are passed on as they are. A `late` one, which is never a
GET, is passed on only after its client has surely given up on it, `hung` ones never.
"""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server", "host"}


@dataclass(frozen=True)
class Faults:
    """Of a hundred requests, how many meet each fault; `patience` is the seconds after which a client gives up."""

    delayed: float = 0
    reset_before: float = 0  # the connection breaks, nothing was passed on
    reset_after: float = 0  # the connection breaks after the request was applied
    failed_before: float = 0  # 500, nothing was passed on
    failed_after: float = 0  # 500 after the request was applied
    limited: float = 0  # 429 with Retry-After, nothing was passed on
    hung: float = 0
    late: float = 0
    patience: float = 1.0

    def draw(self, chance: random.Random) -> str:
        odds = asdict(self)
        odds.pop("patience")
        return chance.choices([*odds, ""], [*odds.values(), max(0.0, 100 - sum(odds.values()))])[0]


class Proxy(ThreadingHTTPServer):
    """`met` counts the requests by what became of them; "" are those that were merely passed on."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, endpoint: str, faults: Faults, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(endpoint)
        self.faults = faults
        self.met: Counter[str] = Counter()
        self._chance = random.Random(seed)
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{self.upstream.path}"

    def draw(self, method: str) -> tuple[str, float]:
        """What becomes of the next request, and a number from 0 to 1 that says how badly."""
        with self._lock:
            fault = self.faults.draw(self._chance)
            if method == "GET" and fault == "late":
                fault = ""  # nobody would notice
            self.met[fault] += 1
            return fault, self._chance.random()

    def before_reset(self) -> None:
        """Called before a connection is broken."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away are what this proxy is for."""


class CuttingProxy(Proxy):
    """It passes all on, but cuts the connection of one write, counted from when that was said, and of those after it.

    `writes` are those met since then. `before_cut` is called when the request has, or has not, been applied.
    """

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint, Faults(), 1)
        self.cut()

    def cut(self, at: int = 0, *, applied: bool = False, before_cut: Callable[[], object] = bool) -> None:
        """Cut at the write with this number from now on, before or after it is applied; at none by default."""
        self.writes, self._at, self._applied, self._before_cut = 0, at, applied, before_cut

    def draw(self, method: str) -> tuple[str, float]:
        if method == "GET":
            return "", 0
        with self._lock:
            self.writes += 1
            if not self._at or self.writes < self._at:
                return "", 0
            return "reset_after" if self._applied and self.writes == self._at else "reset_before", 0

    def before_reset(self) -> None:
        self._before_cut()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault, degree = self.server.draw(self.command)
        patience = self.server.faults.patience
        if fault == "delayed":
            time.sleep(degree * patience / 2)
        elif fault == "late":
            time.sleep(patience * (1.1 + degree))
        elif fault == "hung":
            time.sleep(patience * 3)
        if fault in ("reset_before", "hung"):
            self._reset()
        elif fault == "failed_before":
            self._send(500, {}, b'{"message": "broken", "type": "general_unknown", "code": 500}')
        elif fault == "limited":
            limit = b'{"message": "too many", "type": "general_rate_limit_exceeded", "code": 429}'
            self._send(429, {"Retry-After": "0" if degree < 0.8 else "1"}, limit)
        else:
            status, headers, answer = self._passed_on(body)
            if fault == "reset_after":
                self._reset()
            elif fault == "failed_after":
                self._send(500, {}, b'{"message": "broken late", "type": "general_unknown", "code": 500}')
            else:
                self._send(status, headers, answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def _passed_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = http.client.HTTPConnection(self.server.upstream.netloc, timeout=30)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            headers["Host"] = self.server.upstream.netloc
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
            return answer.status, kept, answer.read()
        finally:
            upstream.close()

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """Break the connection at once: the client sees a reset, not an end."""
        self.server.before_reset()
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what became of requests is counted."""


@contextmanager
def running(endpoint: str, faults: Faults, seed: int = 1) -> Iterator[Proxy]:
    """A proxy in front of `endpoint`, in threads of this process."""
    with serving(Proxy(endpoint, faults, seed)) as proxy:
        yield proxy


P = TypeVar("P", bound=Proxy)


@contextmanager
def serving(proxy: P) -> Iterator[P]:
    """Let a proxy work, in threads of this process."""
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
