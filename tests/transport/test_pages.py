"""A server, or a cache before it, that sends the same full page whatever it is asked ends every walk with an error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import Unavailable
from django_appwrite_orm.plans import CountRows
from django_appwrite_orm.sansio import Operation, run_sync
from django_appwrite_orm.schema.introspection import PAGE, read_tables
from django_appwrite_orm.schema.rows import walk
from tests.support.faulty_servers import answer, faulty
from tests.support.library.tables import Book


def row(number: int) -> dict[str, Any]:
    return {"$id": f"b{number}", "$sequence": str(number), "title": "Dune", "price": 9.5}


TABLES = [
    {"$id": f"t{number}", "name": "t", "enabled": True, "rowSecurity": False, "$permissions": [], "columns": []}
    | {"indexes": []}
    for number in range(PAGE)
]
ROWS = {"total": 5000, "rows": [row(1), row(2)]}


def nothing(rows: object) -> Operation[None]:
    return None
    yield


async def _all() -> list[Book]:
    return [book async for book in Book.objects.all()]


def ref() -> Any:
    return Book._meta.ref("d")


WALKS: dict[str, tuple[dict[str, Any], Callable[[], object]]] = {
    "rows": (ROWS, lambda: list(Book.objects.all())),
    "rows, asynchronously": (ROWS, lambda: asyncio.run(_all())),
    "rows in an order": (ROWS, lambda: list(Book.objects.order_by("-title"))),
    "rows by offset": (ROWS, lambda: list(Book.objects.order_by("price"))),
    "iterator()": (ROWS, lambda: list(Book.objects.iterator(chunk_size=2))),
    "count()": (ROWS, lambda: run_sync(connections["default"].follow(CountRows(ref()).fetch()))),
    "a dump, a migration": (ROWS, lambda: run_sync(walk(connections["default"], ref(), nothing))),
    "the schema": ({"total": 5000, "tables": TABLES}, lambda: run_sync(read_tables(connections["default"]))),
}


@pytest.mark.parametrize("kind", WALKS)
def test_a_walk_that_does_not_get_on_ends(settings, kind: str) -> None:
    said, act = WALKS[kind]
    with faulty(answer(200, said)) as server:
        keys = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d", "PAGE_SIZE": 2}
        settings.APPWRITE_ORM = {"default": {**keys, "SERVER_VERSION": "1.9.6"}}
        with pytest.raises(Unavailable, match=r"the same page of .* again and again"):
            act()
    assert len(server.received) == 2
