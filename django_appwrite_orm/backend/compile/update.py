"""Changes of rows."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldError
from django.db import NotSupportedError
from django.db.models.expressions import Col, CombinedExpression, Value
from django.db.models.sql import compiler
from django.db.models.sql.constants import ROW_COUNT

from ...exceptions import IntegrityError as Taken
from ...exceptions import NotFound
from ...execution import execute_write
from ...integrity import unique_violation
from ...plans import EVERYTHING, NOTHING, IncrementRow, UpdateRow, UpdateRows, split
from ...sansio import Operation
from ..columns import ROW_ID, column_of
from ..shadow import table_of
from ..statements import Statement
from .insert import null_error
from .select import Selection, base_selection
from .untranslatable import Untranslatable

Raw = dict[str, Any]


class SQLUpdateCompiler(compiler.SQLUpdateCompiler):
    connection: Any
    query: Any

    def execute_sql(self, result_type: Any) -> int:  # type: ignore[override]
        """Change the rows; return how many there were."""
        self.pre_sql_setup()
        count = self._updated() if self.query.values else None
        for query in self.query.get_related_updates():
            of_parent = query.get_compiler(self.using).execute_sql(ROW_COUNT)
            count = of_parent if count is None else count
        return count or 0

    def execute_returning_sql(self, returning_fields: Any) -> Any:
        return [()] * self.execute_sql(ROW_COUNT)

    def _updated(self) -> int:
        values = [(field, self._value(field, value)) for field, _, value in self.query.values]
        try:
            rows = base_selection(self)
        except Untranslatable as reason:
            raise NotSupportedError(
                f"{self.query.model._meta.label}: an update with {reason} is not supported."
            ) from None
        if rows.where == NOTHING:
            return 0
        data, increments = {}, {}
        for field, value in values:
            if (column := column_of(field)).key == ROW_ID:
                if rows.row_id is None or column.encode(value) != rows.row_id:
                    raise NotSupportedError(
                        f"{field.model._meta.label}.{field.name}: a primary key is the id of the row, which Appwrite"
                        " cannot change. Create another row, and delete this one."
                    )
            elif hasattr(value, "as_sql"):
                increments[column.key] = self._increment(field, value, rows)
            elif value is None and not field.null:
                raise null_error(field)
            else:
                data[column.key] = column.encode_change(value)
        statement = Statement.of(
            f"update {rows.table.id} {'and '.join(map(str, rows.filters))}".rstrip(),
            self._written(rows, data, increments),
            changes=True,
            strategy="direct",
        )
        count: int = self.connection.run(statement)
        self.connection.note_changed(rows.table.id)
        return count

    def _value(self, field: Any, value: Any) -> Any:
        """Return the value as the field gives it to a database, or an expression."""
        if hasattr(value, "resolve_expression"):
            value = value.resolve_expression(self.query, allow_joins=False, for_save=True)
            if value.contains_aggregate:
                raise FieldError(f"Aggregate functions are not allowed in this query ({field.name}={value!r}).")
            if value.contains_over_clause:
                raise FieldError(f"Window expressions are not allowed in this query ({field.name}={value!r}).")
            if isinstance(value, Value):
                value = value.value
        elif hasattr(value, "prepare_database_save"):
            if not field.remote_field:
                raise TypeError(
                    f"Tried to update field {field} with a model instance, {value!r}. Use a value compatible with"
                    f" {type(field).__name__}."
                )
            value = value.prepare_database_save(field)
        return field.get_db_prep_save(value, connection=self.connection)

    def _increment(self, field: Any, value: Any, rows: Selection) -> int:
        """Return what F(field) plus or minus a number adds. Raises NotSupportedError for another expression."""
        if (
            isinstance(value, CombinedExpression)
            and value.connector in ("+", "-")
            and isinstance(value.lhs, Col)
            and value.lhs.target == field
            and isinstance(value.rhs, Value)
            and type(value.rhs.value) is int
            and column_of(field).column.kind.name == "bigint"
            and rows.row_id is not None
        ):
            return value.rhs.value if value.connector == "+" else -value.rhs.value
        raise NotSupportedError(
            f"{field.model._meta.label}.{field.name}: only F({field.name!r}) plus or minus a whole number can be"
            " written, to one row by its primary key. Read the rows, and save them."
        )

    def _written(self, rows: Selection, data: Raw, increments: dict[str, int]) -> Operation[int]:
        if not data and not increments:
            return 1 if rows.row_id is not None else 0
        alias = self.connection.appwrite_alias
        try:
            if rows.row_id is None:
                return (yield from self._written_to_many(rows, data))
            plans: list[UpdateRow | IncrementRow] = [UpdateRow(rows.ref, rows.row_id, data)] if data else []
            plans += [IncrementRow(rows.ref, rows.row_id, {key: ""}, by) for key, by in increments.items() if by]
            for plan in plans:
                yield from execute_write([rows.table], alias, plan)
        except NotFound as error:
            if error.type not in ("row_not_found", "document_not_found"):
                raise
            return 0
        except Taken as error:
            written = [data if rows.row_id is None else {**data, ROW_ID: rows.row_id}]
            raise (yield from unique_violation(table_of(self.query.model), alias, written, error)) from error
        return 1

    def _written_to_many(self, rows: Selection, data: Raw) -> Operation[int]:
        count = 0
        for filters in split(rows.filters).requests if rows.where != EVERYTHING else [()]:
            plan = UpdateRows(rows.ref, data, tuple(filters))
            answer = yield from execute_write([rows.table], self.connection.appwrite_alias, plan)
            count += int(answer["total"])
        return count
