"""The schema that table classes declare."""

from __future__ import annotations

from collections.abc import Mapping

from ..exceptions import ConfigurationError
from ..tables import Index, Row
from .state import IndexState, TableState, column_state, index_state, permission_set

# Columns that every row has, by their names in Python; an index may be over them.
SYSTEM_COLUMNS = {"id": "$id", "pk": "$id", "created_at": "$createdAt", "updated_at": "$updatedAt"}


def declared_table(table: type[Row]) -> TableState:
    """The table as its class wants it. Raises `ConfigurationError` for an index over an unknown column."""
    meta = table._meta
    columns = [column_state(column.definition()) for column in meta.columns.values()]
    indexes = [_index(table, index) for index in meta.indexes]
    return TableState(
        id=meta.id,
        name=meta.name,
        permissions=permission_set(meta.permissions),
        row_security=meta.row_security,
        enabled=meta.enabled,
        columns={column.key: column for column in columns},
        indexes={index.key: index for index in indexes},
    )


def _index(table: type[Row], index: Index) -> IndexState:
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
