"""Medians of the local Appwrite's HTTP door over one kept-alive connection, in milliseconds.

python benchmarks/local_http.py [FILE]
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.http.server import LocalServer

HEADERS = {"X-Appwrite-Project": "local", "X-Appwrite-Key": "local", "Content-Type": "application/json"}
DATA = {"name": "Crème brûlée", "price": 4.5, "stock": 3}


def median(action: Callable[[int], None], rounds: int) -> float:
    times = []
    for number in range(rounds):
        start = time.perf_counter()
        action(number)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def measure(endpoint: str) -> dict[str, float]:
    address = urlsplit(endpoint)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)

    def call(method: str, path: str, body: object = None) -> None:
        sent = None if body is None else json.dumps(body)
        connection.request(method, f"/v1/tablesdb{path}", sent, HEADERS)
        answer = connection.getresponse()
        answer.read()
        assert answer.status < 300, answer.status

    columns = [
        {"key": "name", "type": "string", "size": 64, "required": True},
        {"key": "price", "type": "double"},
        {"key": "stock", "type": "integer"},
    ]
    call("POST", "", {"databaseId": "bench", "name": "bench"})
    call("POST", "/bench/tables", {"tableId": "t", "name": "t", "columns": columns})
    rows = "/bench/tables/t/rows"
    results = {
        "create": median(lambda n: call("POST", rows, {"rowId": f"r{n}", "data": DATA}), 500),
        "get by id": median(lambda n: call("GET", f"{rows}/r{n % 500}"), 2000),
        "list of 25": median(lambda n: call("GET", rows), 300),
        "bulk create of 100": median(
            lambda n: call("POST", rows, {"rows": [{"$id": f"b{n}-{i}", **DATA} for i in range(100)]}), 20
        ),
    }
    connection.close()
    return results


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = LocalAppwrite(sys.argv[1] if len(sys.argv) > 1 else Path(folder) / "bench.sqlite3")
        with LocalServer(app, port=0) as door:
            for name, milliseconds in measure(door.endpoint).items():
                print(f"{name:20} {milliseconds:8.3f} ms")
        app.close()


if __name__ == "__main__":
    main()
