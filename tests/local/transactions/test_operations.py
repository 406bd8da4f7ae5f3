"""Operations that a transaction accepts, and commits of those that cannot be replayed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.local_client import Client, numbers_by_id, stage_operations, user_headers

HERE = {"databaseId": "d", "tableId": "t"}
UPDATE = {"action": "update", "data": {"n": 9}}


@pytest.fixture
def rows(appwrite: Client) -> str:
    rows = appwrite.table([{"key": "n", "type": "integer"}])
    appwrite(f"POST {rows}", {"rowId": "old", "data": {"n": 1}})
    return rows


def refusal(appwrite: Client, transaction: str, *operations: dict[str, Any], **options: Any) -> tuple[int, str]:
    body = {"operations": [{**HERE, **operation} for operation in operations]}
    return appwrite.refusal(f"POST /transactions/{transaction}/operations", body, **options)


@pytest.mark.parametrize("action", ["create", "update", "upsert", "delete", "increment"])
def test_every_operation_of_one_row_names_its_row(appwrite: Client, rows: str, action: str) -> None:
    operation = {"action": action, "data": {"$id": "old", "column": "n"}}
    assert refusal(appwrite, stage_operations(appwrite), operation) == (400, "general_argument_invalid")


@pytest.mark.parametrize(
    "before",
    [
        {"action": "upsert", "rowId": "new", "data": {"$id": "new", "n": 1}},
        {"action": "bulkCreate", "data": [{"$id": "new", "n": 1}]},
        {"action": "bulkUpsert", "data": [{"$id": "new", "n": 1}]},
    ],
)
def test_an_operation_sees_only_plain_creates_of_its_own_request(
    appwrite: Client, rows: str, before: dict[str, Any]
) -> None:
    transaction = stage_operations(appwrite)
    assert refusal(appwrite, transaction, before, {**UPDATE, "rowId": "new"}) == (404, "document_not_found")
    assert appwrite(f"GET /transactions/{transaction}")["operations"] == 0
    for operation in (before, {**UPDATE, "rowId": "new"}):  # in a request of its own it works
        appwrite(f"POST /transactions/{transaction}/operations", {"operations": [{**HERE, **operation}]})
    appwrite(f"PATCH /transactions/{transaction}", {"commit": True})
    assert numbers_by_id(appwrite, rows) == {"old": 1, "new": 9}


def test_a_plain_create_is_seen_in_its_own_request(appwrite: Client, rows: str) -> None:
    create = {"action": "create", "rowId": "new", "data": {"n": 1}}
    transaction = stage_operations(
        appwrite, create, {**UPDATE, "rowId": "new"}, {"action": "delete", "rowId": "new"}, create
    )
    appwrite(f"PATCH /transactions/{transaction}", {"commit": True})
    assert numbers_by_id(appwrite, rows) == {"old": 1, "new": 1}


def test_a_row_staged_for_deletion_does_not_exist_for_later_requests(appwrite: Client, rows: str) -> None:
    transaction = stage_operations(appwrite, {"action": "delete", "rowId": "old"})
    assert refusal(appwrite, transaction, {**UPDATE, "rowId": "old"}) == (404, "document_not_found")
    body = {"data": {"n": 2}, "transactionId": transaction}
    assert appwrite.refusal(f"PATCH {rows}/old", body) == (404, "row_not_found")


def test_nothing_is_read_after_a_deleted_row_was_changed(appwrite: Client, rows: str) -> None:
    transaction = stage_operations(appwrite, {"action": "delete", "rowId": "old"}, {**UPDATE, "rowId": "old"})
    for tail in ("", "/old"):
        assert appwrite.send(f"GET {rows}{tail}?transactionId={transaction}").status == 500
    assert appwrite.refusal(f"PATCH /transactions/{transaction}", {"commit": True}) == (404, "document_not_found")
    assert numbers_by_id(appwrite, rows) == {"old": 1}


def test_bulk_operations_are_refused_where_there_are_relationships(appwrite: Client, rows: str) -> None:
    appwrite("POST /d/tables", {"tableId": "u", "name": "u"})
    appwrite("POST /d/tables/t/columns/relationship", {"relatedTableId": "u", "type": "oneToOne", "key": "other"})
    refused = refusal(appwrite, stage_operations(appwrite), {"action": "bulkCreate", "data": [{"n": 1}]})
    assert refused == (400, "general_bad_request")


def test_bulk_rows_sent_as_an_object_fail_the_commit(appwrite: Client, rows: str) -> None:
    transaction = stage_operations(appwrite, {"action": "bulkCreate", "data": {"n": 1}})
    assert appwrite.send(f"GET {rows}?transactionId={transaction}").status == 500
    assert appwrite.send(f"PATCH /transactions/{transaction}", {"commit": True}).status >= 400
    assert numbers_by_id(appwrite, rows) == {"old": 1}


def test_a_commit_for_a_deleted_table_finds_no_row(appwrite: Client, rows: str) -> None:
    transaction = stage_operations(appwrite, {**UPDATE, "rowId": "old"})
    appwrite("DELETE /d/tables/t")
    assert appwrite.refusal(f"PATCH /transactions/{transaction}", {"commit": True}) == (404, "document_not_found")
    assert appwrite(f"GET /transactions/{transaction}")["status"] == "failed"


def test_changes_of_rows_that_a_user_may_not_read_cannot_be_staged(appwrite: Client) -> None:
    rows = appwrite.table([{"key": "n", "type": "integer"}], permissions=['create("users")'], rowSecurity=True)
    grants = ['read("any")', 'update("any")']
    appwrite(f"POST {rows}", {"rows": [{"$id": "mine", "n": 1, "$permissions": grants}, {"$id": "other", "n": 1}]})
    ann = user_headers(appwrite, "ann")
    transaction = appwrite("POST /transactions", {}, headers=ann)["$id"]
    other = {**UPDATE, "rowId": "other"}
    assert refusal(appwrite, transaction, other, headers=ann) == (404, "document_not_found")
    body = {"data": {"n": 2}, "transactionId": transaction}
    assert appwrite.refusal(f"PATCH {rows}/other", body, headers=ann) == (404, "row_not_found")
    deletion = {"action": "delete", "rowId": "mine"}
    assert refusal(appwrite, transaction, deletion, headers=ann) == (401, "user_unauthorized")
    good = [{**UPDATE, "rowId": "mine"}, {"action": "upsert", "rowId": "fresh", "data": {"$id": "fresh", "n": 5}}]
    body = {"operations": [{**HERE, **operation} for operation in good]}
    appwrite(f"POST /transactions/{transaction}/operations", body, headers=ann)
    appwrite(f"PATCH /transactions/{transaction}", {"commit": True}, headers=ann)
    assert numbers_by_id(appwrite, rows) == {"mine": 9, "other": 1, "fresh": 5}


@pytest.mark.parametrize("line", ["POST /transactions", "POST "])
def test_null_is_refused_for_numbers_and_flags(appwrite: Client, line: str) -> None:
    body = {"ttl": None, "databaseId": "d", "name": "d", "enabled": None}
    assert appwrite.refusal(line, body) == (400, "general_argument_invalid")


@pytest.mark.parametrize(
    "operation",
    [
        {"action": "bulkCreate", "data": {"n": 1}},
        {"action": "bulkUpdate", "data": {"queries": [{"method": "limit", "values": [1]}], "data": {"n": 2}}},
        {"action": "increment", "rowId": "old", "data": {"column": "s"}},
    ],
)
def test_a_commit_with_an_unexpected_error_stays_committing(strict: Client, operation: dict[str, Any]) -> None:
    rows = strict.table([{"key": "n", "type": "integer"}, {"key": "s", "type": "string", "size": 9}])
    strict(f"POST {rows}", {"rowId": "old", "data": {"n": 1}})
    transaction = stage_operations(strict, {"action": "create", "rowId": "new", "data": {"n": 1}}, operation)
    assert strict.send(f"PATCH /transactions/{transaction}", {"commit": True}).status >= 400
    assert strict(f"GET /transactions/{transaction}")["status"] == "committing"
    assert numbers_by_id(strict, rows) == {"old": 1}
    again = strict.refusal(f"PATCH /transactions/{transaction}", {"commit": True})
    assert again == (400, "transaction_not_ready")
