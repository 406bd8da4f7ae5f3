"""Values and names as the compilers need them.

Parts of a query are compiled by Django here too (to tell expressions of an order apart), so the operations derive from
those of SQLite, which answers what Appwrite cannot.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.backends.sqlite3.operations import DatabaseOperations as SQLiteOperations
from django.utils import timezone

from .statements import Statement


class DatabaseOperations(SQLiteOperations):
    compiler_module = "django_appwrite_orm.backend.compile"
    explain_prefix = "EXPLAIN"

    def adapt_datetimefield_value(self, value: datetime.datetime | None) -> Any:
        """Return it as it is: the column brings it to UTC."""
        if value is not None and timezone.is_aware(value) and not settings.USE_TZ:
            raise ValueError("Appwrite's backend does not take aware datetimes when USE_TZ is False.")
        return value

    def adapt_decimalfield_value(
        self, value: Any, max_digits: int | None = None, decimal_places: int | None = None
    ) -> Any:
        """Return it as it is: a row rounds it, a filter compares with the next ones that the column can hold."""
        return value

    def get_db_converters(self, expression: Any) -> list[Any]:
        """Return none: columns decode their values."""
        return []

    def bulk_batch_size(self, fields: Sequence[Any], objs: Sequence[Any]) -> int:
        """Return how many rows one statement takes: the compiler makes requests of 100 rows of them."""
        return len(objs)

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        return sql.described if isinstance(sql, Statement) else str(sql)

    def explain_query_prefix(self, format: str | None = None, **options: Any) -> str:
        return self.explain_prefix

    def execute_sql_flush(self, sql_list: Sequence[Any]) -> None:  # type: ignore[override]
        """Delete the rows of these tables, which `sql_flush` gave."""
        with self.connection.cursor() as cursor:
            for statement in sql_list:
                cursor.execute(statement)

    def sequence_reset_by_name_sql(self, style: Any, sequences: Any) -> list[str]:
        return []

    def sequence_reset_sql(self, style: Any, model_list: Any) -> list[str]:
        return []
