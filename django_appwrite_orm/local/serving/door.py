"""The HTTP door: threads, keep-alive and parsing are cheroot's, the answers ours.

cheroot and waitress were measured side by side (a get by id over one connection: 0.85 and 0.91 ms at the median,
p99 4.1 and 7.8 ms; eight connections: 4.2 and 5.4 ms), hence cheroot.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Collection
from functools import partial
from types import TracebackType
from typing import Any, Final

from ..server import PROJECT, LocalAppwrite
from ..webhooks.deliveries import Deliveries
from .wsgi import ANY_HOST, is_for, wsgi_application

LOOPBACK: Final[Collection[str]] = ("localhost", "127.0.0.1", "::1")
USUAL_PORT: Final = 9501
USUAL_THREADS: Final = 16
_QUEUE: Final = 128  # connections waiting to be accepted
_LONGEST_HEAD: Final = 4 * 1024 * 1024  # bytes; 100 queries of 4,096 characters in a URL take some 1.2 million


class MissingServer(RuntimeError):
    """The library that serves HTTP is not installed."""


class Door:
    """Serves ``app`` at ``host`` and ``port`` (0: any free one) once it is started; a context manager that stops.

    Besides HTTP it calls the webhooks and serves realtime, for what is changed through it. On a loopback address it
    answers for loopback names only (see ``wsgi_application``).
    """

    def __init__(
        self, app: LocalAppwrite, host: str = "127.0.0.1", port: int = USUAL_PORT, threads: int = USUAL_THREADS
    ) -> None:
        try:
            library: Any = importlib.import_module("cheroot.wsgi")
            from ..realtime.hub import Hub
            from .upgrade import let_go_of_websockets
        except ImportError as problem:
            raise MissingServer(
                "Serving needs cheroot and websockets: pip install 'cheroot>=11' 'websockets>=15'"
            ) from problem
        hosts = LOOPBACK if host in LOOPBACK else ANY_HOST
        self._server = library.Server(
            (host, port), wsgi_application(app, hosts), numthreads=threads, request_queue_size=_QUEUE
        )
        self._server.max_request_header_size = _LONGEST_HEAD
        self._deliveries = Deliveries(app.store, PROJECT)
        self._hub = Hub(app.store, PROJECT)
        let_go_of_websockets(self._server, self._hub.take, partial(is_for, hosts))
        self._server.prepare()
        self._thread: threading.Thread | None = None

    @property
    def endpoint(self) -> str:
        """The address clients are given, with ``/v1``."""
        host, port = self._server.bind_addr[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(target=self._serve, name="local-appwrite", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until it no longer serves. A signal that raises is raised here, never amid a connection."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(1)  # without a limit nothing would come through on Windows

    def close(self) -> None:
        self._server.stop()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _serve(self) -> None:
        self._deliveries.start()
        self._hub.start()
        try:
            self._server.serve()
        finally:
            self._hub.stop()
            self._deliveries.stop()

    def __enter__(self) -> Door:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
