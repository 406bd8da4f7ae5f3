"""Deletions of rows."""

from __future__ import annotations

from typing import Any

from django.db.models.sql import compiler

from ...exceptions import NotFound
from ...integrity import NO_ROW
from ...plans import NOTHING, DeleteRow, DeleteRows, split
from ...sansio import Operation
from .selection import Selection
from .target_rows import execute_change, one_by_one, run_change, selected_rows


class SQLDeleteCompiler(compiler.SQLDeleteCompiler):
    connection: Any
    query: Any

    def execute_sql(self, result_type: Any = None, *args: Any, **kwargs: Any) -> int:  # type: ignore[override]
        """Delete the rows; return how many there were."""
        rows = selected_rows(self)
        if rows.where == NOTHING:
            return 0
        return sum(run_change(self, "delete", part, self._deleted(part)) for part in one_by_one(self, rows))

    def _deleted(self, rows: Selection) -> Operation[int]:
        if rows.row_id is not None:
            try:
                plan = DeleteRow(rows.ref, rows.row_id)
                yield from execute_change(self.connection, rows.table, plan)
            except NotFound as error:
                if error.type not in NO_ROW:
                    raise
                return 0
            return 1
        count = 0
        for filters in split(rows.filters).requests:
            bulk = DeleteRows(rows.ref, filters)
            response = yield from execute_change(self.connection, rows.table, bulk)
            count += int(response["total"])
        return count
