"""Medians of the local Appwrite's in-process door, in milliseconds: get, list, create, update, bulk create.

python benchmarks/local_in_process.py [FILE]
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

from django_appwrite_orm.local import LocalAppwrite

HEADERS = {"x-appwrite-project": "local", "x-appwrite-key": "local", "content-type": "application/json"}
ROUNDS = 1000


def median(action: Callable[[int], None], rounds: int = ROUNDS) -> float:
    """The median time of one call, in milliseconds."""
    times = []
    for number in range(rounds):
        start = time.perf_counter()
        action(number)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def main() -> None:
    app = LocalAppwrite(sys.argv[1] if len(sys.argv) > 1 else ":memory:")

    def call(line: str, body: object = None) -> None:
        method, _, target = line.partition(" ")
        sent = b"" if body is None else json.dumps(body).encode()
        answer = app.handle(method, "/v1/tablesdb" + target, HEADERS, sent)
        assert answer.status < 300, answer.body

    columns = [
        {"key": "name", "type": "string", "size": 64, "required": True},
        {"key": "price", "type": "double"},
        {"key": "stock", "type": "integer", "min": 0},
        {"key": "added", "type": "datetime"},
    ]
    rows = "/bench/tables/t/rows"
    data = {"name": "Crème brûlée", "price": 4.5, "stock": 3, "added": "2026-01-02T03:04:05.678+00:00"}
    call("POST ", {"databaseId": "bench", "name": "bench"})
    call("POST /bench/tables", {"tableId": "t", "name": "t", "columns": columns})
    results = {
        "create": median(lambda n: call(f"POST {rows}", {"rowId": f"r{n}", "data": data})),
        "get by id": median(lambda n: call(f"GET {rows}/r{n}")),
        "list of 25": median(lambda n: call(f"GET {rows}"), 200),
        "update": median(lambda n: call(f"PATCH {rows}/r{n}", {"data": {"stock": n + 10}})),
        "bulk create of 100": median(
            lambda n: call(f"POST {rows}", {"rows": [{"$id": f"b{n}-{i}", **data} for i in range(100)]}), 20
        ),
        "delete": median(lambda n: call(f"DELETE {rows}/r{n}")),
    }
    app.close()
    for name, milliseconds in results.items():
        print(f"{name:20} {milliseconds:8.3f} ms")


if __name__ == "__main__":
    main()
