"""Snapshots: a clean store for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_appwrite_orm.local import LocalAppwrite
from tests.support.local_client import Client, query


@pytest.fixture(params=["memory", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return ":memory:" if request.param == "memory" else str(tmp_path / "appwrite.sqlite3")


def test_a_restore_removes_later_changes(place: str) -> None:
    app = LocalAppwrite(place)
    client = Client(app)
    rows = client.table([{"key": "s", "type": "string", "size": 9}])
    client(f"POST {rows}", {"rowId": "kept", "data": {"s": "a"}})
    with app.snapshot() as before:
        for _ in range(3):
            client(f"POST {rows}", {"rowId": "new", "data": {"s": "b"}})
            client("POST /d/tables", {"tableId": "more", "name": "more"})
            client(f"DELETE {rows}/kept")
            app.restore(before)
            assert [row["$id"] for row in client(f"GET {rows}")["rows"]] == ["kept"]
            assert client.refusal("GET /d/tables/more") == (404, "table_not_found")
    app.close()


def test_a_restore_invalidates_the_schema_cache(place: str) -> None:
    """Two tables that are created after a restore are different, with the same number too."""
    app = LocalAppwrite(place)
    client = Client(app)
    client("POST ", {"databaseId": "d", "name": "d"})
    with app.snapshot() as before:
        for key in ("one", "two"):
            client("POST /d/tables", {"tableId": "t", "name": "t", "columns": [{"key": key, "type": "integer"}]})
            client("POST /d/tables/t/rows", {"rowId": "r", "data": {key: 1}})
            assert client("GET /d/tables/t/rows", queries=[query("equal", key, 1)])["total"] == 1
            app.restore(before)
    app.close()


def test_other_processes_see_a_restore(tmp_path: Path) -> None:
    first, second = (LocalAppwrite(tmp_path / "shared.sqlite3") for _ in range(2))
    rows = Client(first).table([{"key": "n", "type": "integer"}])
    with first.snapshot() as before:
        Client(second)(f"POST {rows}", {"rowId": "r", "data": {"n": 1}})
        first.restore(before)
    assert Client(second)(f"GET {rows}")["total"] == 0
    first.close()
    second.close()
