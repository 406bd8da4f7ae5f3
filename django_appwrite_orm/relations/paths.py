"""Paths from one table to another: references and relationships, forward and reverse, and the columns with the ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import FieldError

from ..registry import registry
from ..tables import Row
from ..tables.columns import Reference, Relationship
from ..tables.system_columns import SYSTEM_COLUMNS
from .cascades import RelationshipEnd, relationship_ends
from .targets import relations_to

_TO_MANY = ("oneToMany", "manyToMany")
_FROM_MANY = ("manyToOne", "manyToMany")


@dataclass(frozen=True, slots=True)
class RelationPath:
    """A path from the rows of a table to those of `other`.

    `own_key` is the key of the column of this table that has ids of the other's rows; `other_key` that of the other
    table's column with ids of this table's rows. They are None where there is no such column, or a hidden one.
    `own_is_list` and `other_is_list`: the column is a list, which has to be selected and cannot be filtered by.
    `native` is the name of the path in Appwrite's own filters. `alias` is a second name for lookups.
    """

    name: str
    other: type[Row]
    own_key: str | None = None
    own_is_list: bool = False
    other_key: str | None = None
    other_is_list: bool = False
    native: str | None = None
    alias: str | None = None

    @property
    def is_readable(self) -> bool:
        """Whether the rows at its end can be queried."""
        return self.own_key is not None or (self.other_key is not None and not self.other_is_list)


def relation_paths(table: type[Row]) -> Iterator[RelationPath]:
    """Yield every path from `table`: its own relations, then those of other tables that refer to it."""
    for name, reference in table._meta.references.items():
        if not isinstance(reference, Relationship):
            other = registry.target(table, reference)
            yield RelationPath(name, other, own_key=table._meta.columns[reference.column_name].key)
    sides = relationship_ends(table)
    yield from (_path(side, side.declared.name) for side in sides if side.is_own)
    yield from reverse_paths(table, sides)


def reverse_paths(table: type[Row], sides: tuple[RelationshipEnd, ...] | None = None) -> Iterator[RelationPath]:
    """Yield the reverse paths of other tables' references and relationships."""
    for other, reference in relations_to(table):
        name = reference.accessor(other)
        if name is not None and isinstance(reference, Reference) and not isinstance(reference, Relationship):
            key = other._meta.columns[reference.column_name].key
            yield RelationPath(name, other, other_key=key, alias=_lookup_alias(other, reference, name))
    for side in relationship_ends(table) if sides is None else sides:
        name = None if side.is_own else side.declared.accessor(side.other)
        if name is not None:
            yield _path(side, name, _lookup_alias(side.other, side.declared, name))


def _path(side: RelationshipEnd, name: str, alias: str | None = None) -> RelationPath:
    other_key = side.declared.two_way_key if side.is_own else side.declared.key
    return RelationPath(
        name,
        side.other,
        side.key,
        side.type in _TO_MANY,
        other_key,
        side.type in _FROM_MANY,
        native=side.key,
        alias=alias,
    )


def _lookup_alias(other: type[Row], relation: Reference | Relationship, name: str) -> str | None:
    """Return `toy` for an attribute called `toy_set`: as in Django, lookups use the shorter name."""
    return other.__name__.lower() if name == f"{other.__name__.lower()}_set" else None


def find_path(table: type[Row], name: str) -> RelationPath | None:
    """Return the path that a lookup names, None if there is none."""
    if name in table._meta.columns or name in SYSTEM_COLUMNS:
        return None
    if name in table._meta.relations:
        registry.target(table, table._meta.relations[name])  # raises when the target does not exist
    return next((path for path in relation_paths(table) if name in (path.name, path.alias)), None)


def path_of(table: type[Row], name: str) -> RelationPath:
    """Return the path called `name`. Raises FieldError, with the names there are, when it cannot be read."""
    paths = {path.name: path for path in reversed(list(relation_paths(table)))}
    if name not in paths:
        names = ", ".join(sorted(paths)) or "none"
        raise FieldError(f"{table.__name__} has no relation {name!r}. It has: {names}.")
    if not paths[name].is_readable:
        raise FieldError(unreadable_message(table, paths[name]))
    return paths[name]


def unreadable_message(table: type[Row], path: RelationPath) -> str:
    """Return the error message for a path that cannot be read."""
    return (
        f"{table.__name__}.{path.name} cannot be read: the relationship is declared on {path.other.__name__} alone, and"
        " Appwrite hides it from this side. Give it a two_way_key there."
    )


def check_relation(table: type[Row], path: str) -> None:
    """Raise FieldError, with the names there are, unless `path` consists of relations."""
    name, _, rest = path.partition("__")
    other = path_of(table, name).other
    if rest:
        check_relation(other, rest)
