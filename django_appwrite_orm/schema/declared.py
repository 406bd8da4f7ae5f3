"""The schema that table classes declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from ..exceptions import ConfigurationError
from ..registry import registry
from ..tables import Index, Row
from ..tables.columns import Column
from .state import IndexState, TableState, column_state, index_state, permission_set
from .values import fill_of

# Columns that every row has, by their names in Python; an index may be over them.
SYSTEM_COLUMNS = {"id": "$id", "pk": "$id", "created_at": "$createdAt", "updated_at": "$updatedAt"}


def tables_named(labels: Sequence[str], using: str) -> list[type[Row]]:
    """The registered tables that can live on connection `using`: those that name it in `Meta.using`, and those that
    name none. `labels` (an app's label, or a table's name, id or label) choose among them; none: all of them.
    Raises `ConfigurationError` for an unknown one."""
    named = {table for label in labels for table in registry.of_app(label) or [registry.get(label)]}
    return [table for table in registry.all() if (not labels or table in named) and table._meta.using in (None, using)]


@dataclass(frozen=True, slots=True)
class DeclaredTable:
    """What a table class wants: the state, and the column objects behind it by key."""

    state: TableState
    columns: Mapping[str, Column]


def declared_table(table: type[Row]) -> DeclaredTable:
    """The table as its class wants it. Raises `ConfigurationError` for an index over an unknown column, for a
    column renamed from one that is still declared, and for a default that a required column does not take."""
    meta = table._meta
    for column in meta.columns.values():
        _check_migrating(table, column)
    columns = [column_state(column.definition()) for column in meta.columns.values()]
    indexes = [declared_index(table, index) for index in meta.indexes]
    state = TableState(
        id=meta.id,
        name=meta.name,
        permissions=permission_set(meta.permissions),
        row_security=meta.row_security,
        enabled=meta.enabled,
        columns={column.key: column for column in columns},
        indexes={index.key: index for index in indexes},
    )
    return DeclaredTable(state, meta.by_key)


def _check_migrating(table: type[Row], column: Column) -> None:
    where = f"{table.__name__}.{column.name}"
    if column.renamed_from in table._meta.by_key:
        raise ConfigurationError(
            f"{where}: renamed_from={column.renamed_from!r} is a column of the table still."
            " Rename over a third key, one migration at a time, or drop renamed_from."
        )
    if column.required and (default := fill_of(column)) is not None:
        try:
            column.clean(default)
        except ValidationError as error:
            raise ConfigurationError(f"{where}: its default is no value of it: {' '.join(error.messages)}") from None


def declared_index(table: type[Row], index: Index) -> IndexState:
    keys: Mapping[str, str] = SYSTEM_COLUMNS | {name: column.key for name, column in table._meta.columns.items()}
    for name in index.columns:
        if name not in keys and name not in keys.values():
            raise ConfigurationError(
                f"{table.__name__}.Meta.indexes: {index!r} names {name!r}, which is no column of the table."
                f" Use one of: {', '.join(keys)}."
            )
    return index_state({
        "key": index.key,
        "type": index.type,
        "columns": [keys.get(name, name) for name in index.columns],
        "orders": index.orders,
        "lengths": index.lengths,
    })  # fmt: skip
