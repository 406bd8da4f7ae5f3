"""The server of the demo: it has its port, and shows how far the loading is, before there is anything else to show."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler, get_internal_wsgi_application

HOST = "127.0.0.1"
# Ports that are tried one after another where none is named.
PORTS = range(8000, 8010)

_PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <meta http-equiv="refresh" content="1">
  <title>Loading · django-appwrite-orm</title>
  <link rel="stylesheet" href="/static/style.css">
</head>
<body>
  <main>
    <h1>The tour is being prepared</h1>
    <p class="lead">This page reloads itself, and becomes the tour when everything is there.</p>
    <ol role="status">{steps}</ol>
  </main>
</body>
</html>
"""


class PortTaken(Exception):
    """Another program has the port."""


class DemoServer:
    """A threaded server of Django's. `steps` are what the page says while the site is being prepared."""

    def __init__(self, port: int | None) -> None:
        self.steps: list[str] = []
        self.is_ready = False
        self._site: Callable[..., Iterable[bytes]] = get_internal_wsgi_application()
        self._server = _bound(port)
        self._server.daemon_threads = True
        self._server.set_app(self._respond)

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def start(self) -> threading.Thread:
        """Serve in a thread, which ends with the process or with `close`."""
        # Seconds between two looks whether to end: those for which Ctrl-C waits.
        options = {"poll_interval": 0.1}
        thread = threading.Thread(target=self._server.serve_forever, kwargs=options, name="demo-server", daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """End serving, and give the port back."""
        self._server.shutdown()
        self.release()

    def release(self) -> None:
        """Give the port back, where nothing was served."""
        self._server.server_close()

    def _respond(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self.is_ready or environ.get("PATH_INFO", "").startswith("/static/"):
            return self._site(environ, start_response)
        page = _PAGE.format(steps="".join(f"<li>{escape(step)}</li>" for step in self.steps)).encode()
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(page)))]
        start_response("503 Service Unavailable", [*headers, ("Retry-After", "1"), ("Cache-Control", "no-store")])
        return [page]


def _bound(port: int | None) -> ThreadedWSGIServer:
    """A server that has its port: the one that is named, or the first free one. Raises `PortTaken`."""
    for candidate in PORTS if port is None else [port]:
        try:
            return ThreadedWSGIServer((HOST, candidate), WSGIRequestHandler)
        except OSError as error:
            problem = error
        except OverflowError:
            raise PortTaken(f"{port} is not a port: use a number from 0 to 65535.") from None
    if port is None:
        raise PortTaken(f"The ports {PORTS[0]} to {PORTS[-1]} are all taken. Name a free one: --port 9000.")
    raise PortTaken(
        f"Port {port} of {HOST} cannot be used: {problem.strerror or problem}. Leave out --port, and the first free"
        f" one from {PORTS[0]} to {PORTS[-1]} is taken."
    )
