"""What it costs to have 1,000 rows of 9 columns in SQLite's memory for a query.

The backend takes decoded rows and binds their values as they are; SQLite converts them (`decoded rows`). The variants
beside it: SQLite reads the JSON of the page itself, and Python converts each value. The JSON decoder alone is what any
read of these rows costs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import django
from django.conf import settings

from ..cells import Cell, Timed
from . import Goal

TITLE = "Rows in memory for a query"
LOADING = "1,000 rows"
BOTH = "decoding and loading"
CONTENDERS = dict.fromkeys(
    [
        "decoded rows (the backend)",
        BOTH,
        "the JSON decoder alone",
        "SQLite's json_each",
        "values through the fields of the model",
    ],
    "django_appwrite_orm",
)
TABLES = {"a query in memory": {LOADING: LOADING}}
BASE: dict[str, tuple[str, str]] = {}
GOALS = [Goal((LOADING, BOTH), at_most=10e-3)]
ROWS = 1_000


def page() -> str:
    """One page of rows, as Appwrite sends it."""
    moment = "2024-05-31T12:34:56.789+00:00"
    system = {"$createdAt": moment, "$updatedAt": moment, "$permissions": [], "$databaseId": "d", "$tableId": "t"}
    rows = [
        {
            "$id": f"{number:019d}",
            "$sequence": str(number),
            **system,
            "name": f"Product {number}",
            "description": "Seven words that tell nothing of it.",
            "stock": number,
            "price": number * 100 + 99,
            "weight": number / 7,
            "is_sold": number % 2 == 0,
            "sold_at": moment,
            "maker_id": f"{number % 50:019d}",
        }
        for number in range(ROWS)
    ]
    return json.dumps({"total": ROWS, "rows": rows})


def variants(text: str) -> dict[str, Callable[[], Any]]:
    from django_appwrite_orm.backend.columns import column_of
    from django_appwrite_orm.backend.in_memory.compiler import MemoryDatabaseWrapper
    from django_appwrite_orm.backend.in_memory.load import memory_database
    from django_appwrite_orm.backend.in_memory.tables import memory_table
    from tests.backend.shop.models import Product

    connection = MemoryDatabaseWrapper({"NAME": ":memory:", "OPTIONS": {}, "TIME_ZONE": None}, "default")
    table = memory_table([Product], connection, "name description stock price weight is_sold sold_at maker_id")
    keys = [column.key for column in table.columns]
    assert len(keys) == 9
    rows = json.loads(text)["rows"]

    def load(rows: list[dict[str, Any]]) -> None:
        with memory_database() as database:
            database.create(table)
            database.load(table, rows)

    def by_sqlite() -> None:
        values = ", ".join(
            column.value.format(f"json_extract(value, '$.\"{column.key}\"')") for column in table.columns
        )
        with memory_database() as database:
            database.create(table)
            database.run(f"INSERT INTO {table.name} SELECT {values} FROM json_each(?, '$.rows')", (text,))

    def by_fields() -> None:
        columns = [column for field in Product._meta.concrete_fields if (column := column_of(field)).key in keys]
        insert = f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(keys))})"
        with memory_database() as database:
            database.create(table)
            for row in rows:
                values = [column.decode(row[column.key]) if column.decode else row[column.key] for column in columns]
                prepared = zip(columns, values, strict=True)
                database.run(insert, [column.field.get_db_prep_value(value, connection) for column, value in prepared])

    return {
        "decoded rows (the backend)": lambda: load(rows),
        BOTH: lambda: load(json.loads(text)["rows"]),
        "the JSON decoder alone": lambda: json.loads(text),
        "SQLite's json_each": by_sqlite,
        "values through the fields of the model": by_fields,
    }


def prepare(name: str, stack: ExitStack) -> dict[str, Cell]:
    settings.configure(
        USE_TZ=True,
        INSTALLED_APPS=["django_appwrite_orm", "tests.backend.shop"],
        APPWRITE_ORM={"default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "bench"}},
    )
    django.setup()
    return {LOADING: Timed(variants(page())[name])}
