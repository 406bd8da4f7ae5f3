"""Rows of a page become rows of SQLite in the same way, by column or as dicts."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DataError

from django_appwrite_orm.backend.in_memory.load import MemoryColumn, MemoryTable, memory_database
from django_appwrite_orm.plans import ColumnarRows

PLAIN = (MemoryColumn("$id", '"id" text'), MemoryColumn("price", '"price" real'))
LISTS = (*PLAIN, MemoryColumn("tags", '"tags" text', is_list=True))
ROWS: list[dict[str, Any]] = [{"$id": f"b{n}", "price": n, "tags": ["x"] * n, "same": None} for n in range(3)]


def loaded(columns: tuple[MemoryColumn, ...], rows: Any) -> list[tuple[Any, ...]]:
    table = MemoryTable('"book"', columns)
    with memory_database() as database:
        database.create(table)
        database.load(table, rows)
        return database.run("SELECT * FROM book", ())


@pytest.mark.parametrize("columns", [PLAIN, PLAIN[:1], LISTS])
def test_rows_by_column_are_loaded_as_dicts_are(columns: tuple[MemoryColumn, ...]) -> None:
    found = loaded(columns, ColumnarRows.of(ROWS))
    assert len(found) == 3
    assert found == loaded(columns, ROWS)


@pytest.mark.parametrize("make", [list, ColumnarRows.of])
def test_a_column_that_was_not_sent_is_named(make: Any) -> None:
    with pytest.raises(DataError, match="without the column 'price'"):
        loaded(PLAIN, make([{"$id": "a"}, {"$id": "b"}]))
