"""Values and names as the compilers need them.

Parts of a query are compiled by Django here too (to tell expressions of an order apart), so the operations derive from
those of SQLite, which answers what Appwrite cannot.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db.backends.sqlite3.operations import DatabaseOperations as SQLiteOperations

from ..plan_execution import execute_write
from ..plans import DeleteRows
from .model_table import ModelRow, table_of
from .statements import Statement


class DatabaseOperations(SQLiteOperations):
    connection: Any
    compiler_module = "django_appwrite_orm.backend.compile"
    explain_prefix = "EXPLAIN"

    def adapt_datetimefield_value(self, value: datetime.datetime | None) -> Any:
        """Return it as it is: the column brings it to UTC."""
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

    def sql_flush(
        self, style: Any, tables: Sequence[str], *, reset_sequences: bool = False, allow_cascade: bool = False
    ) -> list[Any]:
        """Return statements that delete the rows of these tables of models. Numbers of new rows go on counting."""
        models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
        return [self._delete_all(table_of(models[table])) for table in tables if table in models]

    def _delete_all(self, table: type[ModelRow]) -> Statement:
        ref = self.connection.ref(table._meta)
        operation = execute_write([table._meta], self.connection.using, DeleteRows(ref))
        return Statement.of(f"delete {ref.table}", operation, changes=True, tables=[ref.table])

    def execute_sql_flush(self, sql_list: Sequence[Any]) -> None:  # type: ignore[override]
        """Carry out what `sql_flush` returned."""
        for statement in sql_list:
            self.connection.run(statement)
            for table in statement.notes["tables"]:
                self.connection.note_changed(table)

    def sequence_reset_by_name_sql(self, style: Any, sequences: Any) -> list[str]:
        return []

    def sequence_reset_sql(self, style: Any, model_list: Any) -> list[str]:
        return []
