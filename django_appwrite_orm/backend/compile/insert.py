"""New rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, ProgrammingError
from django.db.models.constants import OnConflict
from django.db.models.expressions import DatabaseDefault, Value
from django.db.models.sql import Query, compiler

from ...exceptions import DuplicateId
from ...exceptions import IntegrityError as Taken
from ...integrity import has_values, resolve_create_conflict
from ...plans import BULK_LIMIT, CreateRow, CreateRows
from ...sansio import Operation
from ...tables.system_columns import PERMISSIONS_KEY
from ..atomic.block_rows import BlockRows, compared_values
from ..columns import (
    ROW_ID,
    UNPREPARED,
    ModelColumn,
    column_of,
    columns_of,
    prepared_value,
    saved_value,
    unprepared,
)
from ..keys import NumberKey, key_of
from ..model_table import has_bulk_routes, table_of, unique_keys
from ..permissions.values import pending_permissions
from ..statements import Statement
from .auto_increment import new_numbers, skip_taken
from .conflicts import TRIES, changed_rows, free_rows, stored_rows
from .target_rows import execute_change

Raw = dict[str, Any]
# How often numbers are asked for again that were taken.
_TRIES = 5


class SQLInsertCompiler(compiler.SQLInsertCompiler):
    connection: Any
    query: Any

    def execute_sql(self, returning_fields: Any = None) -> list[tuple[Any, ...]]:  # type: ignore[override]
        """Create the rows; return of each the values of `returning_fields`."""
        self.returning_fields = returning_fields
        model = self.query.get_meta().model
        columns = [column_of(field) for field in self.query.fields]
        rows = [self._row(columns, obj) for obj in self.query.objs]
        table_id = table_of(model)._meta.id
        text = f"create {table_id}" if len(rows) == 1 else f"create {table_id} ({len(rows)} rows)"
        statement = Statement.of(text, self._operation(model, rows), changes=True, strategy="direct")
        created: list[Raw] = self.connection.run(statement)
        self.connection.note_changed(table_id)
        if not returning_fields:
            return []
        returned = [column_of(field) for field in returning_fields]
        if self.connection.staged is not None:  # only the commit makes what Appwrite keeps of a row
            created = [{key: raw[key] for key in raw if key == ROW_ID or key[0] != "$"} for raw in created]
        values: Any = [tuple(column.value_in(raw) for column in returned) for raw in created]
        converters = self.get_converters([field.get_col(model._meta.db_table) for field in returning_fields])
        return list(self.apply_converters(values, converters) if converters else values)

    def _row(self, columns: Sequence[ModelColumn], obj: Any) -> Raw:
        """Return the JSON of a new row by the keys of its columns."""
        row: Raw = {}
        for field, column in zip(self.query.fields, columns, strict=True):
            value = self._plain(field, self._prepared(field, self.pre_save_val(field, obj)))
            if value is None and (not field.null or field.primary_key):
                raise null_error(field)
            row[column.key] = column.encode(value)
        for column in columns_of(self.query.get_meta().model):
            if column.key not in row and column.field.has_db_default():
                row[column.key] = column.encode(self._plain(column.field, _db_default(column.field)))
        if (version := table_of(self.query.get_meta().model)._meta.version) is not None:
            row[version.key] = version.get_default()
        row |= pending_permissions(obj)
        pk = self.query.get_meta().pk  # a row of a parent is made of an instance of the child
        if ROW_ID not in row and key_of(pk).has_column:
            row[ROW_ID] = key_of(pk).row_id(row[column_of(pk).key])
        return row

    def _prepared(self, field: Any, value: Any) -> Any:
        try:
            return self.prepare_value(field, value)
        except UNPREPARED as error:
            raise unprepared(field, error) from error

    def _plain(self, field: Any, value: Any) -> Any:
        """Return the value of an expression that needs no table."""
        if isinstance(value, DatabaseDefault):
            value = value.expression  # type: ignore[attr-defined]
        if isinstance(value, Value):
            return saved_value(field, value, self.connection)
        if hasattr(value, "as_sql"):
            query = Query(None)
            query.add_annotation(value, "value", select=True)
            ((result,),) = query.get_compiler(connection=self.connection).results_iter(tuple_expected=True)
            return prepared_value(field, result, self.connection)
        return value

    def _operation(self, model: Any, rows: list[Raw]) -> Operation[list[Raw]]:
        if self.query.on_conflict is None:
            return self._created(model, rows)
        if self.query.on_conflict == OnConflict.IGNORE:
            return self._created_where_free(model, rows)
        return self._created_or_changed(model, rows)

    def _created_where_free(self, model: Any, rows: list[Raw]) -> Operation[list[Raw]]:
        """Create the rows of which nobody has the id or a unique value."""
        meta = table_of(model)._meta
        ref = self.connection.ref(meta)
        for _ in range(TRIES):
            free = yield from free_rows(self._lookup(), meta, ref, rows)
            try:
                return (yield from self._created(model, free))
            except Taken:
                continue
        raise IntegrityError(f"{meta.id}: other processes create the same rows all the time.")

    def _created_or_changed(self, model: Any, rows: list[Raw]) -> Operation[list[Raw]]:
        """Create the rows of which nobody has the values of the unique fields, and change those of the others."""
        meta = table_of(model)._meta
        ref = self.connection.ref(meta)
        unique = list(self.query.unique_fields)
        by_id = len(unique) == 1 and unique[0].primary_key
        keys = [ROW_ID] if by_id else [column_of(field).key for field in unique]
        if not by_id and not any(set(keys) == set(index) for index in unique_keys(meta)):
            names = ", ".join(field.name for field in unique)
            raise ProgrammingError(f"{model._meta.label}: unique_fields must be those of a unique index, not {names}.")
        updated = [column_of(field) for field in self.query.update_fields]
        for _ in range(TRIES):
            stored = yield from stored_rows(self._lookup(), ref, keys, rows)
            new: dict[Any, Raw] = {}
            changes: dict[str, Raw] = {}
            for place, row in enumerate(rows):
                values = compared_values(keys, row) if has_values(keys, row) else (place,)
                data = {column.key: column.checked_change(row[column.key]) for column in updated}
                if values in stored:
                    changes.setdefault(stored[values][ROW_ID], {}).update(data)
                elif values in new:
                    new[values].update(data)
                else:
                    new[values] = dict(row)
            try:
                created = yield from self._created(model, list(new.values()))
            except Taken:
                if (yield from stored_rows(self._lookup(), ref, keys, list(new.values()))):
                    continue
                raise
            yield from changed_rows(self.connection, meta, ref, changes)
            made = {compared_values(keys, row): row for row in created} | {
                values: {**row, **changes.get(row[ROW_ID], {})} for values, row in stored.items()
            }
            others = iter([row for row in created if compared_values(keys, row) not in made])
            return [made.get(compared_values(keys, row)) or next(others, row) for row in rows]
        raise IntegrityError(f"{meta.id}: other processes create the same rows all the time.")

    def _lookup(self) -> BlockRows:
        """Return what reads rows as they are at this statement."""
        block = self.connection.staged
        return BlockRows(self.connection.using) if block is None else block.rows

    def _created(self, model: Any, rows: Sequence[Raw]) -> Operation[list[Raw]]:
        """Create rows, in parts of 100, or one by one; those without a primary key get one."""
        created: list[Raw] = []
        has_bulk = has_bulk_routes(table_of(model)) and not self.connection.is_for_users
        size = BULK_LIMIT if has_bulk else 1
        for start in range(0, len(rows), size):
            created += yield from self._part_created(model, rows[start : start + size])
        return created

    def _part_created(self, model: Any, rows: Sequence[Raw]) -> Operation[list[Raw]]:
        table, alias = table_of(model), self.connection.using
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
            data = {key: value for key, value in rows[0].items() if key not in (ROW_ID, PERMISSIONS_KEY)}
            granted = rows[0].get(PERMISSIONS_KEY)
            plan = CreateRow(ref, rows[0][ROW_ID], data, None if granted is None else tuple(granted))
        else:
            plan = CreateRows(ref, tuple(rows))
        try:
            response = yield from execute_change(self.connection, table._meta, plan)
        except Taken as error:
            if self.connection.staged is not None:  # it says what is taken
                raise
            made = {row[ROW_ID] for row in rows} if made_here else set()
            return (yield from resolve_create_conflict(table, alias, rows, error, made_here=made))
        if isinstance(plan, CreateRow):
            return [response]
        by_id = {raw[ROW_ID]: raw for raw in response["rows"]}
        return [by_id.get(row[ROW_ID], row) for row in rows]


def _db_default(field: Any) -> Any:
    """Return what a new row has in a field of which it says nothing."""
    default = field.db_default
    return default if hasattr(default, "as_sql") else Value(default)


def null_error(field: Any) -> IntegrityError:
    """Return the error of Django's SQL databases for a missing value."""
    return IntegrityError(f"NOT NULL constraint failed: {field.model._meta.db_table}.{field.column}")
