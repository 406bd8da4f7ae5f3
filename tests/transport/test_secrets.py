"""A server that shows the request in its error page does not get the key into our messages."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from django_appwrite_orm.exceptions import AppwriteError
from django_appwrite_orm.plans import Request
from django_appwrite_orm.steps import arun, run
from django_appwrite_orm.transport import Client, exchange

KEY = "standard_" + "0123456789abcdef" * 8


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"message": f"not today: {self.headers}", "type": "x", "code": 418}).encode()
        self.send_response(418)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def client() -> Iterator[Client]:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        made = Client(endpoint=f"http://127.0.0.1:{server.server_port}/v1", project_id="p", api_key=KEY)
        yield made
        made.close()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_key_is_hidden(client: Client, asynchronous: bool) -> None:
    def ask() -> None:
        steps = exchange(client, Request("GET", "/x"), timeout=5, retries=0)
        asyncio.run(arun(steps)) if asynchronous else run(steps)

    with pytest.raises(AppwriteError, match=r"(?s)not today.*\[hidden\]") as refused:
        ask()
    assert KEY not in str(refused.value)
