"""Permissions: keys see everything, users and guests what table and row permit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.local_client import GUEST, KEY, Client, user_headers

COLUMNS: list[dict[str, Any]] = [{"key": "n", "type": "integer"}]


def test_row_security_filters_lists_and_hides_rows(appwrite: Client) -> None:
    rows = appwrite.table(COLUMNS, permissions=['create("users")'], rowSecurity=True)
    ann, bob = user_headers(appwrite, "ann"), user_headers(appwrite, "bob")
    for name, headers in (("a", ann), ("b", bob)):
        appwrite(f"POST {rows}", {"rowId": name, "data": {"n": 1}}, headers=headers)
    seen = appwrite(f"GET {rows}", headers=ann)
    assert ([row["$id"] for row in seen["rows"]], seen["total"]) == (["a"], 1)
    assert appwrite.refusal(f"GET {rows}/b", headers=ann) == (404, "row_not_found")
    assert appwrite.refusal(f"PATCH {rows}/b", {"data": {"n": 2}}, headers=ann) == (401, "user_unauthorized")
    assert appwrite.refusal(f"DELETE {rows}/b", headers=ann) == (401, "user_unauthorized")
    assert appwrite(f"GET {rows}", headers=KEY)["total"] == 2
    assert appwrite(f"GET {rows}", headers=GUEST)["total"] == 0


def test_table_permissions_without_row_security(appwrite: Client) -> None:
    rows = appwrite.table(COLUMNS, permissions=['read("any")'])
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"n": 1}, "permissions": ['update("any")']})
    assert appwrite(f"GET {rows}/r", headers=GUEST)["n"] == 1
    assert appwrite.refusal(f"PATCH {rows}/r", {"data": {"n": 2}}, headers=GUEST) == (401, "user_unauthorized")
    assert appwrite(f"PATCH {rows}/r", {"data": {"n": 1}}, headers=GUEST)["n"] == 1  # nothing changes: read is enough
    assert appwrite.refusal(f"POST {rows}", {"rowId": "x", "data": {"n": 1}}, headers=GUEST)[0] == 401


@pytest.mark.parametrize(
    "permission", ['read("user:other")', 'read("team:t")', 'read("label:vip")', 'read("users/verified")']
)
def test_users_grant_permissions_only_to_their_own_roles(appwrite: Client, permission: str) -> None:
    rows = appwrite.table(COLUMNS, permissions=['create("any")'])
    body = {"rowId": "r", "data": {"n": 1}, "permissions": [permission]}
    assert appwrite.refusal(f"POST {rows}", body, headers=user_headers(appwrite, "ann")) == (401, "user_unauthorized")
    appwrite(f"POST {rows}", body)


def test_labels_teams_and_verification_are_roles(appwrite: Client) -> None:
    grants = ['read("label:vip")'], ['read("team:t/owner")'], ['read("users/verified")']
    appwrite("POST ", {"databaseId": "d", "name": "d"})
    for number, permissions in enumerate(grants):
        appwrite("POST /d/tables", {"tableId": f"t{number}", "name": "t", "permissions": permissions})
    ann = user_headers(appwrite, "ann")
    assert [appwrite.send(f"GET /d/tables/t{n}/rows", headers=ann).status for n in range(3)] == [401] * 3
    appwrite("PUT ./users/ann/labels", {"labels": ["vip"]})
    appwrite("POST ./teams", {"teamId": "t", "name": "t"})
    appwrite("POST ./teams/t/memberships", {"userId": "ann", "roles": ["owner"]})
    appwrite("PATCH ./users/ann/verification", {"emailVerification": True})
    assert [appwrite.send(f"GET /d/tables/t{n}/rows", headers=ann).status for n in range(3)] == [200] * 3


def test_disabled_tables_exist_for_keys_only(appwrite: Client) -> None:
    rows = appwrite.table(COLUMNS, permissions=['read("any")'], enabled=False)
    assert appwrite.refusal(f"GET {rows}", headers=GUEST) == (404, "table_not_found")
    assert appwrite(f"GET {rows}")["total"] == 0


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJhbm4ifQ."])
def test_a_forged_token_is_refused(appwrite: Client, token: str) -> None:
    user_headers(appwrite, "ann")
    headers = {**GUEST, "x-appwrite-jwt": token}
    expected = (401, "user_jwt_invalid") if token else (401, "general_unauthorized_scope")
    assert appwrite.refusal("GET ", headers=headers) == expected


def test_a_token_is_refused_after_its_expiry_and_for_a_deleted_user(
    appwrite: Client, pass_time: Callable[[float], None]
) -> None:
    appwrite("POST ./users", {"userId": "ann"})
    short, long = (appwrite("POST ./users/ann/jwts", {"duration": n})["jwt"] for n in (60, 3600))

    def refused(token: str) -> str:
        return appwrite.refusal("GET /d/tables/t/rows", headers={**GUEST, "x-appwrite-jwt": token})[1]

    pass_time(50)
    assert refused(short) == "database_not_found"
    pass_time(20)
    assert refused(short) == "user_jwt_invalid"
    assert refused(long) == "database_not_found"
    appwrite("DELETE ./users/ann")
    assert refused(long) == "user_jwt_invalid"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({**KEY, "x-appwrite-key": "wrong"}, (401, "user_unauthorized")),
        ({**KEY, "x-appwrite-project": "other"}, (404, "project_not_found")),
        ({"x-appwrite-key": "local"}, (403, "project_id_missing")),
        (GUEST, (401, "general_unauthorized_scope")),
        ({}, (401, "general_unauthorized_scope")),
    ],
)
def test_requests_without_access_are_refused(
    appwrite: Client, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    response = appwrite.send("GET ", headers=headers or {"accept": "*/*"})
    assert (response.status, response.body.count(expected[1].encode())) == (expected[0], 1)


def test_an_upsert_writes_the_permissions_of_a_row_again(appwrite: Client) -> None:
    """So a user who may change a row may not upsert it where its roles are not the user's."""
    rows = appwrite.table(COLUMNS, permissions=['read("any")', 'update("users")'])
    ann = user_headers(appwrite, "ann")
    for id, role in (("mine", "user:ann"), ("theirs", "team:t")):
        appwrite(f"POST {rows}", {"rowId": id, "data": {"n": 1}, "permissions": [f'read("{role}")']})
        assert appwrite(f"PATCH {rows}/{id}", {"data": {"n": 2}}, headers=ann)["n"] == 2
    assert appwrite(f"PUT {rows}/mine", {"data": {"n": 3}}, headers=ann)["n"] == 3
    assert appwrite.refusal(f"PUT {rows}/theirs", {"data": {"n": 3}}, headers=ann) == (401, "user_unauthorized")


def test_only_keys_set_the_system_dates(appwrite: Client) -> None:
    """Those of users and guests are ignored."""
    rows = appwrite.table(COLUMNS, permissions=['create("any")', 'read("any")', 'update("any")'])
    past = "2001-01-01T00:00:00.000+00:00"
    for name, headers in (("guest", GUEST), ("user", user_headers(appwrite, "ann"))):
        for line, data in (
            (f"POST {rows}", {"$createdAt": past, "$updatedAt": past}),
            (f"PATCH {rows}/{name}", {"$createdAt": past, "$updatedAt": "no date"}),
            (f"PUT {rows}/{name}", {"$createdAt": 5, "$updatedAt": past}),
        ):
            row = appwrite(line, {"rowId": name, "data": {"n": len(line), **data}}, headers=headers)
            assert row["$createdAt"] > past < row["$updatedAt"]
    assert appwrite(f"POST {rows}", {"rowId": "key", "data": {"n": 1, "$createdAt": past}})["$createdAt"] == past


def test_each_dialect_ignores_its_own_name_of_the_table_only(appwrite: Client) -> None:
    rows = appwrite.table(COLUMNS)
    documents = "./databases/d/collections/t/documents"
    assert appwrite(f"POST {rows}", {"rowId": "a", "data": {"n": 1, "$tableId": "x", "$collection": "x"}})["n"] == 1
    assert appwrite(f"POST {documents}", {"documentId": "b", "data": {"n": 1, "$collectionId": "x"}})["n"] == 1
    refused = appwrite.refusal(f"POST {rows}", {"rowId": "c", "data": {"n": 1, "$collectionId": "x"}})
    assert refused == (400, "row_invalid_structure")
    refused = appwrite.refusal(f"PATCH {documents}/b", {"data": {"n": 2, "$tableId": "x"}})
    assert refused == (400, "document_invalid_structure")
