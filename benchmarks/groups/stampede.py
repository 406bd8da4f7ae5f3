"""How many requests 200 readers send who miss the same 25 rows at once, in one process and in four.

A request takes 20 ms longer than that of the store itself, as one to a server elsewhere would: so long are the rows
missing for those who come later. Of peers, and of `get_or_set`, the queries to the database are counted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

from ..cells import Cell, Number
from ..support.children import Work, in_children
from ..support.products import models, site, tables
from . import Goal

TITLE = "Cold readers at once"
READERS = 200
DELAY = 0.02
TABLE, MODEL, GET_OR_SET = "table", "model", "cache.get_or_set"
CONTENDERS = {
    TABLE: "django_appwrite_orm",
    MODEL: "django_appwrite_orm",
    "cachalot": "cachalot",
    "cacheops": "cacheops",
    GET_OR_SET: "django",
}
PROCESSES = {1: "1 process", 4: "4 processes"}
TABLES = {f"requests of {READERS} readers": {name: name for name in PROCESSES.values()}}
BASE: dict[str, tuple[str, str]] = {}
GOALS = [Goal((measure, name), at_most=1) for measure in PROCESSES.values() for name in (TABLE, MODEL)]

Read = Callable[[], object]


class Requests:
    """The requests of a process: counted, and delayed."""

    def __init__(self) -> None:
        self.number = 0
        self._lock = threading.Lock()

    def note(self) -> None:
        with self._lock:
            self.number += 1
        time.sleep(DELAY)

    def of_sql(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        self.note()
        return execute(sql, parameters, many, context)


def prepare(name: str, stack: ExitStack) -> dict[str, Cell]:
    on_appwrite = name in (TABLE, MODEL)
    own = site(stack, peer=name if name in ("cachalot", "cacheops") else "", on_appwrite=name == MODEL)
    products = (tables() if name == TABLE else models()).product.objects
    requests = Requests()
    if on_appwrite:
        stack.enter_context(_counted_attempts(requests))

    def rows() -> list[Any]:
        return list(products.all()[:25])

    def read() -> None:
        from django.core.cache import cache
        from django.db import connection

        with ExitStack() as inner:
            if not on_appwrite:
                inner.callback(connection.close)
                inner.enter_context(connection.execute_wrapper(requests.of_sql))
            if name == GET_OR_SET:
                cache.get_or_set("products", lambda: [row.name for row in rows()])
            else:
                rows()

    def cold(processes: int) -> float:
        import redis
        from django.db import connections

        connections.close_all()  # no child may use a connection of its parent
        with redis.Redis.from_url(own.redis) as client:
            client.flushall()
        return in_children(processes, lambda: _together(READERS // processes, read, requests))

    return {measure: Number(lambda processes=processes: cold(processes)) for processes, measure in PROCESSES.items()}


def _counted_attempts(requests: Requests) -> Any:
    from django_appwrite_orm.transport.retry import Attempt

    perform = Attempt.perform

    def counted(attempt: Attempt) -> Any:
        requests.note()
        return perform(attempt)

    return mock.patch.object(Attempt, "perform", counted)


def _together(threads: int, read: Read, requests: Requests) -> Work:
    """Return what lets so many threads read at once; it returns the number of their requests."""
    requests.number = 0
    started, errors = threading.Event(), []

    def run() -> None:
        started.wait()
        try:
            read()
        except Exception as error:
            errors.append(error)

    readers = [threading.Thread(target=run) for _ in range(threads)]
    for reader in readers:
        reader.start()

    def work() -> float:
        started.set()
        for reader in readers:
            reader.join()
        for error in errors[:1]:
            raise error
        return requests.number

    return work
