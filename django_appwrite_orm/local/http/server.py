"""Start and stop of a local Appwrite on a port: HTTP, webhooks and realtime."""

from __future__ import annotations

import socket
import threading
from collections.abc import Collection
from types import TracebackType
from typing import Final

from ..app import PROJECT, LocalAppwrite
from ..webhooks.worker import WebhookWorker
from .event_loop import ConnectionServer

LOOPBACK: Final[Collection[str]] = ("localhost", "127.0.0.1", "::1")
ANY_HOST: Final[Collection[str]] = ()
DEFAULT_PORT: Final = 9501
DEFAULT_THREADS: Final = 16
_BACKLOG: Final = 128  # connections waiting to be accepted


class MissingServer(RuntimeError):
    """The library that serves realtime is not installed."""


class LocalServer:
    """Serves ``app`` at ``host`` and ``port`` (0: any free one); a context manager that starts and stops it.

    Besides HTTP it calls webhooks and serves realtime, for changes made through it. On a loopback address it answers
    for loopback names only: otherwise a page of another site could have a browser send requests to this server under
    a name of its own (DNS rebinding), and the key is public.
    """

    def __init__(
        self, app: LocalAppwrite, host: str = "127.0.0.1", port: int = DEFAULT_PORT, threads: int = DEFAULT_THREADS
    ) -> None:
        try:
            from ..realtime.hub import Hub
        except ImportError as problem:
            raise MissingServer("Serving needs websockets: pip install 'django-appwrite-orm[server]'") from problem
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        both = host == "::" and socket.has_dualstack_ipv6()
        self._listening = socket.create_server((host, port), family=family, backlog=_BACKLOG, dualstack_ipv6=both)
        self._address: tuple[str, int] = self._listening.getsockname()[:2]
        self._webhooks = WebhookWorker(app.store, PROJECT)
        self._hub = Hub(app.store, PROJECT)
        self._http = ConnectionServer(
            app, self._listening, threads, LOOPBACK if host in LOOPBACK else ANY_HOST, self._hub.take
        )
        self._thread: threading.Thread | None = None

    @property
    def endpoint(self) -> str:
        """The address for clients, with ``/v1``."""
        host, port = self._address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"

    def start(self) -> None:
        """Serve in a thread."""
        self._thread = threading.Thread(target=self._serve, name="local-appwrite", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until it stops serving. An exception of a signal handler is raised here, never in a connection."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(1)  # without a timeout, signals are not delivered on Windows

    def close(self) -> None:
        """Stop serving and close the port."""
        if self._thread is None:
            self._listening.close()
            return
        self._http.stop()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        self._webhooks.start()
        self._hub.start()
        try:
            self._http.run()
        finally:
            self._hub.stop()
            self._webhooks.stop()

    def __enter__(self) -> LocalServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
