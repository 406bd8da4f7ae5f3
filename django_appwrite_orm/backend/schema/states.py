"""Tables before and after a change of their model, for the schema package."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import NotSupportedError, models

from ...schema import DeclaredTable, declared_table
from ...schema.declared import declared_index
from ...schema.descriptions import column_state, index_state
from ...schema.state import IndexState, TableState
from ...tables import Index, UniqueIndex
from ...tables.columns import BigInt, Column
from ..columns import ModelColumn, column_of
from ..compile.auto_increment import COUNTER
from ..indexes import index_of_field, indexes_of_options
from ..model_table import table_of
from ..names import COUNTERS, index_key

Model = type[models.Model]


def state_of(model: Model, connection: Any) -> DeclaredTable:
    """Return the table of a model. `connection` is that of Django, which converts the defaults of the database."""
    table = declared_table(table_of(model))
    for field in model._meta.local_concrete_fields:
        if has_server_default(field):
            table = _with_column(table, _kind(field, None, connection))
    return table


def state_of_counters() -> DeclaredTable:
    """Return the table of the counters for primary keys."""
    last = BigInt(required=True).bound(COUNTER)
    state = TableState(COUNTERS, COUNTERS, columns={COUNTER: column_state(last.definition())})
    return DeclaredTable(state, {COUNTER: last})


def with_field(table: DeclaredTable, field: Any, default: Any, connection: Any) -> DeclaredTable:
    """Return the table with the column of a field, and its index. `default`: the JSON of rows without a value."""
    table = _with_column(table, _kind(field, default, connection))
    return replace(table, state=_with_own_index(table.state, field))


def with_other_field(
    table: DeclaredTable, old_field: Any, new_field: Any, default: Any, connection: Any
) -> DeclaredTable:
    """Return the table with the column of one field in the place of that of another.

    The indexes over the column stay, with the names that they have for the new field. `default` is the JSON of rows
    without a value.
    """
    old = column_of(old_field)
    kind = _changed_kind(old_field, new_field, default, connection)
    state = _without_column(table, old.key).state.with_column(column_state(kind.definition()))
    state = _with_own_index(state, new_field)
    own = index_of_field(old_field)
    renamed = _together_keys(old_field, new_field)
    for index in {**_indexes_of_options(old_field.model), **table.state.indexes}.values():
        if old.key in index.columns and (own is None or index.key != own.key):
            columns = tuple(kind.key if key == old.key else key for key in index.columns)
            changed = replace(index, key=renamed.get(index.key, index.key), columns=columns)
            if index.key in table.state.indexes or not _has_same_index(state, changed):
                state = state.with_index(changed)
    objects = {key: column for key, column in table.columns.items() if key != old.key}
    former = {kind.key: old.key} if old.key != kind.key else {}
    return replace(table, state=state, columns={**objects, kind.key: kind}, former=former)


def with_other_fields(
    old: Model, new: Model, fields: Iterable[tuple[Any, Any]], connection: Any
) -> tuple[DeclaredTable, DeclaredTable]:
    """Return the table of `new` before and after its fields take the place of those of `old`.

    `fields` are pairs of an old field and a new one; the table has its new id already.
    """
    before, after = state_of(old, connection), state_of(new, connection)
    columns, former = dict(after.columns), {}
    for old_field, new_field in fields:
        kind = columns[column_of(new_field).key] = _changed_kind(old_field, new_field, None, connection)
        if (old_key := column_of(old_field).key) != kind.key:
            former[kind.key] = old_key
    state = replace(before.state, id=after.state.id, name=after.state.name)
    return replace(before, state=state), replace(after, columns=columns, former=former)


def has_server_default(field: Any) -> bool:
    """Whether Appwrite fills the column of a field in rows that others create without it.

    Where null is a value of the field it does not: Appwrite would replace null too.
    """
    if field.column is None or not field.has_db_default() or field.null or field.primary_key:
        return False
    return _is_value(field.db_default) and not column_of(field).column.array


def server_default(field: Any, connection: Any) -> Any:
    """Return the JSON of the `db_default` of a field. Raises NotSupportedError for one that is not a value."""
    column, default = column_of(field), field.db_default
    if not _is_value(default):
        raise NotSupportedError(f"{column!r}: a db_default on Appwrite is a value, not {default!r}.")
    value = default.value if isinstance(default, models.Value) else default
    return column.encode_change(field.get_db_prep_save(value, connection))


def _is_value(default: Any) -> bool:
    return isinstance(default, models.Value) or not hasattr(default, "resolve_expression")


def without_field(table: DeclaredTable, field: Any) -> DeclaredTable:
    """Return the table without the column of a field and the indexes over it."""
    return _without_column(table, column_of(field).key)


def without_index(table: DeclaredTable, key: str) -> DeclaredTable:
    """Return the table without the index of this key."""
    indexes = {name: index for name, index in table.state.indexes.items() if name != key}
    return replace(table, state=replace(table.state, indexes=indexes))


def with_index(table: DeclaredTable, index: IndexState) -> DeclaredTable:
    """Return the table with one more index."""
    return replace(table, state=table.state.with_index(index))


def key_together(names: Iterable[str], kind: type[Index]) -> str:
    """Return the key of the index that `unique_together` or `index_together` makes over these fields."""
    return index_key("_".join([*names, "uniq" if kind is UniqueIndex else "idx"]))


def _kind(field: Any, default: Any, connection: Any) -> Column:
    """Return the kind of the column of a field. `default`: the JSON of rows without a value."""
    column = column_of(field)
    kind = column.column.bound(field.name)
    kind.key = column.key
    if default is not None:
        kind.default = kind.to_python(default)
    if has_server_default(field):  # Appwrite has no default for a required column
        kind.required, kind.db_default = False, kind.to_python(server_default(field, connection))
    return kind


def _with_column(table: DeclaredTable, kind: Column) -> DeclaredTable:
    state = table.state.with_column(column_state(kind.definition()))
    return replace(table, state=state, columns={**table.columns, kind.key: kind})


def _changed_kind(old_field: Any, new_field: Any, default: Any, connection: Any) -> Column:
    """Return the kind of the column of a field that takes the place of another one, with the conversion it needs."""
    old, kind = column_of(old_field), _kind(new_field, default, connection)
    if type(kind) is not type(old.column):
        kind.convert = _conversion(old, column_of(new_field), kind, connection)
    return kind


def _with_own_index(state: TableState, field: Any) -> TableState:
    index = index_of_field(field)
    if index is None:
        return state
    described = {"columns": [column_of(field).key], "orders": index.orders, "lengths": index.lengths}
    return state.with_index(index_state({"key": index.key, "type": index.type, **described}))


def _indexes_of_options(model: Model) -> dict[str, IndexState]:
    """Return the indexes of the model's options by key, those too that the table has as the index of a field."""
    table = table_of(model)
    return {index.key: declared_index(table, index) for index in indexes_of_options(model)}


def _has_same_index(state: TableState, index: IndexState) -> bool:
    return any(replace(other, key=index.key) == index for other in state.indexes.values())


def _without_column(table: DeclaredTable, key: str) -> DeclaredTable:
    columns = {name: column for name, column in table.state.columns.items() if name != key}
    indexes = {name: index for name, index in table.state.indexes.items() if key not in index.columns}
    objects = {name: column for name, column in table.columns.items() if name != key}
    return replace(table, state=replace(table.state, columns=columns, indexes=indexes), columns=objects)


def _together_keys(old_field: Any, new_field: Any) -> dict[str, str]:
    """Return the new keys of the indexes over several fields, by the old ones, when one of the fields is renamed."""
    keys: dict[str, str] = {}
    for kind, attribute in ((UniqueIndex, "unique_together"), (Index, "index_together")):
        for names in getattr(old_field.model._meta, attribute, ()):
            renamed = [new_field.name if name == old_field.name else name for name in names]
            keys[key_together(names, kind)] = key_together(renamed, kind)
    return keys


def _conversion(old: ModelColumn, new: ModelColumn, kind: Column, connection: Any) -> Callable[[Any], Any]:
    """Return what makes the value of the new column from the JSON of the old one, by way of the fields' values."""

    def convert(raw: Any) -> Any:
        value = raw if old.decode is None else old.decode(raw)
        if hasattr(old.field, "from_db_value"):
            value = old.field.from_db_value(value, None, connection)
        converted = new.field.to_python(value)
        if isinstance(value, (float, decimal.Decimal)) and isinstance(converted, int) and converted != value:
            raise ValidationError(f"{value} is not a whole number.")
        return kind.to_python(new.encode(new.field.get_db_prep_save(converted, connection)))

    return convert
