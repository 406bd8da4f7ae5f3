"""A first walk through the local Appwrite: version, schema, rows, lists."""

from __future__ import annotations

import json
from typing import Any

from django_appwrite_orm.local import LocalAppwrite

HEADERS = {
    "x-appwrite-project": "local",
    "x-appwrite-key": "local",
    "x-appwrite-response-format": "1.9.0",
    "content-type": "application/json",
}


def call(app: LocalAppwrite, line: str, body: Any = None) -> tuple[int, Any]:
    method, _, target = line.partition(" ")
    answer = app.handle(method, "/v1" + target, HEADERS, b"" if body is None else json.dumps(body).encode())
    assert "content-type" in answer.headers
    return answer.status, json.loads(answer.body) if answer.body else None


def test_version_needs_no_key() -> None:
    answer = LocalAppwrite(":memory:").handle("GET", "/v1/health/version", {}, b"")
    assert (answer.status, json.loads(answer.body)) == (200, {"version": "1.9.6"})


def test_a_row_is_created_found_and_listed() -> None:
    app = LocalAppwrite(":memory:")
    assert call(app, "POST /tablesdb", {"databaseId": "d", "name": "D"})[0] == 201
    columns = [{"key": "name", "type": "string", "size": 20}, {"key": "price", "type": "double"}]
    assert call(app, "POST /tablesdb/d/tables", {"tableId": "t", "name": "T", "columns": columns})[0] == 201
    status, row = call(app, "POST /tablesdb/d/tables/t/rows", {"rowId": "r", "data": {"name": "Ä", "price": 2.0}})
    assert status == 201
    assert row["price"] == 2
    assert '"price":2,' in json.dumps(row, separators=(",", ":"))
    assert call(app, "GET /tablesdb/d/tables/t/rows/R") == (200, row)
    query = "queries[]=%7B%22method%22:%22equal%22,%22attribute%22:%22name%22,%22values%22:[%22a%22]%7D"
    assert call(app, f"GET /tablesdb/d/tables/t/rows?{query}") == (200, {"total": 1, "rows": [row]})
    assert call(app, "DELETE /tablesdb/d/tables/t/rows/r") == (204, None)
    assert call(app, "GET /tablesdb/d/tables/t/rows/r")[1]["type"] == "row_not_found"
