"""Changes of rows."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from django.core.exceptions import FieldError
from django.db import DataError, NotSupportedError
from django.db.models import JSONField, TextField, functions
from django.db.models.expressions import Col, CombinedExpression, ExpressionWrapper, Value
from django.db.models.sql import compiler
from django.db.models.sql.constants import ROW_COUNT

from ...cache import cache_policy
from ...exceptions import Conflict, InvalidRequest, NotFound, Unavailable
from ...exceptions import IntegrityError as Taken
from ...integrity import NO_ROW_TO_INCREMENT, commit, commit_together, rows_by_id, unique_violation
from ...plans import EVERYTHING, NOTHING, OPERATIONS_LIMIT, IncrementRow, UpdateRow, UpdateRows, split
from ...sansio import Operation, run_sync
from ...tables.columns import BigInt, Column, Integer
from ...tables.system_columns import PERMISSIONS_KEY
from ...transactions import Transaction, enclosing, open_blocks
from ..atomic.transaction import StagedTransaction
from ..columns import ROW_ID, column_of, prepared_value, saved_value
from ..model_table import changed_tables, table_of, unique_keys
from ..permissions.values import row_update
from .cases import constants_by_row
from .conflicts import changed_rows, counted
from .insert import null_error
from .selection import Selection
from .target_rows import (
    computed_rows,
    execute_change,
    has_conditions,
    is_by_ids,
    is_guarded,
    one_by_one,
    run_change,
    selected_rows,
)

Raw = dict[str, Any]
Values = Mapping[str, Raw]

# Appwrite adds with doubles: beyond this a sum would lose its last digits in the store.
_EXACT = 2**53
# How often values are worked out again that were changed meanwhile.
_TRIES = 20
# Seconds before another attempt, at most, for each that has failed.
_PAUSE = 0.01
# Functions with another value at each call. Those for UUIDs are there from Django 6.1 on.
_VOLATILE = tuple(getattr(functions, name) for name in ("Now", "Random", "UUID4", "UUID7") if hasattr(functions, name))
_LIMITS = ("column_limit_exceeded", "attribute_limit_exceeded")


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

    def pre_sql_setup(self) -> None:  # type: ignore[override]
        """Leave the conditions as they are, unless parents are changed too: ids in their place would guard nothing."""
        if self.query.related_updates:
            super().pre_sql_setup()
        else:
            self.query.get_initial_alias()

    def execute_returning_sql(self, returning_fields: Any) -> Any:
        return [()] * self.execute_sql(ROW_COUNT)

    def _updated(self) -> int:
        values = [(field, self._value(field, value)) for field, _, value in self.query.values]
        constants = [(field, value) for field, value in values if not hasattr(value, "as_sql")]
        expressions = [(field, value) for field, value in values if hasattr(value, "as_sql")]
        added = {column_of(field).key: _added(field, value) for field, value in expressions}
        increments = {key: by for key, by in added.items() if by is not None}
        if any(increments.values()) and has_conditions(self):  # Appwrite adds also to a row that no longer meets them
            return self._update_unchanged(constants, expressions)
        if len(increments) < len(expressions):
            by_row = constants_by_row(expressions, self.connection)
            if by_row is None:
                return self._update_unchanged(constants, expressions)
            return self._update_rows(constants, by_row)
        changed = {column_of(field).key for field, _ in values} - {ROW_ID}
        if changed and is_guarded(self, changed):  # Appwrite checks conditions, and writes after that
            return self._update_unchanged(constants, expressions)
        rows = selected_rows(self)
        if rows.where == NOTHING:
            return 0
        data = self._data(constants, rows.row_id)
        return sum(
            self._run(part, self._written(part, data, increments))
            for part in one_by_one(self, rows, bulk=PERMISSIONS_KEY not in data)
        )

    def _run(self, rows: Selection, operation: Operation[int]) -> int:
        return run_change(self, "update", rows, operation)

    def _data(self, values: Sequence[tuple[Any, Any]], row_id: str | None) -> Raw:
        """Return the JSON of values by the keys of their columns."""
        data = {}
        for field, value in values:
            column = column_of(field)
            if value is None and not field.null:
                raise null_error(field)
            raw = column.encode_change(value)
            if column.key != ROW_ID:
                data[column.key] = raw
            elif row_id is None or raw != row_id:
                raise NotSupportedError(
                    f"{field.model._meta.label}.{field.name}: a primary key is the id of the row, which Appwrite"
                    " cannot change. Create another row, and delete this one."
                )
        return data

    def _value(self, field: Any, value: Any) -> Any:
        """Return the value as the field gives it to a database, or an expression."""
        if hasattr(value, "resolve_expression"):
            value = value.resolve_expression(self.query, allow_joins=False, for_save=True)
            if value.contains_aggregate:
                raise FieldError(f"Aggregate functions are not allowed in this query ({field.name}={value!r}).")
            if value.contains_over_clause:
                raise FieldError(f"Window expressions are not allowed in this query ({field.name}={value!r}).")
            if isinstance(value, Value):
                return saved_value(field, value, self.connection)
        elif hasattr(value, "prepare_database_save"):
            if not field.remote_field:
                raise TypeError(
                    f"Tried to update field {field} with a model instance, {value!r}. Use a value compatible with"
                    f" {type(field).__name__}."
                )
            value = value.prepare_database_save(field)
        return prepared_value(field, value, self.connection)

    # Values, and numbers that are added

    def _written(self, rows: Selection, data: Raw, increments: dict[str, int]) -> Operation[int]:
        if not data and not any(increments.values()):  # update(pk=...), F() + 0
            return len(list(computed_rows(self, ())))
        data = counted(rows.table, data)
        try:
            if rows.row_id is not None:
                return (yield from self._written_to_one(rows, rows.row_id, data, increments))
            if increments:
                return (yield from self._incremented(rows, data, increments))
            return (yield from self._written_to_many(rows, data))
        except NotFound as error:
            if error.type not in NO_ROW_TO_INCREMENT:
                raise
            return 0
        except InvalidRequest as error:
            if not increments or error.type not in _LIMITS:
                raise
            meta = self.query.model._meta
            names = ", ".join(field.name for field, _, _ in self.query.values if column_of(field).key in increments)
            raise DataError(
                f"{meta.label}.{names}: a sum would pass {_EXACT}, up to which Appwrite adds exactly."
            ) from error
        except Unavailable as error:
            # Appwrite answers 500 where a unique index refuses a bulk change, and changes nothing.
            if error.status == 500 and rows.row_id is None:
                yield from self._refuse_taken_values(rows, data)
            raise
        except Taken as error:
            written = [data if rows.row_id is None else {**data, ROW_ID: rows.row_id}]
            if getattr(error, "index", None) is not None:
                raise
            table, alias = table_of(self.query.model), self.connection.using
            raise (yield from unique_violation(table, alias, written, error)) from error

    def _refuse_taken_values(self, rows: Selection, data: Raw) -> Operation[None]:
        """Raise `UniqueViolation` if several rows would have the same values of a unique index."""
        if any(set(keys) & set(data) for keys in unique_keys(rows.table)):
            lookup = StagedTransaction(self.connection.using)  # it is never committed
            yield from lookup.stage([rows.table], UpdateRows(rows.ref, data, rows.filters))

    def _written_to_one(self, rows: Selection, row_id: str, data: Raw, increments: dict[str, int]) -> Operation[int]:
        yield from self._written_together(rows, _plans(rows, row_id, data, increments))
        return 1

    def _incremented(self, rows: Selection, data: Raw, increments: dict[str, int]) -> Operation[int]:
        """Change several rows of which numbers are added to: each by its id, for no bulk change adds to a bigint."""
        ids = [row_id for row_id, _ in computed_rows(self, ())]
        size = OPERATIONS_LIMIT // max(len(_plans(rows, "", data, increments)), 1)
        count = 0
        for start in range(0, len(ids), size):
            count += yield from self._added_to(rows, ids[start : start + size], data, increments)
        return count

    def _added_to(self, rows: Selection, ids: list[str], data: Raw, increments: dict[str, int]) -> Operation[int]:
        """Change these rows together, but for those that are gone; return how many there were."""
        while ids:
            plans = [plan for row_id in ids for plan in _plans(rows, row_id, data, increments)]
            try:
                yield from self._written_together(rows, plans)
                break
            except NotFound as error:
                existing = yield from rows_by_id(self.connection.using, rows.ref, ids)
                if error.type not in NO_ROW_TO_INCREMENT or len(existing) == len(ids):
                    raise
                ids = [row_id for row_id in ids if row_id.lower() in existing]
        return len(ids)

    def _written_together(self, rows: Selection, plans: Sequence[UpdateRow | IncrementRow]) -> Operation[None]:
        """Carry out changes, all or none: one as it is, several in a transaction of their own or in the open block."""
        if len(plans) > 1 and enclosing(self.connection.using) is None:
            yield from commit_together(self.connection.using, (changed_tables(rows.table, *plans), plans))
        else:
            for plan in plans:
                yield from execute_change(self.connection, rows.table, plan)

    def _written_to_many(self, rows: Selection, data: Raw) -> Operation[int]:
        count = 0
        for filters in split(rows.filters).requests:
            plan = UpdateRows(rows.ref, data, filters)
            response = yield from execute_change(self.connection, rows.table, plan)
            count += int(response["total"])
        return count

    def _update_rows(self, constants: Sequence[tuple[Any, Any]], by_row: dict[str, list[tuple[Any, Any]]]) -> int:
        """Write values of their own to rows, in transactions of 100 of them."""
        rows = self._whole_table()
        data = self._data(constants, None)
        changes = {row_id: {**data, **self._data(values, row_id)} for row_id, values in by_row.items()}
        return self._run(rows, self._changed_by_ids(rows, changes))

    def _changed_by_ids(self, rows: Selection, changes: Values) -> Operation[int]:
        selected = selected_rows(self)
        if is_by_ids(selected.where):  # rows that may be gone
            kept = {str(row_id): changes[str(row_id)] for row_id in selected.where.values or () if row_id in changes}
            try:
                yield from changed_rows(self.connection, rows.table, rows.ref, kept)
                return len(kept)
            except NotFound as error:
                if error.type not in NO_ROW_TO_INCREMENT:
                    raise
        kept = {row_id: changes[row_id] for row_id, _ in computed_rows(self, ()) if row_id in changes}
        yield from changed_rows(self.connection, rows.table, rows.ref, kept)
        return len(kept)

    def _whole_table(self) -> Selection:
        table = table_of(self.query.model)._meta
        return Selection(table, self.connection.ref(table), self.query.get_initial_alias(), EVERYTHING)

    # Values that are worked out of rows, or written only while rows meet conditions

    def _update_unchanged(self, constants: Sequence[tuple[Any, Any]], expressions: Sequence[tuple[Any, Any]]) -> int:
        """Write constants, and values that are computed from the rows, in transactions of 100 rows.

        A transaction is committed only if its rows still meet the conditions and have the values that were read. They
        are read again after staging, and Appwrite refuses the commit if a row is changed later than that. After a
        refusal everything is computed again. All reads go past the cache, which does not know of unreported changes.

        Within a block of Django the check comes at the end of the block, which then has to be run again. Within
        `atomic()` of this package nothing can be checked: NotSupportedError is raised.
        """
        rows = self._whole_table()
        block = open_blocks.get().get(self.connection.using)
        if block is not None and not isinstance(block.transaction, StagedTransaction):
            raise NotSupportedError(
                f"{self.query.model._meta.label}: update() of a model by an expression, or of a row with further"
                " conditions, cannot be part of django_appwrite_orm.atomic(). Use django.db.transaction.atomic(), to"
                " which changes of Tables belong too."
            )
        done: set[str] = set()
        compute = partial(self._computed, constants, expressions, done, {})
        with cache_policy(ttl=0):
            for attempt in range(_TRIES):
                if attempt:  # writers that begin again at once keep the slowest of them from ever finishing
                    time.sleep(random.uniform(0, attempt * _PAUSE))
                values: Values | None = compute()
                if values and self.connection.staged is not None:
                    if self._stage_unchanged(rows, self.connection.staged, values, compute):
                        return len(values)
                    continue
                while values:
                    part = dict(islice(values.items(), OPERATIONS_LIMIT))
                    values = self._write_unchanged(rows, part, compute)
                    if values is not None:
                        done.update(part)
                if values is not None:
                    return len(done)
        raise NotSupportedError(
            f"{rows.table.id}: these rows are changed so often that an update by an expression or by conditions did not"
            " come through."
        )

    def _stage_unchanged(
        self, rows: Selection, block: StagedTransaction, values: Values, compute: Callable[[], Values]
    ) -> bool:
        """Stage values in the block, with the rows that they were worked out of; not if `compute` returns others."""
        with self.connection.wrap_database_errors:
            bases = run_sync(block.rows.stored(rows.ref, list(values)))
        if compute() != values:  # `bases` may be later rows
            return False
        plans = [row_update(rows.ref, row_id, data) for row_id, data in values.items()]
        self._run(rows, _staged(rows, block, plans, bases))
        return True

    def _write_unchanged(self, rows: Selection, part: Values, compute: Callable[[], Values]) -> Values | None:
        """Write values to rows that `compute` still returns them for.

        Return what it returns for the other rows; None if one of these was changed meanwhile, and none is written.
        """
        transaction = Transaction(self.connection.using)
        if not self._run(rows, self._staged_apart(rows, transaction, part)):
            return None
        current = compute()
        if any(current.get(row_id) != data for row_id, data in part.items()):
            self._run(rows, _rolled_back(transaction))
            return None
        if not self._run(rows, _committed(transaction)):
            return None
        return {row_id: data for row_id, data in current.items() if row_id not in part}

    def _computed(
        self,
        constants: Sequence[tuple[Any, Any]],
        expressions: Sequence[tuple[Any, Any]],
        done: set[str],
        first_values: dict[Hashable, Any],
    ) -> dict[str, Raw]:
        """Return what is to be written to each row, by its id.

        `first_values` keeps those of volatile functions, such as Now(), while the columns beside them are the same.
        """
        rows: dict[str, Raw] = {}
        typed = [_typed(field, value) for field, value in expressions]
        # Of a value in JSON, None is null in SQL or in JSON: its text says which.
        texts = [ExpressionWrapper(value, TextField()) for field, value in expressions if isinstance(field, JSONField)]
        volatile = [place for place, (_, value) in enumerate(expressions) if _is_volatile(value)]
        columns = [node for place in volatile for node in expressions[place][1].flatten() if isinstance(node, Col)]
        computed = [*typed, *texts]
        for row_id, values in computed_rows(self, [*computed, *columns]):
            if row_id not in done:
                basis = repr(values[len(computed) :])
                kept = [
                    first_values.setdefault((row_id, place, basis), value) if place in volatile else value
                    for place, value in enumerate(values[: len(computed)])
                ]
                pairs = self._prepared([field for field, _ in expressions], kept)
                table = table_of(self.query.model)._meta
                rows[row_id] = counted(table, self._data([*constants, *pairs], row_id))
        return rows

    def _prepared(self, fields: Sequence[Any], values: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield each field and what it gives a database for its value; the texts of those in JSON come last."""
        texts = iter(values[len(fields) :])
        for field, value in zip(fields, values, strict=False):
            if isinstance(field, JSONField) and next(texts) is not None and value is None:
                yield field, saved_value(field, Value(None, field), self.connection)
            else:
                yield field, prepared_value(field, value, self.connection)

    def _staged_apart(self, rows: Selection, transaction: Transaction, values: Values) -> Operation[int]:
        """Stage these values; return 0 if a row is gone."""
        try:
            plans = [row_update(rows.ref, row_id, data) for row_id, data in values.items()]
            yield from transaction.stage_all(changed_tables(rows.table, *plans), plans)
        except NotFound as error:
            yield from transaction.roll_back()
            if error.type not in NO_ROW_TO_INCREMENT:
                raise
            return 0
        return len(values)


def _is_volatile(expression: Any) -> bool:
    """Whether an expression may have another value each time, also over the same row."""
    return any(isinstance(node, _VOLATILE) for node in expression.flatten())


def _typed(field: Any, value: Any) -> Any:
    """Return an expression that has a type: that of the field, where it is of several or of none."""
    try:
        return value if value.output_field is not None else ExpressionWrapper(value, output_field=field)
    except FieldError:
        return ExpressionWrapper(value, output_field=field)


def _committed(transaction: Transaction) -> Operation[int]:
    """Commit; return 0 if a row was changed or deleted since it was staged."""
    try:
        yield from commit(transaction)
    except Taken:
        raise
    except (Conflict, NotFound):
        return 0
    return 1


def _staged(
    rows: Selection, block: StagedTransaction, plans: Sequence[UpdateRow], bases: Sequence[Raw]
) -> Operation[int]:
    yield from block.stage_computed(rows.table, rows.ref, plans, bases)
    return len(plans)


def _rolled_back(transaction: Transaction) -> Operation[int]:
    yield from transaction.roll_back()
    return 0


def _added(field: Any, value: Any) -> int | None:
    """Return what F(field) plus or minus a whole number adds; None for another expression."""
    if (
        isinstance(value, CombinedExpression)
        and value.connector in ("+", "-")
        and isinstance(value.lhs, Col)
        and value.lhs.target == field
        and isinstance(value.rhs, Value)
        and type(value.rhs.value) is int
        and _takes_increments(column_of(field).column)
    ):
        return value.rhs.value if value.connector == "+" else -value.rhs.value
    return None


def _takes_increments(column: Column) -> bool:
    """Whether Appwrite may add to the column: its route does not know the bounds of a column."""
    return type(column) in (BigInt, Integer) and column.min is None and column.max is None  # type: ignore[attr-defined]


def _plans(rows: Selection, row_id: str, data: Raw, increments: dict[str, int]) -> list[UpdateRow | IncrementRow]:
    plans: list[UpdateRow | IncrementRow] = [row_update(rows.ref, row_id, data)] if data else []
    return plans + [
        IncrementRow(rows.ref, row_id, {key: ""}, by, _EXACT if by > 0 else -_EXACT)
        for key, by in increments.items()
        if by
    ]
