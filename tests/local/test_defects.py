"""Defects of the server: imitated in strict mode, otherwise avoided with a warning."""

from __future__ import annotations

import argparse
import json
import logging
from typing import Any

import pytest

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.defects import table_lines
from django_appwrite_orm.local.http.cli import add_arguments
from django_appwrite_orm.plans import Request
from django_appwrite_orm.transport.client import Client as HTTPClient
from django_appwrite_orm.transport.messages import TransportError
from tests.support.local_client import GUEST, KEY, Client, query
from tests.support.pages import DOCS

UNIQUE: dict[str, Any] = {
    "columns": [{"key": "email", "type": "string", "size": 60}, {"key": "age", "type": "integer"}],
    "indexes": [{"key": "u_email", "type": "unique", "attributes": ["email"]}],
}
COUNTER: list[dict[str, Any]] = [{"key": "n", "type": "integer"}]
MORE = {"n": {"method": "increment", "values": [1]}}


def test_every_defect_is_documented() -> None:
    page = (DOCS / "reference" / "local.md").read_text()
    section = page.partition("## Defects of the server")[2].partition("\n#")[0]
    assert [line for line in section.splitlines() if line.startswith("| `")] == table_lines()


def test_a_defect_that_is_not_imitated_is_logged_once(appwrite: Client, caplog: pytest.LogCaptureFixture) -> None:
    rows = appwrite.table(**UNIQUE)
    appwrite(f"POST {rows}", {"rowId": "a", "data": {"email": "a@x.org"}})
    with caplog.at_level(logging.WARNING):
        for id in ("b", "c"):
            refused = appwrite.refusal(f"PUT {rows}", {"rows": [{"$id": id, "email": "a@x.org"}]})
            assert refused == (409, "row_already_exists")
    [record] = caplog.records
    assert "unique-upsert" in record.getMessage()


def test_a_request_can_be_strict_on_a_server_that_is_not(app: LocalAppwrite) -> None:
    client = Client(app)
    rows = client.table(**UNIQUE)
    client(f"POST {rows}", {"rowId": "a", "data": {"email": "a@x.org", "age": 1}})
    headers = {"x-appwrite-project": "local", "x-appwrite-key": "local", "content-type": "application/json"}
    body = b'{"rows": [{"$id": "b", "email": "a@x.org"}]}'
    target = f"/v1/tablesdb{rows}"
    assert app.handle("PUT", target, headers, body, strict=True).status == 200
    assert app.handle("PUT", target, headers, body).status == 409


@pytest.mark.parametrize("staged", [False, True])
def test_an_upsert_overwrites_the_row_with_its_unique_value(strict: Client, staged: bool) -> None:
    rows = strict.table(**UNIQUE)
    strict(f"POST {rows}", {"rowId": "a", "data": {"email": "a@x.org", "age": 1}})
    sent = {"rows": [{"$id": "b", "email": "A@x.org"}]}
    if staged:
        tx = strict("POST /transactions", {})["$id"]
        strict(f"PUT {rows}", {**sent, "transactionId": tx})
        strict(f"PATCH /transactions/{tx}", {"commit": True})
    else:
        [responses] = strict(f"PUT {rows}", sent)["rows"]
        assert (responses["$id"], responses["$sequence"]) == ("b", "")
    [row] = strict(f"GET {rows}")["rows"]
    assert (row["$id"], row["email"], row["age"]) == ("a", "A@x.org", None)


def test_a_staged_bulk_operator_counts_twice_on_a_row_of_the_transaction(strict: Client, appwrite: Client) -> None:
    for client, expected in ((strict, [9, 4]), (appwrite, [8, 4])):
        rows = client.table(COUNTER)
        client(f"POST {rows}", {"rows": [{"$id": "a", "n": 1}, {"$id": "b", "n": 3}]})
        tx = client("POST /transactions", {})["$id"]
        client(f"PATCH {rows}/a", {"data": {"n": 7}, "transactionId": tx})
        client(f"PATCH {rows}", {"data": MORE, "transactionId": tx})
        client(f"PATCH /transactions/{tx}", {"commit": True})
        stored = client(f"GET {rows}", queries=[query("orderAsc", "$id")])["rows"]
        assert [row["n"] for row in stored] == expected


@pytest.mark.parametrize("strict", [True, False])
def test_a_connection_chooses_strict_mode(strict: bool) -> None:
    """Through the client of a connection."""
    name = f"connection-{strict}"
    client = HTTPClient(endpoint="local::memory:", project_id="local", api_key="local", local_strict=strict)
    for method, path, body in (
        ("POST", "/tablesdb", {"databaseId": name, "name": name}),
        ("POST", f"/tablesdb/{name}/tables", {"tableId": "t", "name": "t", **UNIQUE}),
        ("POST", f"/tablesdb/{name}/tables/t/rows", {"rowId": "a", "data": {"email": "a@x.org"}}),
    ):
        assert client.send(Request(method, path, body=body), 10).status == 201
    overwriting = {"rows": [{"$id": "b", "email": "a@x.org"}]}
    status = client.send(Request("PUT", f"/tablesdb/{name}/tables/t/rows", body=overwriting), 10).status
    assert status == (200 if strict else 409)


def test_the_command_line_has_strict_mode() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert parser.parse_args(["--strict"]).strict
    assert not parser.parse_args([]).strict


CONCAT = {"s": {"method": "stringConcat", "values": ["!!"]}}
POINT: list[dict[str, Any]] = [*COUNTER, {"key": "at", "type": "point"}]


def _with_hidden_column(client: Client, kind: str) -> str:
    """Create a table with the number `n`, an encrypted or spatial column, and the row `a`."""
    rows = client.table(COUNTER if kind == "encrypted" else POINT)
    if kind == "encrypted":
        column = {"key": "s", "size": 500, "required": False, "encrypt": True}
        client("POST /d/tables/t/columns/string", column)
    client(f"POST {rows}", {"rowId": "a", "data": {"n": 1}})
    return rows


@pytest.mark.parametrize("kind", ["encrypted", "point"])
@pytest.mark.parametrize("path", ["/a", ""])
def test_an_operator_beside_a_hidden_column_is_applied_and_answered_with_500(
    strict: Client, appwrite: Client, kind: str, path: str
) -> None:
    rows = _with_hidden_column(strict, kind)
    assert strict.refusal(f"PATCH {rows}{path}", {"data": MORE}) == (500, "general_unknown")
    assert strict(f"GET {rows}/a")["n"] == 2
    assert strict(f"PUT {rows}/a", {"data": MORE})["n"] == 3
    assert strict(f"PATCH {rows}/a/n/increment", {})["n"] == 4
    rows = _with_hidden_column(appwrite, kind)
    appwrite(f"PATCH {rows}{path}", {"data": MORE})
    assert appwrite(f"GET {rows}/a")["n"] == 2


@pytest.mark.parametrize("path", ["/a", ""])
def test_a_commit_with_an_operator_beside_a_hidden_column_stays_committing(
    strict: Client, appwrite: Client, path: str
) -> None:
    for client, expected in ((strict, (500, "committing", 1)), (appwrite, (200, "committed", 2))):
        rows = _with_hidden_column(client, "point")
        tx = client("POST /transactions", {})["$id"]
        client(f"PATCH {rows}{path}", {"data": MORE, "transactionId": tx})
        status = client.send(f"PATCH /transactions/{tx}", {"commit": True}).status
        transaction_status = client(f"GET /transactions/{tx}")["status"]
        assert (status, transaction_status, client(f"GET {rows}/a")["n"]) == expected


def test_a_bulk_operator_on_more_than_500_rows_is_refused_after_it_was_applied(
    strict: Client, appwrite: Client
) -> None:
    for client in (strict, appwrite):
        rows = client.table(COUNTER)
        for start in range(0, 1_100, 100):
            client(f"POST {rows}", {"rows": [{"$id": f"r{start + place}", "n": 0} for place in range(100)]})
    limited = {"data": MORE, "queries": [json.dumps(query("limit", "", 500))]}
    assert strict(f"PATCH {rows}", limited)["total"] == 500
    assert strict.refusal(f"PATCH {rows}", {"data": MORE}) == (400, "general_query_invalid")
    changed = [strict(f"GET {rows}", queries=[query("equal", "n", n)])["total"] for n in (0, 1, 2)]
    assert changed == [100, 500, 500]
    assert appwrite(f"PATCH {rows}", {"data": MORE})["total"] == 1_100


def test_a_bulk_update_onto_a_taken_value_is_a_server_error(strict: Client, appwrite: Client) -> None:
    for client, expected in ((strict, (500, "general_unknown")), (appwrite, (409, "row_already_exists"))):
        rows = client.table(**UNIQUE)
        client(f"POST {rows}", {"rows": [{"$id": "a", "email": "a@x.org"}, {"$id": "b", "email": "b@x.org"}]})
        assert client.refusal(f"PATCH {rows}", {"data": {"email": "c@x.org"}}) == expected
        assert [row["email"] for row in client(f"GET {rows}")["rows"]] == ["a@x.org", "b@x.org"]


def test_a_bulk_concatenation_that_is_too_long_is_a_server_error(strict: Client, appwrite: Client) -> None:
    for client, expected in ((strict, (500, "general_unknown")), (appwrite, (400, "row_invalid_structure"))):
        rows = client.table([{"key": "s", "type": "string", "size": 2}])
        client(f"POST {rows}", {"rowId": "a", "data": {"s": "x"}})
        assert client.refusal(f"PATCH {rows}", {"data": CONCAT}) == expected
        assert client.refusal(f"PATCH {rows}/a", {"data": CONCAT}) == (400, "row_invalid_structure")
        assert client(f"GET {rows}/a")["s"] == "x"


def test_permissions_that_are_not_a_list_are_a_server_error(strict: Client, appwrite: Client) -> None:
    for client, expected in ((strict, (500, "general_unknown")), (appwrite, (400, "general_bad_request"))):
        rows = client.table(COUNTER)
        sent = {"rows": [{"$id": "a", "n": 1}, {"$id": "b", "n": 1, "$permissions": 'read("any")'}]}
        assert client.refusal(f"POST {rows}", sent) == expected
        assert client(f"GET {rows}")["total"] == 0


@pytest.mark.parametrize("staged", [False, True])
def test_a_bulk_upsert_by_an_id_in_another_case_empties_the_row(strict: Client, appwrite: Client, staged: bool) -> None:
    for client, age in ((strict, None), (appwrite, 7)):
        rows = client.table(**UNIQUE)
        client(f"POST {rows}", {"rowId": "abc", "data": {"email": "a@x.org", "age": 7}})
        sent: dict[str, Any] = {"rows": [{"$id": "ABC", "email": "b@x.org"}]}
        if staged:
            tx = client("POST /transactions", {})["$id"]
            client(f"PUT {rows}", {**sent, "transactionId": tx})
            client(f"PATCH /transactions/{tx}", {"commit": True})
        else:
            client(f"PUT {rows}", sent)
        [row] = client(f"GET {rows}")["rows"]
        assert (row["email"], row["age"]) == ("b@x.org", age)


@pytest.mark.parametrize("method", ["isNull", "isNotNull"])
def test_null_filters_of_a_spatial_column_are_a_server_error(strict: Client, appwrite: Client, method: str) -> None:
    nested = query("or", "", query(method, "at"), query("equal", "n", 5))
    for client in (strict, appwrite):
        rows = client.table(POINT)
        client(f"POST {rows}", {"rows": [{"$id": "a", "n": 5}, {"$id": "b", "n": 5, "at": [1, 2]}]})
        for asked in (query(method, "at"), nested):
            if client is strict:
                assert client.refusal(f"GET {rows}", queries=[asked]) == (500, "general_unknown")
            else:
                assert client(f"GET {rows}", queries=[asked])["total"] == (2 if asked is nested else 1)


@pytest.mark.parametrize("strict", [True, False])
def test_a_long_head_gets_no_response(strict: bool) -> None:
    client = HTTPClient(endpoint="local::memory:", project_id="local", api_key="local", local_strict=strict)
    long = Request("GET", "/tablesdb", query=[("search", "x" * 65_536)])
    assert client.send(Request("GET", "/tablesdb", query=[("search", "x" * 60_000)]), 10).status == 400
    if strict:
        with pytest.raises(TransportError) as caught:
            client.send(long, 10)
        assert caught.value.sent
    else:
        assert client.send(long, 10).status == 400


def test_a_bulk_operator_answers_with_25_results(strict: Client, appwrite: Client) -> None:
    for client, last in ((strict, {}), (appwrite, 1)):
        rows = client.table(COUNTER)
        client(f"POST {rows}", {"rows": [{"$id": f"r{place}", "n": 0} for place in range(30)]})
        queries = [json.dumps(query("orderDesc", "$sequence"))]
        responses = client(f"PATCH {rows}", {"data": MORE, "queries": queries})["rows"]
        numbers = {row["$id"]: row["n"] for row in responses}
        assert (numbers["r0"], numbers["r24"], numbers["r25"], numbers["r29"]) == (1, 1, last, last)
        assert client(f"GET {rows}", queries=[query("equal", "n", 1)])["total"] == 30


@pytest.mark.parametrize(("type", "default"), [("string", "x"), ("integer", 7), ("boolean", True), ("float", 0.5)])
def test_a_removed_default_still_applies(strict: Client, appwrite: Client, type: str, default: Any) -> None:
    for client, kept in ((strict, default), (appwrite, None)):
        rows = client.table([])
        size = {"size": 9} if type == "string" else {}
        client(f"POST /d/tables/t/columns/{type}", {"key": "c", "required": False, "default": default, **size})
        for required, expected in ((False, kept), (True, "refused"), (False, None)):
            changed = client(f"PATCH /d/tables/t/columns/{type}/c", {"required": required, "default": None})
            assert changed["default"] is client("GET /d/tables/t/columns/c")["default"] is None
            response = client.send(f"POST {rows}", {"rowId": "unique()", "data": {"c": None}})
            assert (json.loads(response.body)["c"] if response.status == 201 else "refused") == expected


@pytest.mark.parametrize("two_way", [False, True])
@pytest.mark.parametrize("kind", ["oneToOne", "oneToMany", "manyToOne", "manyToMany"])
def test_relationships_of_a_table_with_itself(strict: Client, appwrite: Client, kind: str, two_way: bool) -> None:
    """The links of a deleted row are deleted."""
    many = kind in ("oneToMany", "manyToMany")
    for client, works in ((strict, many), (appwrite, True)):
        rows = client.table([{"key": "name", "type": "string", "size": 9}])
        body = {"relatedTableId": "t", "type": kind, "key": "to", "onDelete": "setNull", "twoWay": two_way}
        client("POST /d/tables/t/columns/relationship", body)
        assert client("GET /d/tables/t/columns/to")["status"] == ("available" if works else "failed")
        if not works and two_way:
            sides = client("GET /d/tables/t/columns")["columns"]
            assert len({(side["status"], side["error"]) for side in sides if side["key"] != "name"}) == 1
        if works:
            for id in "ab":
                client(f"POST {rows}", {"rowId": id, "data": {"name": id}})
            client(f"PATCH {rows}/a", {"data": {"to": ["b"] if many else "b"}})
            client(f"DELETE {rows}/b")
            seen = client(f"GET {rows}/a", queries=[query("select", "", "name", "to.*")])
            assert seen["to"] == ([] if many else None)


def test_a_refused_two_way_relationship_leaves_a_column(strict: Client, appwrite: Client) -> None:
    body = {"relatedTableId": "u", "type": "oneToOne", "twoWay": True, "key": "x", "twoWayKey": "taken"}
    for client, left in ((strict, ["x"]), (appwrite, [])):
        client.table([])
        client("POST /d/tables", {"tableId": "u", "name": "u", "columns": [{"key": "TAKEN", "type": "integer"}]})
        assert client.refusal("POST /d/tables/t/columns/relationship", body) == (409, "column_already_exists")
        assert [column["key"] for column in client("GET /d/tables/t/columns")["columns"]] == left
        if left:
            assert client("GET /d/tables/t/columns/x")["status"] == "processing"
            client("DELETE /d/tables/t/columns/x")
            assert client("GET /d/tables/t/columns")["total"] == 0


def test_the_version_is_refused_to_a_key(strict: Client, appwrite: Client) -> None:
    assert strict.refusal("GET ./health/version") == (401, "general_unauthorized_scope")
    for client, headers in ((appwrite, KEY), (strict, GUEST)):
        assert client("GET ./health/version", headers=headers)["version"] == "1.9.6"
