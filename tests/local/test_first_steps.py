"""The basic operations: version, schema, rows, lists."""

from __future__ import annotations

import json
from pathlib import Path

from django_appwrite_orm.local import LocalAppwrite
from tests.support.local_client import Client, query


def test_version_needs_no_key(app: LocalAppwrite) -> None:
    response = app.handle("GET", "/v1/health/version", {}, b"")
    assert (response.status, json.loads(response.body)) == (200, {"version": "1.9.6"})


def test_a_row_is_created_found_and_listed(appwrite: Client) -> None:
    rows = appwrite.table([{"key": "name", "type": "string", "size": 20}, {"key": "price", "type": "double"}])
    response = appwrite.send(f"POST {rows}", {"rowId": "r", "data": {"name": "Ä", "price": 2.0}})
    assert response.status == 201
    assert b'"price":2,' in response.body
    row = json.loads(response.body)
    assert appwrite(f"GET {rows}/R") == row
    assert appwrite(f"GET {rows}", queries=[query("equal", "name", "a")]) == {"total": 1, "rows": [row]}
    deleted = appwrite.send(f"DELETE {rows}/r")
    assert (deleted.status, deleted.body) == (204, b"")
    assert not deleted.headers["content-type"].startswith("application/json")
    assert appwrite.refusal(f"GET {rows}/r") == (404, "row_not_found")


def test_a_file_keeps_what_was_stored(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "folder" / "appwrite.sqlite3"
    first = LocalAppwrite(path)
    rows = Client(first).table([{"key": "n", "type": "integer"}])
    Client(first)(f"POST {rows}", {"rowId": "r", "data": {"n": 7}})
    first.close()
    second = LocalAppwrite(path)
    assert Client(second)(f"GET {rows}/r")["n"] == 7
    second.close()


def test_a_closed_server_answers_with_an_error(app: LocalAppwrite) -> None:
    app.close()
    assert Client(app).refusal("GET ") == (500, "general_unknown")


def test_every_response_has_a_content_type(appwrite: Client) -> None:
    for line in ("GET ", "GET /none", "GET .", "DELETE /none", "PATCH ./no/such/route"):
        assert "content-type" in appwrite.send(line).headers
