"""How many requests a migration has in flight: columns of one table, and several tables."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.plans import Request
from django_appwrite_orm.transport.client import Reply
from django_appwrite_orm.transport.retry import Attempt
from tests.support.costs import counted
from tests.support.migrations import answering, columns_of, migrated, table


def wide(id: str = "things", count: int = 8) -> type[Table]:
    return table(id, **{f"c{number}": columns.Varchar(size=9) for number in range(count)})


def meeting(at: threading.Barrier) -> Callable[[Request, Reply], Reply]:
    """Delay responses for columns until as many requests are in flight as the barrier counts."""

    def meet(request: Request, reply: Reply) -> Reply:
        if request.path.endswith("/columns/varchar"):
            at.wait()
        return reply

    return meet


def test_columns_of_one_table_are_sent_concurrently_under_one_fence() -> None:
    with counted() as costs, answering(meeting(threading.Barrier(4, timeout=60))):
        lines = migrated(wide())
    assert sum("/columns/varchar" in one for one in costs.requests) == 8
    assert costs.cache.count("add") == 1, "one fence for all of them"
    assert sorted(columns_of()) == [f"c{number}" for number in range(8)]
    assert sum(line.startswith("Add column") for line in lines) == 8
    with counted() as costs:
        for _ in range(3):
            list(wide().objects.all())
    assert len(costs.requests) == 1, "no in-doubt marker is left that keeps results out of the cache"


def test_two_tables_share_the_limit_of_concurrent_requests() -> None:
    most = {"now": 0, "peak": 0}
    lock, perform = threading.Lock(), Attempt.perform

    def performed(self: Attempt) -> Any:
        with lock:
            most["now"] += 1
            most["peak"] = max(most.values())
        try:
            return perform(self)
        finally:
            with lock:
                most["now"] -= 1

    with mock.patch.object(Attempt, "perform", performed):
        migrated(wide("one"), wide("two"))
    assert most["peak"] <= 4


def test_a_refused_column_is_named_and_the_others_are_added() -> None:
    def refuse(request: Request, reply: Reply) -> Reply:
        if (request.body or {}).get("key") == "c3":
            text = '{"message": "no room", "type": "column_limit_exceeded", "code": 400}'
            return reply._replace(status=400, text=text)
        return reply

    with answering(refuse), pytest.raises(SchemaError, match=r"Could not add column things\.c3 .* no room"):
        migrated(wide())
    assert len(columns_of()) == 8  # the server had made it; another run finds it there
    assert migrated(wide()) == []
