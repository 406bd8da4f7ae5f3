"""The server of a contender, in a process of its own: a local Appwrite over HTTP, or one that repeats what it sent.

`python -m benchmarks.support.servers FILE [CERTIFICATE KEY] [--repeats]` is such a process. It writes its endpoint. For
each line on its standard input it then writes the numbers of requests and connections so far, as a line of JSON.

With `--repeats` the first response to each read of rows comes from the local Appwrite, and the same bytes are sent for
every further one with this target. What is measured is then the client, and hardly the server.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.api.responses import Response
from django_appwrite_orm.local.http.server import LocalServer
from tests.support.faulty_servers import certificate

from .. import ROOT


class Server:
    """A running server process, from the side of its client."""

    def __init__(self, process: subprocess.Popen[str], endpoint: str) -> None:
        self._process = process
        self.endpoint = endpoint

    def counts(self) -> dict[str, int]:
        """The `requests` and `connections` so far; connections are counted where it repeats."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        found: dict[str, int] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def running(file: Path, *, repeats: bool = False, tls: bool = False) -> Iterator[Server]:
    """A server with its data in `file`.

    With `tls` this process trusts it from now on: the authorities of certifi and the server's own certificate are in
    the file that OpenSSL's and requests' variables name.
    """
    command = [sys.executable, "-m", "benchmarks.support.servers", str(file)]
    if tls:
        certificate(file.parent)
        command += [str(file.parent / "cert.pem"), str(file.parent / "key.pem")]
        _trust(file.parent)
    process = subprocess.Popen(
        [*command, *(["--repeats"] if repeats else [])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        if not (endpoint := process.stdout.readline().strip()):
            raise RuntimeError("The server of a contender did not start; its error is above.")
        yield Server(process, endpoint)
    finally:
        process.communicate()


def _trust(folder: Path) -> None:
    import certifi

    bundle = folder / "authorities.pem"
    own = (folder / "cert.pem").read_text(encoding="ascii")
    bundle.write_text(Path(certifi.where()).read_text(encoding="utf-8") + own, encoding="utf-8")
    os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = str(bundle)


class Counting(LocalAppwrite):
    """A local Appwrite that counts its requests."""

    requests = 0

    def handle(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, strict: bool | None = None
    ) -> Response:
        self.requests += 1
        return super().handle(method, target, headers, body, strict=strict)


class Repeating(socketserver.ThreadingTCPServer):
    """Sends the bytes of the first response to each further read of the same rows; the app responds to the rest."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, app: LocalAppwrite, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.app = app
        self.tls = tls
        self.sent: dict[str, bytes] = {}
        self.requests = self.connections = 0

    @property
    def endpoint(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.server_address[1]}/v1"


class _Connection(socketserver.BaseRequestHandler):
    server: Repeating

    def handle(self) -> None:
        with suppress(ConnectionResetError):  # of a client that has ended
            self._serve()

    def _serve(self) -> None:
        self.server.connections += 1
        connection: socket.socket = self.request
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.server.tls is not None:
            connection = self.server.tls.wrap_socket(connection, server_side=True)
        with closing(connection), connection.makefile("rb") as lines:
            while first := lines.readline():
                headers = {}
                while (line := lines.readline().strip()) != b"":
                    name, _, value = line.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                body = lines.read(int(headers.get("content-length", 0)))
                method, target, _ = first.decode("ascii").split(" ")
                connection.sendall(self._response(method, target, headers, body))
                if headers.get("connection") == "close":
                    return

    def _response(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
        self.server.requests += 1
        reads_rows = method == "GET" and "/rows" in target
        found = self.server.sent.get(target) if reads_rows else None
        if found is None:
            response = self.server.app.handle(method, target, headers, body)
            lines = [f"HTTP/1.1 {response.status} -", *(f"{name}: {value}" for name, value in response.headers.items())]
            head = "\r\n".join([*lines, f"content-length: {len(response.body)}", "", ""])
            found = head.encode("latin-1") + response.body
            if reads_rows:
                self.server.sent[target] = found
        return found


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("certificate", nargs="*", type=Path)
    parser.add_argument("--repeats", action="store_true")
    options = parser.parse_args(argv)
    with closing(Counting(options.file)) as app:
        if options.repeats:
            _repeat(app, options.certificate)
        else:
            with LocalServer(app, port=0) as server:
                print(server.endpoint, flush=True)
                _report(lambda: {"requests": app.requests})


def _repeat(app: LocalAppwrite, files: list[Path]) -> None:
    tls = None
    if files:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*files)
    with Repeating(app, tls) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.endpoint, flush=True)
        _report(lambda: {"requests": server.requests, "connections": server.connections})
        server.shutdown()


def _report(counts: Callable[[], dict[str, int]]) -> None:
    for _ in sys.stdin:
        print(json.dumps(counts()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
