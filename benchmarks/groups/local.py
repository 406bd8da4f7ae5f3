"""The local Appwrite: in process with its data in memory or in a file, and over one kept-alive connection.

The figures of a real Appwrite stand beside it. They are not measured in this run, for it takes a dozen containers.
"""

from __future__ import annotations

import http.client
import itertools
import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.http.server import LocalServer

from ..cells import Cell, Timed
from . import SERVING, Goal

TITLE = "The local Appwrite"
IN_PROCESS = ["in process, memory", "in process, file"]
OVER_HTTP = "over HTTP, file"
REAL = "Appwrite 1.9.6, measured before"
CONTENDERS = {**dict.fromkeys(IN_PROCESS, "django_appwrite_orm"), OVER_HTTP: SERVING, REAL: "json"}
GET, CREATE, UPDATE, LIST, BULK, BOTH = (
    *("get by id", "create", "update", "list of 25"),
    *("bulk create of 100", "create and delete"),
)
TABLES = {"one call": {name: name for name in (GET, CREATE, UPDATE, LIST, BULK, BOTH)}}
BASE: dict[str, tuple[str, str]] = {}
GOALS: list[Goal] = []

HEADERS = {"x-appwrite-project": "local", "x-appwrite-key": "local", "content-type": "application/json"}
DATA = {"name": "Crème brûlée", "price": 4.5, "stock": 3, "added": "2026-01-02T03:04:05.678+00:00"}
COLUMNS = [
    {"key": "name", "type": "string", "size": 64, "required": True},
    {"key": "price", "type": "double"},
    {"key": "stock", "type": "integer", "min": 0},
    {"key": "added", "type": "datetime"},
]
# Medians in seconds of a self-hosted Appwrite 1.9.6 with MariaDB 10.11, over one kept-alive connection, on a machine
# with two cores. A deletion took 13.0 ms.
MEDIANS = {GET: 9.2e-3, CREATE: 9.6e-3, UPDATE: 12.5e-3, LIST: 12.8e-3, BULK: 35e-3, BOTH: 9.6e-3 + 13.0e-3}
Send = Callable[[str, str, bytes], tuple[int, bytes]]


@dataclass(frozen=True)
class Known:
    """A time by the clock that was measured elsewhere."""

    seconds: float

    def measure(self) -> dict[str, float]:
        return {"wall": self.seconds}


def prepare(name: str, stack: ExitStack) -> Mapping[str, Cell]:
    if name == REAL:
        return {measure: Known(seconds) for measure, seconds in MEDIANS.items()}
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    app = stack.enter_context(closing(LocalAppwrite(":memory:" if "memory" in name else folder / "bench.sqlite3")))
    send = (
        _over_http(stack.enter_context(LocalServer(app, port=0)).endpoint, stack) if name == OVER_HTTP else _direct(app)
    )

    def call(line: str, body: object = None) -> None:
        method, _, target = line.partition(" ")
        status, sent = send(method, "/v1/tablesdb" + target, b"" if body is None else json.dumps(body).encode())
        if status >= 300:
            raise RuntimeError(f"{line}: {status} {sent.decode()}")

    rows = "/bench/tables/t/rows"
    number = itertools.count()

    def create() -> str:
        row_id = f"r{next(number)}"
        call(f"POST {rows}", {"rowId": row_id, "data": DATA})
        return row_id

    def create_many() -> None:
        call(f"POST {rows}", {"rows": [{"$id": f"r{next(number)}", **DATA} for _ in range(100)]})

    call("POST ", {"databaseId": "bench", "name": "bench"})
    call("POST /bench/tables", {"tableId": "t", "name": "t", "columns": COLUMNS})
    create_many()
    return {
        GET: Timed(lambda: call(f"GET {rows}/r7")),
        CREATE: Timed(create),
        UPDATE: Timed(lambda: call(f"PATCH {rows}/r7", {"data": {"stock": next(number)}})),
        LIST: Timed(lambda: call(f"GET {rows}")),
        BULK: Timed(create_many),
        BOTH: Timed(lambda: call(f"DELETE {rows}/{create()}")),
    }


def _direct(app: LocalAppwrite) -> Send:
    def send(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        response = app.handle(method, path, HEADERS, body)
        return response.status, response.body

    return send


def _over_http(endpoint: str, stack: ExitStack) -> Send:
    address = urlsplit(endpoint)
    connection = stack.enter_context(closing(http.client.HTTPConnection(str(address.hostname), address.port)))

    def send(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        connection.request(method, path, body or None, HEADERS)
        response = connection.getresponse()
        return response.status, response.read()

    return send
