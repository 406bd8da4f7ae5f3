"""New rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, NotSupportedError
from django.db.models.expressions import DatabaseDefault, Value
from django.db.models.sql import Query, compiler

from ...exceptions import DuplicateId
from ...exceptions import IntegrityError as Taken
from ...execution import execute_write
from ...integrity import resolve_create_conflict
from ...plans import BULK_LIMIT, CreateRow, CreateRows
from ...sansio import Operation
from ..columns import ROW_ID, ModelColumn, column_of
from ..keys import NumberKey, key_of
from ..shadow import table_of
from ..statements import Statement
from .row_ids import new_numbers, skip_taken

Raw = dict[str, Any]
# How often numbers are asked for again that were taken.
_TRIES = 5


class SQLInsertCompiler(compiler.SQLInsertCompiler):
    connection: Any
    query: Any

    def execute_sql(self, returning_fields: Any = None) -> list[tuple[Any, ...]]:  # type: ignore[override]
        """Create the rows; return of each the values of `returning_fields`."""
        if self.query.on_conflict:
            raise NotSupportedError("Appwrite's backend has no ignore_conflicts and update_conflicts yet.")
        self.returning_fields = returning_fields
        model = self.query.get_meta().model
        columns = [column_of(field) for field in self.query.fields]
        rows = [self._row(columns, obj) for obj in self.query.objs]
        text = (
            f"create {table_of(model)._meta.id} ({len(rows)} rows)"
            if len(rows) > 1
            else (f"create {table_of(model)._meta.id}")
        )
        statement = Statement.of(text, self._created(model, rows), changes=True, strategy="direct")
        created: list[Raw] = self.connection.run(statement)
        self.connection.note_changed(table_of(model)._meta.id)
        if not returning_fields:
            return []
        returned = [column_of(field) for field in returning_fields]
        values: Any = [tuple(_decoded(column, raw) for column in returned) for raw in created]
        converters = self.get_converters([field.get_col(model._meta.db_table) for field in returning_fields])
        return list(self.apply_converters(values, converters) if converters else values)

    def _row(self, columns: Sequence[ModelColumn], obj: Any) -> Raw:
        """Return the JSON of a new row by the keys of its columns."""
        row: Raw = {}
        for field, column in zip(self.query.fields, columns, strict=True):
            value = self._plain(field, self.prepare_value(field, self.pre_save_val(field, obj)))
            if value is None and (not field.null or field.primary_key):
                raise null_error(field)
            row[column.key] = column.encode(value)
        pk = obj._meta.pk if hasattr(obj, "_meta") else self.query.get_meta().pk
        if ROW_ID not in row and key_of(pk).has_column:
            row[ROW_ID] = key_of(pk).row_id(row[column_of(pk).key])
        return row

    def _plain(self, field: Any, value: Any) -> Any:
        """Return the value of an expression that needs no table."""
        if isinstance(value, DatabaseDefault):
            value = value.expression  # type: ignore[attr-defined]
        if isinstance(value, Value):
            return field.get_db_prep_save(value.value, self.connection)
        if hasattr(value, "as_sql"):
            query = Query(None)
            query.add_annotation(value, "value", select=True)
            ((result,),) = query.get_compiler(connection=self.connection).results_iter(tuple_expected=True)
            return field.get_db_prep_save(result, self.connection)
        return value

    def _created(self, model: Any, rows: Sequence[Raw]) -> Operation[list[Raw]]:
        """Create rows, in parts of 100; those without a primary key get one."""
        created: list[Raw] = []
        for start in range(0, len(rows), BULK_LIMIT):
            created += yield from self._part_created(model, rows[start : start + BULK_LIMIT])
        return created

    def _part_created(self, model: Any, rows: Sequence[Raw]) -> Operation[list[Raw]]:
        table, alias = table_of(model), self.connection.appwrite_alias
        ref, appwrite, pk = self.connection.ref(table._meta), self.connection.appwrite, model._meta.pk
        without = [row for row in rows if ROW_ID not in row]
        for attempt in range(_TRIES):
            sent = [dict(row) for row in rows]
            if without:
                numbers = iter((yield from new_numbers(pk, appwrite, ref, len(without))))
                for row in sent:
                    if ROW_ID not in row:
                        row[ROW_ID] = NumberKey().row_id(next(numbers))
                if (staged := self.connection.staged) is not None:
                    staged.note_new(row[ROW_ID] for row, given in zip(sent, rows, strict=True) if ROW_ID not in given)
            try:
                return (yield from self._sent(table, alias, ref, sent, made_here=bool(without)))
            except DuplicateId:
                if not without or attempt == _TRIES - 1:
                    raise
                yield from skip_taken(pk, appwrite, ref)
        raise AssertionError("unreachable")

    def _sent(self, table: Any, alias: str, ref: Any, rows: list[Raw], *, made_here: bool) -> Operation[list[Raw]]:
        plan: CreateRow | CreateRows
        if len(rows) == 1:
            data = {key: value for key, value in rows[0].items() if key != ROW_ID}
            plan = CreateRow(ref, rows[0][ROW_ID], data)
        else:
            plan = CreateRows(ref, tuple(rows))
        try:
            answer = yield from execute_write([table._meta], alias, plan)
        except Taken as error:
            if self.connection.staged is not None:  # it says what is taken
                raise
            made = {row[ROW_ID] for row in rows} if made_here else set()
            return (yield from resolve_create_conflict(table, alias, rows, error, made_here=made))
        if isinstance(plan, CreateRow):
            return [answer]
        by_id = {raw[ROW_ID]: raw for raw in answer["rows"]}
        return [by_id.get(row[ROW_ID], row) for row in rows]


def null_error(field: Any) -> IntegrityError:
    """Return the error of Django's SQL databases for a missing value."""
    return IntegrityError(f"NOT NULL constraint failed: {field.model._meta.db_table}.{field.column}")


def _decoded(column: ModelColumn, raw: Raw) -> Any:
    value = raw.get(column.key)
    return value if value is None or column.decode is None else column.decode(value)
