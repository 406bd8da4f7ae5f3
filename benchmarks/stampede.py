"""How many requests 200 readers send who miss the same 25 rows at once, in one process and in four.

A request takes 20 ms longer than that of the store itself, as one to a server elsewhere would: so long are the rows
missing for those who come later. Of peers, and of `get_or_set`, the queries to the database are counted.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

from .cells import Cell, Number
from .groups import Goal
from .products import models, site, tables

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
        return _together(processes, READERS // processes, read, requests)

    return {measure: Number(lambda processes=processes: cold(processes)) for processes, measure in PROCESSES.items()}


def _counted_attempts(requests: Requests) -> Any:
    from django_appwrite_orm.transport.retry import Attempt

    perform = Attempt.perform

    def counted(attempt: Attempt) -> Any:
        requests.note()
        return perform(attempt)

    return mock.patch.object(Attempt, "perform", counted)


def _together(processes: int, threads: int, read: Read, requests: Requests) -> float:
    """Let so many threads of so many child processes read at once; return the number of their requests."""
    go, begin = os.pipe()
    ready, said = os.pipe()
    children = []
    for _ in range(processes):
        child = os.fork()
        if not child:
            _child(threads, read, requests, go, said)
        children.append(child)
    for _ in children:
        os.read(ready, 1)
    os.write(begin, b"." * processes)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    if any(statuses):
        raise RuntimeError(f"Processes of readers ended with {statuses}.")
    total = sum(int(line) for line in os.read(ready, 1_000).split())
    for pipe in (go, begin, ready, said):
        os.close(pipe)
    return float(total)


def _child(threads: int, read: Read, requests: Requests, go: int, said: int) -> None:
    """Read in so many threads, once the parent lets all children begin, and tell it the number of requests."""
    status = 1
    try:
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
        os.write(said, b".")
        os.read(go, 1)
        started.set()
        for reader in readers:
            reader.join()
        for error in errors[:1]:
            raise error
        os.write(said, f"{requests.number}\n".encode())
        status = 0
    except Exception as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(status)  # the parent closes what it has opened
