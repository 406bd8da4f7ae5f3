"""Appwrite's own SDK, used as its documentation does, with the products as rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .products import DATABASE, ROWS

TABLE = "products"
COLUMNS = [
    {"key": "name", "type": "string", "size": 64},
    {"key": "price", "type": "double"},
    {"key": "stock", "type": "integer"},
    {"key": "category", "type": "string", "size": 16},
]
# Rows of one bulk create.
TOGETHER = 100


def service(endpoint: str) -> Any:
    """The SDK's service for rows of the local Appwrite at `endpoint`."""
    from appwrite.client import Client
    from appwrite.services.tables_db import TablesDB

    return TablesDB(Client().set_endpoint(endpoint).set_project("local").set_key("local"))


def empty(endpoint: str, *tables: str) -> Any:
    """The service, after it has made a database with these tables."""
    client = service(endpoint)
    client.create(DATABASE, "Benchmarks")
    for table in tables:
        client.create_table(DATABASE, table, table, columns=COLUMNS)
    return client


def filled(endpoint: str) -> Any:
    """The service, after it has made the table and its rows, whose ids are `row0` and so on."""
    client = empty(endpoint, TABLE)
    for start in range(0, len(ROWS), TOGETHER):
        rows = [{"$id": f"row{n}", **row} for n, row in enumerate(ROWS[start : start + TOGETHER], start)]
        client.create_rows(DATABASE, TABLE, rows)
    return client


def rows(client: Any, size: int) -> list[Any]:
    """The first `size` rows of the table, or one by its id."""
    from appwrite.query import Query

    if size == 1:
        return [client.get_row(DATABASE, TABLE, "row0")]
    return list(client.list_rows(DATABASE, TABLE, [Query.limit(size)]).rows)


def attributes(rows: Iterable[Any]) -> None:
    for row in rows:
        row.id, row.data["name"], row.data["price"], row.data["stock"], row.data["category"]
