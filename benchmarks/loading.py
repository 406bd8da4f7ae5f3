"""What it costs to have rows in memory for a query, in milliseconds of CPU for 1,000 rows of 9 columns.

python -m benchmarks.loading [ROUNDS]

The backend takes decoded rows and binds their values as they are; SQLite converts them (`decoded rows`). The variants
beside it: SQLite reads the JSON of the page itself, and Python converts each value. The JSON decoder alone is what any
read of these rows costs.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings

ROWS = 1_000
GOAL = 10.0


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
        "decoding and loading": lambda: load(json.loads(text)["rows"]),
        "the JSON decoder alone": lambda: json.loads(text),
        "SQLite's json_each": by_sqlite,
        "values through the fields of the model": by_fields,
    }


def main(rounds: int) -> None:
    settings.configure(
        USE_TZ=True,
        INSTALLED_APPS=["django_appwrite_orm", "tests.backend.shop"],
        APPWRITE_ORM={"default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "bench"}},
    )
    django.setup()
    text = page()
    for name, run in variants(text).items():
        run()
        times = []
        for _ in range(rounds):
            started = time.process_time()
            run()
            times.append((time.process_time() - started) * 1_000)
        print(f"{name:40} {statistics.median(times):6.1f} ms")
    print(f"{'goal':40} {GOAL:6.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
