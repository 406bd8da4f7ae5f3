"""Numbers for primary keys that count by themselves.

`BigAutoField` takes the microseconds since 1970, never one twice in a process: 16 digits, which JavaScript passes on.
`AutoField` and `SmallAutoField` count: each process takes blocks of numbers from a row of the table `django_counters`.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from django.db import models

from ...connection import Connection
from ...exceptions import Conflict, NotFound
from ...integrity import NO_ROW_TO_INCREMENT
from ...plans import Clause, CreateRow, IncrementRow, ListRows, Request, TableRef, UpdateRow
from ...sansio import Operation
from ...threads import register_after_fork
from ..columns import ROW_ID
from ..names import COUNTERS

COUNTER = "last"
# Automatic primary keys that a process reserves at a time.
BLOCK = 100


class _Clock:
    """Microseconds, each once in this process."""

    def __init__(self) -> None:
        self._last = 0
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    def next(self, count: int) -> range:
        with self._lock:
            first = max(time.time_ns() // 1000, self._last + 1)
            self._last = first + count - 1
        return range(first, first + count)


class _Counters:
    """The blocks of numbers that this process has taken, by table."""

    def __init__(self) -> None:
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[tuple[Any, ...], range] = {}

    def take(self, key: tuple[Any, ...], count: int) -> range | None:
        """Return so many numbers of the block, or None if it has not as many left."""
        with self._lock:
            left = self._left.get(key, range(0))
            if len(left) < count:
                return None
            self._left[key] = left[count:]
            return left[:count]

    def add(self, key: tuple[Any, ...], block: range) -> None:
        with self._lock:
            self._left[key] = block

    def drop_up_to(self, key: tuple[Any, ...], highest: int) -> None:
        with self._lock:
            left = self._left.get(key, range(0))
            self._left[key] = range(max(left.start, highest + 1), left.stop)

    def clear(self) -> None:
        with self._lock:
            self._left.clear()


clock = _Clock()
counters = _Counters()


def new_numbers(field: models.Field[Any, Any], connection: Connection, table: TableRef, count: int) -> Operation[range]:
    """Return `count` numbers for new rows of `table`, whose primary key is `field`.

    Raises `NotFound` if the table of the counters is not there.
    """
    if isinstance(field, models.BigAutoField):
        return clock.next(count)
    key = (connection.settings.server, connection.settings.project_id, table)
    numbers = counters.take(key, count)
    if numbers is None:
        size = max(BLOCK, count)
        last = yield from _increased(connection, table, size)
        counters.add(key, range(last - size + 1, last + 1))
        numbers = counters.take(key, count) or range(last - size + 1, last - size + 1 + count)
    return numbers


def skip_taken(field: models.Field[Any, Any], connection: Connection, table: TableRef) -> Operation[None]:
    """Go on counting after the highest number of the table: one of those that were next is taken."""
    if isinstance(field, models.BigAutoField):
        return
    key = (connection.settings.server, connection.settings.project_id, table)
    highest = yield from _highest(connection, table)
    last = yield from _increased(connection, table, 0)
    if last < highest:
        yield from connection.send(UpdateRow(_counters_of(table), table.table, {COUNTER: highest}).request)
    counters.drop_up_to(key, highest)


def _counters_of(table: TableRef) -> TableRef:
    return TableRef(table.database, COUNTERS)


def _increased(connection: Connection, table: TableRef, by: int) -> Operation[int]:
    """Increase the counter of `table`, which is made where there is none, and return its value."""
    ref = _counters_of(table)
    while True:
        try:
            if by == 0:
                raw = (yield from connection.send(Request("GET", ref.row(table.table)))).data
            else:
                plan = IncrementRow(ref, table.table, {COUNTER: ""}, by)
                raw = (yield from connection.send(plan.request)).data
            return int(raw[COUNTER])
        except NotFound as error:
            if error.type not in NO_ROW_TO_INCREMENT:
                raise
        start = yield from _highest(connection, table)
        try:
            yield from connection.send(CreateRow(ref, table.table, {COUNTER: start + by}).request)
        except Conflict:  # another process was faster
            continue
        return start + by


def _highest(connection: Connection, table: TableRef) -> Operation[int]:
    """Return the highest number among the ids of the rows of `table`; 0 without rows."""
    plan = ListRows(table, order=(Clause("orderDesc", ROW_ID),), limit=1, select=(ROW_ID,))
    rows = (yield from connection.follow(plan.fetch())).data["rows"]
    return int(rows[0][ROW_ID]) if rows and rows[0][ROW_ID].isdigit() else 0
