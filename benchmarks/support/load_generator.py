"""Requests over several connections of loopback: `python -m benchmarks.support.load_generator '{"port": 8000, ...}'`.

A process of its own, with sockets alone, so that it takes a small part of what the server takes. Each connection sends
its next request when it has its response, and is opened again where the server closes it, as gunicorn's sync worker
does.
"""

from __future__ import annotations

import json
import selectors
import socket
import statistics
import sys
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from typing import Any

# Seconds to wait for a response.
PATIENCE = 60


@dataclass(frozen=True)
class Load:
    """What is sent. `path` has `{rank}` where pages differ.

    `new` of every `of` requests ask for a page that nobody has read before, beginning at the rank `first`. All others
    ask for one of `ranks`, which are read twice in advance. With `tags` each request has the ETag of the last response.
    `processes` are those of the server.
    """

    port: int
    path: str
    seconds: float
    connections: int = 8
    ranks: list[int] = field(default_factory=lambda: [0])
    new: int = 0
    of: int = 1
    first: int = 0
    tags: bool = False
    processes: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """What was measured: `seconds` by the clock and, in `server`, of the server; `median` and `p99` of responses.

    `statuses` and `cached` count responses by status and by `X-Cache-Status`; `new` is the number of new pages.
    """

    requests: int
    new: int
    seconds: float
    server: float
    median: float
    p99: float
    statuses: dict[str, int]
    cached: dict[str, int]

    @property
    def hits(self) -> int:
        return self.cached.get("HIT", 0)


class _Connection:
    """Opened at its first request only: a sync worker waits for the request of each connection in turn."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.socket: socket.socket | None = None
        self.received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> socket.socket:
        self.received = b""
        self.sent_at = time.perf_counter()
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        return self.socket

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def response(self) -> dict[str, str] | None:
        """Receive what is there; return the headers, by small letters, once the body is there too."""
        assert self.socket is not None
        part = self.socket.recv(262_144)
        if not part:
            raise RuntimeError(f"The server has closed a connection within a response: {self.received[:200]!r}")
        self.received += part
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        headers["status"] = first.split()[1]
        length = 0 if headers["status"] == "304" else int(headers["content-length"])
        if len(body) < length:
            return None
        if headers.get("connection") == "close":
            self.close()
        return headers


class _Requests:
    """The requests in their order, and what is known of their responses."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self.made = self.new = 0
        self.tag = ""
        self.statuses: Counter[str] = Counter()
        self.cached: Counter[str] = Counter()
        self.latencies: list[float] = []

    def next(self) -> bytes:
        load, number = self._load, self.made
        self.made += 1
        if number % load.of < load.new:
            self.new += 1
            return self.of(load.first + self.new)
        return self.of(load.ranks[number % len(load.ranks)])

    def of(self, rank: int) -> bytes:
        tag = f"If-None-Match: {self.tag}\r\n" if self.tag else ""
        head = f"GET {self._load.path.format(rank=rank)} HTTP/1.1\r\nHost: localhost\r\n{tag}\r\n"
        return head.encode("latin-1")

    def take_tag(self, headers: dict[str, str]) -> None:
        if self._load.tags:
            self.tag = headers.get("etag", self.tag)

    def note(self, headers: dict[str, str], seconds: float) -> None:
        self.take_tag(headers)
        self.statuses[headers["status"]] += 1
        self.cached[headers.get("x-cache-status", "")] += 1
        self.latencies.append(seconds)


def run(load: Load) -> Outcome:
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(_Connection(load.port))) for _ in range(load.connections)]
        return _over(connections, load)


def _over(connections: list[_Connection], load: Load) -> Outcome:
    requests = _Requests(load)
    for rank in [*load.ranks, *load.ranks]:
        requests.take_tag(_alone(connections[0], requests.of(rank)))
    server = _processor_time(load.processes)
    with selectors.DefaultSelector() as selector:

        def send(connection: _Connection) -> None:
            selector.register(connection.send(requests.next()), selectors.EVENT_READ, connection)

        began = now = time.perf_counter()
        for connection in connections:
            send(connection)
        while len(requests.latencies) < requests.made:
            for key, _ in selector.select(PATIENCE) or _nothing(load.path):
                headers = key.data.response()
                if headers is not None:
                    selector.unregister(key.fileobj)
                    now = time.perf_counter()
                    requests.note(headers, now - key.data.sent_at)
                    if now < began + load.seconds:
                        send(key.data)
    server = _processor_time(load.processes) - server
    quantiles = statistics.quantiles(requests.latencies, n=100, method="inclusive")
    return Outcome(
        requests.made,
        requests.new,
        now - began,
        server,
        quantiles[49],
        quantiles[98],
        dict(requests.statuses),
        dict(requests.cached),
    )


def _alone(connection: _Connection, request: bytes) -> dict[str, str]:
    connection.send(request)
    while (headers := connection.response()) is None:
        pass
    return headers


def _nothing(path: str) -> Any:
    raise RuntimeError(f"No response to {path} within {PATIENCE} seconds.")


def _processor_time(processes: list[int]) -> float:
    """Seconds of the processor that these have taken, with all their threads, by the clock that Linux has for each."""
    return sum(time.clock_gettime(~process << 3 | 2) for process in processes)


if __name__ == "__main__":
    print(json.dumps(asdict(run(Load(**json.loads(sys.argv[1]))))))
