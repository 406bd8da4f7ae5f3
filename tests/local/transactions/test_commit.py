"""Transactions: staged, visible inside, committed as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.local_client import Client, numbers_by_id, stage_operations


@pytest.fixture
def rows(appwrite: Client) -> str:
    rows = appwrite.table([{"key": "n", "type": "integer", "required": True}])
    appwrite(f"POST {rows}", {"rows": [{"$id": f"r{i}", "n": i} for i in range(3)]})
    return rows


def test_a_commit_writes_everything(appwrite: Client, rows: str) -> None:
    transaction = stage_operations(
        appwrite,
        {"action": "create", "rowId": "new", "data": {"n": 10}},
        {"action": "update", "rowId": "r0", "data": {"n": 20}},
        {"action": "increment", "rowId": "r1", "data": {"column": "n", "value": 5}},
        {"action": "delete", "rowId": "r2"},
    )
    assert numbers_by_id(appwrite, rows) == {"r0": 0, "r1": 1, "r2": 2}
    assert appwrite(f"GET {rows}/new?transactionId={transaction}")["n"] == 10
    assert appwrite.refusal(f"GET {rows}/r2?transactionId={transaction}") == (404, "row_not_found")
    assert appwrite(f"PATCH /transactions/{transaction}", {"commit": True})["status"] == "committed"
    assert numbers_by_id(appwrite, rows) == {"r0": 20, "r1": 6, "new": 10}
    assert appwrite.refusal(f"PATCH /transactions/{transaction}", {"commit": True}) == (400, "transaction_not_ready")


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({"action": "create", "rowId": "x", "data": {"n": "many"}}, (400, "document_invalid_structure")),
        ({"action": "create", "rowId": "r1", "data": {"n": 1}}, (409, "transaction_conflict")),
        ({"action": "increment", "rowId": "r1", "data": {"column": "nope"}}, (404, "document_not_found")),
        ({"action": "bulkCreate", "data": [{"$id": "y", "n": 1}, {"$id": "z"}]}, (400, "document_invalid_structure")),
        ({"action": "bulkDelete", "data": {"queries": ["no json"]}}, (400, "general_query_invalid")),
    ],
)
def test_a_failed_commit_writes_nothing(appwrite: Client, rows: str, bad: Any, expected: tuple[int, str]) -> None:
    transaction = stage_operations(appwrite, {"action": "update", "rowId": "r0", "data": {"n": 9}}, bad)
    assert appwrite.refusal(f"PATCH /transactions/{transaction}", {"commit": True}) == expected
    assert numbers_by_id(appwrite, rows) == {"r0": 0, "r1": 1, "r2": 2}
    assert appwrite(f"GET /transactions/{transaction}")["status"] == "failed"


@pytest.mark.parametrize("action", ["update", "delete", "bulkUpdate"])
def test_a_change_outside_is_a_conflict(appwrite: Client, rows: str, action: str) -> None:
    data: Any = {"n": 9} if action == "update" else {"queries": [], "data": {"n": 9}}
    transaction = stage_operations(appwrite, {"action": action, "rowId": "r0", "data": data})
    appwrite(f"PATCH {rows}/r0", {"data": {"n": 100}})
    refused = appwrite.refusal(f"PATCH /transactions/{transaction}", {"commit": True})
    assert refused == (409, "transaction_conflict")
    assert numbers_by_id(appwrite, rows)["r0"] == 100


def test_increments_do_not_conflict(appwrite: Client, rows: str) -> None:
    transaction = stage_operations(appwrite, {"action": "increment", "rowId": "r0", "data": {"column": "n"}})
    appwrite(f"PATCH {rows}/r0/n/increment", {"value": 10})
    appwrite(f"PATCH /transactions/{transaction}", {"commit": True})
    assert numbers_by_id(appwrite, rows)["r0"] == 11


def test_a_row_changed_twice_in_a_transaction_is_not_a_conflict(appwrite: Client, rows: str) -> None:
    transaction = stage_operations(
        appwrite,
        {"action": "update", "rowId": "r0", "data": {"n": 5}},
        {"action": "update", "rowId": "r0", "data": {"n": 6}},
        {"action": "delete", "rowId": "r0"},
    )
    appwrite(f"PATCH /transactions/{transaction}", {"commit": True})
    assert "r0" not in numbers_by_id(appwrite, rows)


def test_a_rollback_discards_staged_operations(appwrite: Client, rows: str) -> None:
    transaction = stage_operations(appwrite, {"action": "delete", "rowId": "r0"})
    assert appwrite(f"PATCH /transactions/{transaction}", {"rollback": True})["status"] == "failed"
    assert numbers_by_id(appwrite, rows) == {"r0": 0, "r1": 1, "r2": 2}


def test_an_expired_transaction_neither_stages_nor_commits(
    appwrite: Client, rows: str, pass_time: Callable[[float], None]
) -> None:
    transaction = appwrite("POST /transactions", {"ttl": 60})["$id"]
    operation = {"databaseId": "d", "tableId": "t", "action": "update", "rowId": "r0", "data": {"n": 20}}
    appwrite(f"POST /transactions/{transaction}/operations", {"operations": [operation]})
    pass_time(59)
    appwrite(f"POST /transactions/{transaction}/operations", {"operations": [operation]})
    pass_time(2)
    for line, body in (
        (f"POST /transactions/{transaction}/operations", {"operations": [operation]}),
        (f"PATCH /transactions/{transaction}", {"commit": True}),
    ):
        assert appwrite.refusal(line, body)[1] == "transaction_expired"
    assert numbers_by_id(appwrite, rows)["r0"] == 0


def test_a_transaction_has_at_most_100_operations(appwrite: Client, rows: str) -> None:
    create = [{"action": "create", "rowId": f"x{i}", "data": {"n": i}} for i in range(100)]
    transaction = stage_operations(appwrite, *create)
    body = {"rowId": "over", "data": {"n": 1}, "transactionId": transaction}
    assert appwrite.refusal(f"POST {rows}", body) == (400, "transaction_limit_exceeded")
