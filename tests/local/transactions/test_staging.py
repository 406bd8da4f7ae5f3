"""Responses of staging, and reads inside a transaction.

The rules are those of the server's source where it says more than the recordings.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.local_client import Client, query, stage_operations

COLUMNS: list[dict[str, Any]] = [
    {"key": "name", "type": "string", "size": 20},
    {"key": "n", "type": "integer"},
    {"key": "tags", "type": "string", "size": 9, "array": True},
]


@pytest.fixture
def rows(appwrite: Client) -> str:
    rows = appwrite.table(COLUMNS)
    appwrite(f"POST {rows}", {"rowId": "old", "data": {"name": "Old", "n": 1}})
    return rows


@pytest.mark.parametrize(
    ("filter", "fits"),
    [
        (query("equal", "n", 5), True),
        (query("equal", "name", "new"), False),  # letter case counts
        (query("notEqual", "n", 6), True),
        (query("lessThan", "n", 9), True),
        (query("greaterThanEqual", "n", 5), True),
        (query("between", "n", 1, 4), False),
        (query("startsWith", "name", "Ne"), True),
        (query("endsWith", "name", "W"), False),
        (query("isNull", "n"), False),
        (query("contains", "tags", "a"), True),
        (query("contains", "name", "e"), False),  # of lists alone
        (query("notStartsWith", "name", "Ne"), True),  # methods it does not know leave every row in
        (query("or", "", query("equal", "n", 6), query("equal", "n", 7)), True),
    ],
)
def test_totals_count_staged_rows_that_match(appwrite: Client, rows: str, filter: dict[str, Any], fits: bool) -> None:
    outside = appwrite(f"GET {rows}", queries=[filter])["total"]
    data = {"name": "New", "n": 5, "tags": ["a"]}
    transaction = stage_operations(appwrite, {"action": "create", "rowId": "new", "data": data})
    assert appwrite(f"GET {rows}?transactionId={transaction}", queries=[filter])["total"] == outside + fits


@pytest.mark.parametrize(
    ("filter", "fits"),
    [
        (query("notEqual", "n", 5), True),
        (query("lessThan", "n", 5), True),
        (query("lessThan", "name", "a"), True),
        (query("greaterThan", "n", 5), False),
        (query("isNotNull", "n"), False),
    ],
)
def test_a_missing_staged_value_counts_as_null_in_php_comparison(
    appwrite: Client, rows: str, filter: dict[str, Any], fits: bool
) -> None:
    outside = appwrite(f"GET {rows}", queries=[filter])["total"]
    transaction = stage_operations(appwrite, {"action": "create", "rowId": "new", "data": {"tags": []}})
    assert appwrite(f"GET {rows}?transactionId={transaction}", queries=[filter])["total"] == outside + fits


def test_a_total_counts_an_upserted_row_beyond_the_page_as_new(appwrite: Client, rows: str) -> None:
    appwrite(f"POST {rows}", {"rowId": "older", "data": {"n": 2}})
    transaction = stage_operations(appwrite, {"action": "upsert", "rowId": "old", "data": {"$id": "old", "n": 5}})
    whole = f"GET {rows}?transactionId={transaction}"
    assert appwrite(whole)["total"] == 2
    assert appwrite(whole, queries=[query("offset", "", 1)])["total"] == 3


def test_a_staged_upsert_discards_earlier_operations_of_its_row(appwrite: Client, rows: str) -> None:
    transaction = stage_operations(
        appwrite,
        {"action": "create", "rowId": "new", "data": {"name": "N", "n": 1}},
        {"action": "upsert", "rowId": "new", "data": {"$id": "new", "n": 2}},
    )
    seen = appwrite(f"GET {rows}/new?transactionId={transaction}")
    assert (seen["n"], "name" in seen) == (2, False)


def test_an_upsert_is_staged_with_the_permissions_the_row_has(appwrite: Client, rows: str) -> None:
    appwrite(f"PATCH {rows}/old", {"permissions": ['read("any")']})
    transaction = appwrite("POST /transactions", {})["$id"]
    staged = appwrite(f"PUT {rows}/old", {"data": {"n": 2}, "transactionId": transaction})
    assert staged["$permissions"] == ['read("any")']
    staged = appwrite(f"PUT {rows}/old", {"data": {"n": 3}, "permissions": [], "transactionId": transaction})
    assert staged["$permissions"] == []
    appwrite(f"PATCH /transactions/{transaction}", {"commit": True})
    assert appwrite(f"GET {rows}/old")["$permissions"] == []


@pytest.mark.parametrize("row", [{"$id": "_bad"}, {"$id": 5}, {"$permissions": ["nonsense"]}])
def test_staged_bulk_creations_have_ids_and_permissions(appwrite: Client, rows: str, row: dict[str, Any]) -> None:
    transaction = appwrite("POST /transactions", {})["$id"]
    body = {"rows": [{"n": 1}, {"n": 2, **row}], "transactionId": transaction}
    assert appwrite.refusal(f"POST {rows}", body) == (400, "general_bad_request")
    appwrite(f"POST {rows}", {"rows": [{"n": 1}, {"$id": "b", "n": 2}], "transactionId": transaction})
    inside = appwrite(f"GET {rows}?transactionId={transaction}")["rows"]
    assert [len(row["$id"]) for row in inside] == [3, 20, 1]


def test_bulk_calls_are_not_staged_where_there_are_relationships(appwrite: Client, rows: str) -> None:
    appwrite("POST /d/tables", {"tableId": "u", "name": "u"})
    appwrite("POST /d/tables/t/columns/relationship", {"relatedTableId": "u", "type": "oneToOne", "key": "other"})
    transaction = appwrite("POST /transactions", {})["$id"]
    for method, body in (("POST", {"rows": [{"n": 1}]}), ("PUT", {"rows": [{"n": 1}]}), ("PATCH", {"data": {"n": 1}})):
        refused = appwrite.refusal(f"{method} {rows}", {**body, "transactionId": transaction})
        assert refused == (400, "general_bad_request")


@pytest.mark.parametrize(
    "operation",
    [
        {"action": "delete", "rowId": "old", "data": "text"},
        {"action": "delete", "rowId": "old", "data": None},
        {"action": "bulkCreate", "rowId": "", "data": []},
        {"action": "upsert", "rowId": " ", "data": {}},
        {"action": "increment", "rowId": "old", "data": {"column": "n", "value": None}},
    ],
)
def test_operations_of_another_shape_are_refused(appwrite: Client, rows: str, operation: dict[str, Any]) -> None:
    transaction = stage_operations(
        appwrite, {"action": "create", "rowId": "x", "data": []}
    )  # an empty list is an empty object
    body = {"operations": [{"databaseId": "d", "tableId": "t", **operation}]}
    refused = appwrite.refusal(f"POST /transactions/{transaction}/operations", body)
    assert refused == (400, "general_argument_invalid")


@pytest.mark.parametrize(
    ("line", "body", "expected"),
    [
        ("PATCH", {"data": {"n": 1}, "queries": ["no query"]}, "general_query_invalid"),
        ("DELETE", {"queries": ["no query"]}, "general_query_invalid"),
        ("PATCH", {"data": {"$permissions": ["nonsense"]}}, "general_bad_request"),
    ],
)
def test_bulk_calls_are_checked_alike_whether_staged_or_not(
    appwrite: Client, rows: str, line: str, body: dict[str, Any], expected: str
) -> None:
    transaction = appwrite("POST /transactions", {})["$id"]
    for more in ({}, {"transactionId": transaction}):
        assert appwrite.refusal(f"{line} {rows}", {**body, **more}) == (400, expected)
    assert appwrite(f"GET /transactions/{transaction}")["operations"] == 0


@pytest.mark.parametrize(
    ("line", "body", "over"),
    [
        ("POST", {"rows": [{"n": 1}]}, (400, "transaction_not_ready")),
        ("PUT", {"rows": [{"n": 1}]}, (400, "general_bad_request")),
        ("PATCH", {"data": {"n": 1}}, (400, "general_bad_request")),
        ("DELETE", {}, (400, "general_bad_request")),
    ],
)
def test_operations_of_an_ended_transaction_are_refused(
    appwrite: Client, rows: str, line: str, body: dict[str, Any], over: tuple[int, str]
) -> None:
    transaction = appwrite("POST /transactions", {})["$id"]
    appwrite(f"PATCH /transactions/{transaction}", {"rollback": True})
    assert appwrite.refusal(f"{line} {rows}", {**body, "transactionId": transaction}) == over
    assert appwrite(f"GET {rows}")["total"] == 1
