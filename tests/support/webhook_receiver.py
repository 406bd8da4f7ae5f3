"""Where webhooks call in tests: a server that keeps what it gets and answers to order."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Delivery:
    """One request as it came; ``headers`` in their order."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def names(self) -> list[str]:
        return self.headers["X-Appwrite-Webhook-Events"].split(",")


@dataclass
class Receiver:
    """``status`` is what the next deliveries are answered with. They wait for ``gate``."""

    url: str = ""
    status: int = 204
    deliveries: list[Delivery] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)
    gate: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, count: int) -> list[Delivery]:
        """The deliveries, as soon as there are so many."""
        return self.wait_until(lambda: len(self.deliveries) >= count)

    def wait_until(self, true: Callable[[], bool]) -> list[Delivery]:
        with self.came:
            assert self.came.wait_for(true, timeout=60), [delivery.names[0] for delivery in self.deliveries]
            return list(self.deliveries)


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.gate.wait(20)
            with receiver.came:
                receiver.deliveries.append(Delivery(self.path, dict(self.headers.items()), body))
                receiver.came.notify_all()
            self.send_response(receiver.status)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"so.")

        def log_message(self, *given: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
