"""The requests of write plans, alone and in a transaction."""

from __future__ import annotations

import pytest

from django_appwrite_orm.plans import (
    Clause,
    CreateRow,
    CreateRows,
    DeleteRow,
    DeleteRows,
    GetRow,
    IncrementRow,
    TableRef,
    UpdateRow,
    UpdateRows,
    WritePlan,
    end_transaction,
    stage_operations,
    staged,
)

TABLE = TableRef("d", "t")
ROWS = "/tablesdb/d/tables/t/rows"
FILTER = Clause("isNull", "a")


@pytest.mark.parametrize(
    ("plan", "method", "path", "body", "repeatable"),
    [
        (CreateRow(TABLE, "r", {"a": 1}), "POST", ROWS, {"rowId": "r", "data": {"a": 1}}, True),
        (CreateRow(TABLE, "r", {}, ()), "POST", ROWS, {"rowId": "r", "data": {"$id": "r"}, "permissions": []}, True),
        (CreateRows(TABLE, ({"$id": "r", "a": 1},)), "POST", ROWS, {"rows": [{"$id": "r", "a": 1}]}, True),
        (IncrementRow(TABLE, "r", {"n": ""}, 2), "PATCH", f"{ROWS}/r/n/increment", {"value": 2}, False),
        (IncrementRow(TABLE, "r", {"n": ""}, -0.5), "PATCH", f"{ROWS}/r/n/decrement", {"value": 0.5}, False),
        (UpdateRow(TABLE, "r", {"a": None}), "PATCH", f"{ROWS}/r", {"data": {"a": None}}, False),
        (UpdateRow(TABLE, "r", {}, ("x",)), "PATCH", f"{ROWS}/r", {"permissions": ["x"]}, False),
        (UpdateRows(TABLE, {"a": 1}, (FILTER,)), "PATCH", ROWS, {"data": {"a": 1}, "queries": [str(FILTER)]}, False),
        (DeleteRow(TABLE, "r"), "DELETE", f"{ROWS}/r", {}, False),
        (DeleteRows(TABLE, (FILTER,)), "DELETE", ROWS, {"queries": [str(FILTER)]}, False),
    ],
    ids=lambda one: type(one).__name__ if hasattr(one, "request") else "",
)
def test_each_write_plan_is_one_request(plan: WritePlan, method: str, path: str, body: dict, repeatable: bool) -> None:
    request = plan.request
    assert (request.method, request.path, request.body, request.repeatable) == (method, path, body, repeatable)
    inside = staged(request, "tx")
    assert inside.body == {**body, "transactionId": "tx"}
    # A second staged copy would be a duplicate at the commit.
    assert not inside.repeatable


def test_a_read_inside_a_transaction_carries_its_id() -> None:
    request = staged(next(GetRow(TABLE, "r", ("a",)).fetch()), "tx")
    assert request.query[-1] == ("transactionId", "tx")
    assert request.body is None


def test_requests_that_stage_commit_and_roll_back() -> None:
    operations = [UpdateRow(TABLE, "r", {"a": 1}).operation, UpdateRow(TABLE, "s", {}, ("x",)).operation]
    request = stage_operations("tx", operations)
    where = {"action": "update", "databaseId": "d", "tableId": "t"}
    assert request.path == "/tablesdb/transactions/tx/operations"
    assert request.body == {
        "operations": [
            {**where, "rowId": "r", "data": {"a": 1}},
            {**where, "rowId": "s", "data": {"$permissions": ["x"]}},
        ]
    }
    assert end_transaction("tx", commit=True).body == {"commit": True}
    assert end_transaction("tx", commit=False).body == {"rollback": True}
