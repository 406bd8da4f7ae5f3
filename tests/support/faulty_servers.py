"""A server over real sockets that misbehaves to order, and says what reached it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django_appwrite_orm.plans import Request
from django_appwrite_orm.transport import Client


@dataclass
class Received:
    """One request as the server saw it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


Fault = Callable[[socket.socket], bool | None]


@dataclass
class FaultyServer:
    """Answers one request with one fault each, in order, the last one again and again."""

    faults: list[Fault]
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._clients: list[Client] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def client(self, endpoint: str = "") -> Client:
        """A client of this server, or of another endpoint; closed with the server."""
        self._clients.append(Client(endpoint=endpoint or self.endpoint, project_id="p", api_key="k"))
        return self._clients[-1]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError), ExitStack() as closing:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            closing.callback(connection.close)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (request := _read(connection, number)) is not None:
                with self._lock:
                    self.received.append(request)
                    fault = self.faults.pop(0) if len(self.faults) > 1 else self.faults[0]
                if getattr(fault, "upgrades", False):
                    connection.sendall(_upgrade(request.headers["sec-websocket-key"]))
                if not fault(connection):
                    break

    def open_connections(self) -> int:
        """Those that the client has not closed; waits for the others' end to be seen here."""
        for _ in range(1000):
            alive = [connection for connection in self._open if connection.fileno() >= 0]
            if len(alive) <= 2:
                break
            time.sleep(0.01)
        return len(alive)

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.close()


def _read(connection: socket.socket, number: int) -> Received | None:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (chunk := connection.recv(65536)):
            return None
        data += chunk
        if data.startswith(b"\x16"):  # a TLS handshake, at a server that speaks none
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return None
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    method, target, _ = first.split(" ")
    return Received(method, target, headers, body, number)


def _upgrade(key: str) -> bytes:
    """The handshake of RFC 6455."""
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}", "", ""]).encode()


@contextmanager
def faulty(*faults: Fault, tls: ssl.SSLContext | None = None) -> Iterator[FaultyServer]:
    server = FaultyServer(list(faults), tls)
    try:
        yield server
    finally:
        server.close()


# Faults. A true answer keeps the connection.


def answer(
    status: int, body: Any = None, *, type: str = "application/json", zip: bool = False, **headers: str
) -> Fault:
    """A whole answer; a body that is not text becomes JSON."""
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    if zip:
        content, headers = gzip.compress(content), {**headers, "content_encoding": "gzip"}
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {type}", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]

    def fault(connection: socket.socket) -> bool:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        return True

    return fault


def refusal(status: int, type: str, **headers: str) -> Fault:
    """An error in Appwrite's form."""
    return answer(status, {"message": "no", "code": status, "type": type, "version": "1.9.6"}, **headers)


def hang(connection: socket.socket) -> None:
    """No answer for as long as the client waits."""
    with suppress(OSError):
        connection.recv(1)


def reset(connection: socket.socket) -> None:
    """The connection ends with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(prefix: bytes, interval: float = 0.05) -> Fault:
    """`prefix` at once, then a byte now and then without end."""

    def fault(connection: socket.socket) -> None:
        connection.sendall(prefix)
        while True:
            time.sleep(interval)
            connection.sendall(b"x")

    return fault


slow_head = drip(b"HTTP/1.1 200 OK\r\nX-Long: ")
slow_body = drip(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{")


def stall(connection: socket.socket) -> None:
    """Half a body, then nothing."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
    hang(connection)


def truncated(connection: socket.socket) -> None:
    """Half a body, then the end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")


def frames(*messages: Any, then: Fault = hang) -> Fault:
    """Text frames to a websocket, a text as it is and anything else as JSON."""

    def fault(connection: socket.socket) -> bool | None:
        for message in messages:
            data = (message if isinstance(message, str) else json.dumps(message)).encode()
            size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack("!H", len(data))
            connection.sendall(b"\x81" + size + data)
        return then(connection)

    fault.upgrades = True
    return fault


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS side with a certificate for 127.0.0.1 that nobody has signed, and the certificate's file."""
    key, file = folder / "key.pem", folder / "cert.pem"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*made.split(), "-keyout", str(key), "-out", str(file)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return context, file


READ = Request("GET", "/tablesdb/d/tables/t/rows", (("queries[0]", '{"method":"limit","values":[1]}'),))
UPDATE = Request("PATCH", "/tablesdb/d/tables/t/rows/r", body={"data": {"a": 1}})
CREATE = Request("POST", "/tablesdb/d/tables/t/rows", body={"rowId": "r", "data": {"a": 1}}, repeatable=True)
