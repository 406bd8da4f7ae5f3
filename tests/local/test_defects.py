"""Defects of the server: imitated in strict mode, otherwise left out with a warning."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

import pytest

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.defects import table_lines
from django_appwrite_orm.local.serving.command import add_arguments
from django_appwrite_orm.plans import Request
from django_appwrite_orm.transport.client import Client as HTTPClient

from .client import Client, query

DOCS = Path(__file__).parents[2] / "docs" / "local.md"
UNIQUE: dict[str, Any] = {
    "columns": [{"key": "email", "type": "string", "size": 60}, {"key": "age", "type": "integer"}],
    "indexes": [{"key": "u_email", "type": "unique", "attributes": ["email"]}],
}
COUNTER: list[dict[str, Any]] = [{"key": "n", "type": "integer"}]
MORE = {"n": {"method": "increment", "values": [1]}}


def test_every_defect_is_on_the_page() -> None:
    page = DOCS.read_text()
    section = page.partition("## Defects of the server")[2].partition("\n#")[0]
    assert [line for line in section.splitlines() if line.startswith("| `")] == table_lines()


def test_a_defect_left_out_is_logged_once(appwrite: Client, caplog: pytest.LogCaptureFixture) -> None:
    rows = appwrite.table(**UNIQUE)
    appwrite(f"POST {rows}", {"rowId": "a", "data": {"email": "a@x.org"}})
    with caplog.at_level(logging.WARNING):
        for id in ("b", "c"):
            refused = appwrite.refusal(f"PUT {rows}", {"rows": [{"$id": id, "email": "a@x.org"}]})
            assert refused == (409, "row_already_exists")
    [record] = caplog.records
    assert "unique-upsert" in record.getMessage()


def test_a_request_can_be_strict_where_the_server_is_not(app: LocalAppwrite) -> None:
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
        [answered] = strict(f"PUT {rows}", sent)["rows"]
        assert (answered["$id"], answered["$sequence"]) == ("b", "")
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
        found = client(f"GET {rows}", queries=[query("orderAsc", "$id")])["rows"]
        assert [row["n"] for row in found] == expected


@pytest.mark.parametrize("strict", [True, False])
def test_a_connection_chooses(strict: bool) -> None:
    """Through the client that a connection uses."""
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


def test_the_command_line_has_the_mode() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert parser.parse_args(["--strict"]).strict
    assert not parser.parse_args([]).strict
