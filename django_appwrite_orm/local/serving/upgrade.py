"""cheroot's connections: how one is given away that turns into a websocket.

cheroot reads the request as it reads any other; what follows on the connection is not HTTP, so that its socket goes
to the realtime hub and the worker thread is free again. ``ConnectionClass`` and ``gateway`` are where cheroot lets
others take part.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

from cheroot.server import HTTPConnection
from cheroot.wsgi import Gateway_10, Server

from .reading import read_in_time
from .wsgi import request_headers, request_target

Take = Callable[[socket.socket, str, Mapping[str, str]], None]
REALTIME: Final = "/v1/realtime"


class _Connection(HTTPConnection):
    """A connection whose socket can be given away, and whose requests have to arrive in time."""

    def __init__(self, server: Server, sock: socket.socket, makefile: object = None) -> None:
        super().__init__(server, sock, read_in_time)

    def communicate(self) -> bool:
        self.rfile.raw.begin_request()
        return bool(super().communicate())  # type: ignore[no-untyped-call]

    def release(self) -> socket.socket:
        return socket.socket(fileno=self.socket.detach())

    def close(self) -> None:
        if self.socket.fileno() == -1:
            self.rfile.close()
        else:
            super().close()


def let_go_of_websockets(server: Server, take: Take, allowed: Callable[[Mapping[str, Any]], bool]) -> None:
    """From now on, give requests for a websocket at ``/v1/realtime`` to ``take``, where ``allowed`` says so."""

    class Gateway(Gateway_10):
        def respond(self) -> None:
            if not (_is_for_realtime(self.env) and allowed(self.env)):
                super().respond()
                return
            self.req.sent_headers = self.req.close_connection = True
            take(self.req.conn.release(), request_target(self.env), request_headers(self.env))

    server.ConnectionClass = _Connection
    server.gateway = Gateway


def _is_for_realtime(environ: Mapping[str, Any]) -> bool:
    upgrade = environ.get("HTTP_UPGRADE", "")
    return (environ["REQUEST_METHOD"], environ["PATH_INFO"], upgrade.lower()) == ("GET", REALTIME, "websocket")
