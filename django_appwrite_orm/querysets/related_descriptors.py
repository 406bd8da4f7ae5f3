"""Descriptors of relations, as in Django's `related_descriptors`.

A table class gets a `ForwardRow` or `ForwardRows` for each relation that it declares, when the class is made. The table
that a relation leads to gets a `ReverseRows` when the table that declares it is registered.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..registry import registry
from ..relations.paths import RelationPath, path_of, reverse_paths, unreadable_message
from ..sansio import Operation, refuse_event_loop, run_sync
from ..tables import Row
from ..tables.columns import Reference
from ..tables.columns.relations import Relation, RelationDescriptor, RelationshipToMany
from .prefetch import ids_of, related_queryset, related_rows, rows_along, rows_among
from .query import get_row

if TYPE_CHECKING:
    from .queryset import QuerySet
    from .table import Table


class ForwardRow(RelationDescriptor):
    """`row.maker`: the row that a reference leads to, read at first use."""

    def __get__(self, row: Table | None, table: type[Table]) -> Any:
        reference: Reference = self.relation
        if row is None:
            return reference
        other_id = getattr(row, reference.column_name)
        if other_id is None:
            return None
        cached = related_rows(row).get(reference.name)
        if cached is None or cached[0] != other_id:
            refuse_event_loop(
                f"{type(row).__name__}.{reference.name} has not been read, and reading it would block the event loop."
                f" Read it along with the rows: select_related({reference.name!r})."
            )
            other = registry.target(type(row), reference)
            related = run_sync(_row_or_none(related_queryset(other, row._alias(None)), other_id))
            cached = related_rows(row)[reference.name] = (other_id, related)
        if cached[1] is None:
            # Not the row itself, whose text may follow the reference.
            missing = (
                f"{type(row).__name__} {row.id!r} refers to the {reference.name} {other_id!r}, which does not exist."
            )
            raise registry.target(type(row), reference).DoesNotExist(missing)
        return cached[1]

    def __set__(self, row: Table, other: Row | None) -> None:
        reference: Reference = self.relation
        target = registry.target(type(row), reference)
        if other is not None and not (isinstance(other, target) and other.id is not None):
            raise ValueError(f"{type(row).__name__}.{reference.name} takes a saved {target.__name__}, not {other!r}.")
        other_id = None if other is None else other.id
        setattr(row, reference.column_name, other_id)
        related_rows(row)[reference.name] = (other_id, other)


class ForwardRows(RelationDescriptor):
    """`row.tags`: the rows that a relationship to many leads to, as a manager."""

    def __get__(self, row: Table | None, table: type[Table]) -> Any:
        relationship: RelationshipToMany = self.relation
        if row is None:
            return relationship
        set_here = row._values.get(relationship.name)
        if set_here is not None:
            return rows_among(registry.target(type(row), relationship), set_here, row._alias(None))
        return rows_along(row, path_of(type(row), relationship.name), row._alias(None))

    def __set__(self, row: Table, others: Iterable[Row | str]) -> None:
        relationship: RelationshipToMany = self.relation
        row._values[relationship.name] = ids_of(type(row), relationship, others)
        related_rows(row).pop(relationship.name, None)


class ReverseRows:
    """`row.toy_set`: the rows of another table that refer to the row, as a manager.

    It knows only the name: which relation has it depends on the registered tables, and is looked up again after they
    change.
    """

    def __init__(self, table: type[Row], name: str) -> None:
        self.table, self.name = table, name
        self._found: tuple[int, RelationPath | None] | None = None

    def __get__(self, row: Table | None, table: type[Table]) -> Any:
        if row is None:
            return self
        # A table that derives from the one that the relation leads to has rows of its own.
        path = self._path() if type(row) is self.table else None
        if path is None:
            raise AttributeError(f"{type(row).__name__!r} object has no attribute {self.name!r}")
        if not path.is_readable:
            raise AttributeError(unreadable_message(self.table, path))
        return rows_along(row, path, row._alias(None))

    def _path(self) -> RelationPath | None:
        version = registry.version
        if self._found is None or self._found[0] != version:
            self._found = version, next((path for path in reverse_paths(self.table) if path.name == self.name), None)
        return self._found[1]


def forward_descriptor(relation: Relation) -> RelationDescriptor:
    """Return the descriptor that replaces a relation in a table class."""
    return (ForwardRow if isinstance(relation, Reference) else ForwardRows)(relation)


def _row_or_none(rows: QuerySet[Any], row_id: str) -> Operation[Any]:
    try:
        return (yield from get_row(rows, pk=row_id))
    except rows.model.DoesNotExist:
        return None
