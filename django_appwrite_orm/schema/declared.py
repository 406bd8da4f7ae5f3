"""The schema that the project declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from ..exceptions import ConfigurationError, SchemaError
from ..registry import registry
from ..tables import Index, Row
from ..tables.columns import Column, Relationship
from ..tables.kinds import Family
from ..tables.system_columns import INDEXABLE
from .conversions import fill_of
from .descriptions import column_state, index_state
from .state import ColumnState, IndexState, TableState, permission_set

# One side of a relationship: the table's id and the column's key, in lower case.
End = tuple[str, str]


def tables_named(labels: Sequence[str], using: str) -> list[type[Row]]:
    """Return the registered tables for connection `using`: those with that `Meta.using`, and those without one.

    `labels` (an app's label, or a table's name, id or label) choose among them; none: all of them. Raises
    `ConfigurationError` for an unknown label.
    """
    named = {table for label in labels for table in registry.of_app(label) or [registry.get(label)]}
    return [table for table in registry.all() if (not labels or table in named) and table._meta.using in (None, using)]


@dataclass(frozen=True, slots=True)
class DeclaredTable:
    """A table as a table class or a model declares it.

    `columns` are the column objects behind the state's columns by key, without relationships; `former` the keys that
    columns had before they were renamed, by their new ones.
    """

    state: TableState
    columns: Mapping[str, Column]
    former: Mapping[str, str] = field(default_factory=dict)

    @property
    def relationship_ends(self) -> Iterator[End]:
        """Table id and key, in lower case, of its relationships, also before they were renamed."""
        for column in self.state.columns.values():
            if column.is_relationship:
                for key in (column.key, self.former.get(column.key)):
                    if key:
                        yield self.state.id.lower(), key.lower()


def declared_table(table: type[Row]) -> DeclaredTable:
    """Return the table that a class declares.

    Raises `ConfigurationError` for an index over an unknown column, for a column renamed from one that is still
    declared, and for a default that is not valid in a required column.
    """
    meta = table._meta
    relationships = meta.relationships.values()
    plain = {key: column for key, column in meta.by_key.items() if column.family is not Family.LINK}
    every: list[Column | Relationship] = [*plain.values(), *relationships]
    former = {column.key: column.renamed_from for column in every if column.renamed_from}
    keys = [*plain, *(relationship.key for relationship in relationships)]
    for column in every:
        _check_renamed(table, column, keys)
    for column in plain.values():
        _check_default(table, column)
    columns = [_state(table, column, column.definition()) for column in plain.values()]
    for relationship in relationships:
        described = relationship.definition(registry.target(table, relationship)._meta.id)
        columns.append(_state(table, relationship, described))
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
    return DeclaredTable(state, plain, former)


def relationship_ends(tables: Iterable[type[Row]]) -> frozenset[End]:
    """Return table id and key, in lower case, of the relationships of these tables, also before they were renamed."""
    return frozenset(
        (table._meta.id.lower(), key.lower())
        for table in tables
        for relationship in table._meta.relationships.values()
        for key in (relationship.key, relationship.renamed_from)
        if key
    )


def _state(table: type[Row], column: Column | Relationship, described: Mapping[str, Any]) -> ColumnState:
    try:
        return column_state(described)
    except SchemaError as error:
        raise ConfigurationError(f"{table.__name__}.{column.name}: {error}.") from error


def _check_renamed(table: type[Row], column: Column | Relationship, keys: Sequence[str]) -> None:
    if column.renamed_from in keys:
        raise ConfigurationError(
            f"{table.__name__}.{column.name}: renamed_from={column.renamed_from!r} is still a column of the table."
            " Rename to a third key first, one migration at a time, or remove renamed_from."
        )


def _check_default(table: type[Row], column: Column) -> None:
    if column.required and (default := fill_of(column)) is not None:
        try:
            column.clean(default)
        except ValidationError as error:
            where = f"{table.__name__}.{column.name}"
            raise ConfigurationError(f"{where}: its default is not valid: {' '.join(error.messages)}") from None


def declared_index(table: type[Row], index: Index) -> IndexState:
    """Return the index with the keys of its columns. Raises `ConfigurationError` for an unknown column."""
    keys: Mapping[str, str] = {name: column.key for name, column in INDEXABLE.items()} | {
        name: column.key for name, column in table._meta.columns.items() if column.family is not Family.LINK
    }
    for name in index.columns:
        if name not in keys and name not in keys.values():
            raise ConfigurationError(
                f"{table.__name__}.Meta.indexes: {index!r} names {name!r}, which is not a column that"
                " Appwrite can index."
                f" Use one of: {', '.join(keys)}."
            )
    try:
        return index_state({
            "key": index.key,
            "type": index.type,
            "columns": [keys.get(name, name) for name in index.columns],
            "orders": index.orders,
            "lengths": index.lengths,
        })  # fmt: skip
    except SchemaError as error:
        raise ConfigurationError(f"{table.__name__}.Meta.indexes: {index!r}: {error}.") from error
