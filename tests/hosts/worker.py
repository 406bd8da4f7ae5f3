"""What runs beside the site: `python -m tests.hosts.worker ROLE LOG [ADDRESS...]` until it is ended.

`worker` creates rows through the package, `console` without it. `visitors` read them over HTTP from the site's hosts,
at the addresses given. Each logs its calls, as `tests.cache.torture` does.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django


class Log:
    def __init__(self, file: Path) -> None:
        self._file = file.open("a", buffering=1)

    def note(self, kind: str, start: float, group: str, rows: list[str], status: str = "") -> None:
        self._file.write(json.dumps([kind, start, time.monotonic(), group, rows, "", status]) + "\n")


def work(log: Log) -> None:
    """Create rows in turns in the two tables."""
    from django_appwrite_orm.exceptions import AppwriteError
    from tests.hosts.tables import SECONDS, Message, Order

    number = 0
    while True:
        time.sleep(random.uniform(0.1, 0.4))
        table, start, number = (Order, Message)[number % 2], time.monotonic(), number + 1
        part = int(start // SECONDS)
        try:
            table.objects.create(id=f"w{number}", part=part)
        except AppwriteError as error:
            kind = "unclear" if error.unclear else "refused"
        else:
            kind = "wrote"
        log.note(kind, start, f"{table._meta.name}/{part}", [f"w{number}"])


def write_elsewhere(log: Log) -> None:
    """Create rows by plain requests to Appwrite."""
    from tests.hosts.tables import SECONDS

    url = urlsplit(os.environ["APPWRITE_ENDPOINT"])
    headers = {"X-Appwrite-Project": "local", "X-Appwrite-Key": "local", "Content-Type": "application/json"}
    number = 0
    while True:
        time.sleep(0.5)
        start, number = time.monotonic(), number + 1
        part = int(start // SECONDS)
        body = json.dumps({"rowId": f"c{number}", "data": {"part": part}})
        path = f"{url.path}/tablesdb/shop/tables/elsewhere/rows"
        status, _ = ask(str(url.hostname), url.port or 80, "POST", path, body, headers)
        log.note("wrote" if status == 201 else "unclear", start, f"elsewhere/{part}", [f"c{number}"])


def visit(log: Log, address: str) -> None:
    """Read rows of the present part and of the one before, of any table."""
    from tests.hosts.tables import SECONDS, TABLES

    while True:
        time.sleep(random.uniform(0.01, 0.05))
        start, table = time.monotonic(), random.choice(list(TABLES))
        part = int(start // SECONDS) - (random.random() < 0.3)
        status, found = ask(address, 8000, "GET", f"/{table}/{part}/")
        if status == 200:
            log.note("read", start, f"{table}/{part}", found["rows"], found["status"])
        else:
            log.note("failed", start, f"{table}/{part}", [], f"{status}")


def ask(host: str, port: int, method: str, path: str, body: str | None = None, headers: Any = None) -> tuple[int, Any]:
    """Send one request; its status, 0 without a response, and what it returned."""
    connection = http.client.HTTPConnection(host, port, timeout=15)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        connection.close()


def main(role: str, log: str, *addresses: str) -> None:
    django.setup()
    tasks: list[Callable[[], None]] = []
    for index, address in enumerate(addresses):
        own = Log(Path(f"{log}-{index + 1}.log"))
        tasks += [lambda own=own, address=address: visit(own, address)] * 2  # type: ignore[misc]
    if not addresses:
        tasks = [lambda: {"worker": work, "console": write_elsewhere}[role](Log(Path(f"{log}.log")))]
    for task in tasks[1:]:
        threading.Thread(target=task, daemon=True).start()
    tasks[0]()


if __name__ == "__main__":
    main(*sys.argv[1:])
