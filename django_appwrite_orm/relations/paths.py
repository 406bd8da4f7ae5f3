"""The ways from one table to another: references and relationships, forward and back, and which rows keep the ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import FieldError

from ..exceptions import ConfigurationError
from ..registry import registry
from ..tables import Row
from ..tables.columns import Reference, Relationship
from ..tables.system_columns import SYSTEM_COLUMNS
from .cascades import RelationshipEnd, relationship_ends

_TO_MANY = ("oneToMany", "manyToMany")
_FROM_MANY = ("manyToOne", "manyToMany")


@dataclass(frozen=True, slots=True)
class RelationPath:
    """A way from the rows of a table to those of `other`.

    `here` is the column of this table that keeps ids of the other's rows, `beyond` the column of the other one that
    keeps ids of this one's; None where there is no such column, or none to be seen. `here_many` and `beyond_many`
    say that it is a list, which has to be selected and cannot be filtered by. `native` is what Appwrite itself
    calls the way in a filter. `alias` is what a lookup may call it besides its name.
    """

    name: str
    other: type[Row]
    here: str | None = None
    here_many: bool = False
    beyond: str | None = None
    beyond_many: bool = False
    native: str | None = None
    alias: str | None = None

    @property
    def can_be_walked(self) -> bool:
        """Whether the rows at its end can be asked for."""
        return self.here is not None or (self.beyond is not None and not self.beyond_many)


def ways_of(table: type[Row]) -> Iterator[RelationPath]:
    """Every way from `table`: its own relations, then those of other tables that lead to it."""
    for name, reference in table._meta.references.items():
        if not isinstance(reference, Relationship):
            other = registry.target(table, reference)
            yield RelationPath(name, other, here=table._meta.columns[reference.column_name].key)
    sides = relationship_ends(table)
    yield from (_along(side, side.declared.name) for side in sides if side.here)
    yield from reverse_paths(table, sides)


def reverse_paths(table: type[Row], sides: tuple[RelationshipEnd, ...] | None = None) -> Iterator[RelationPath]:
    """The ways of other tables' references and relationships, taken from their end."""
    for other in registry.all():
        for reference in other._meta.references.values():
            name = reference.accessor(other)
            if name is not None and not isinstance(reference, Relationship) and _leads_to(other, reference, table):
                key = other._meta.columns[reference.column_name].key
                yield RelationPath(name, other, beyond=key, alias=_short(other, reference, name))
    for side in relationship_ends(table) if sides is None else sides:
        name = None if side.here else side.declared.accessor(side.other)
        if name is not None:
            yield _along(side, name, _short(side.other, side.declared, name))


def _along(side: RelationshipEnd, name: str, alias: str | None = None) -> RelationPath:
    beyond = side.declared.two_way_key if side.here else side.declared.key
    return RelationPath(
        name, side.other, side.key, side.type in _TO_MANY, beyond, side.type in _FROM_MANY, native=side.key, alias=alias
    )


def _short(other: type[Row], relation: Reference | Relationship, name: str) -> str | None:
    """As in Django, a lookup says `toy` where the attribute is called `toy_set`."""
    return other.__name__.lower() if name == f"{other.__name__.lower()}_set" else None


def _leads_to(other: type[Row], reference: Reference, table: type[Row]) -> bool:
    try:
        return registry.target(other, reference) is table
    except ConfigurationError:  # its table is not registered (yet), so it cannot be this one
        return False


def find_path(table: type[Row], name: str) -> RelationPath | None:
    """The way that a lookup calls `name`."""
    if name in table._meta.columns or name in SYSTEM_COLUMNS:
        return None
    if name in table._meta.relations:
        registry.target(table, table._meta.relations[name])  # raises for one that leads nowhere
    return next((way for way in ways_of(table) if name in (way.name, way.alias)), None)


def path_of(table: type[Row], name: str) -> RelationPath:
    """The way called `name`, to be walked. Raises FieldError, with what there is."""
    found = {way.name: way for way in reversed(list(ways_of(table)))}
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise FieldError(f"{table.__name__} has no relation {name!r}. It has: {known}.")
    if not found[name].can_be_walked:
        raise FieldError(unseen(table, found[name]))
    return found[name]


def unseen(table: type[Row], way: RelationPath) -> str:
    """What to say of a way that cannot be walked."""
    return (
        f"{table.__name__}.{way.name} cannot be read: the relationship is declared on {way.other.__name__} alone, and"
        " Appwrite shows nothing of it from here. Give it a two_way_key there."
    )


def check_relation(table: type[Row], path: str) -> None:
    """Raises FieldError, with what there is, unless `path` goes from relation to relation."""
    name, _, rest = path.partition("__")
    other = path_of(table, name).other
    if rest:
        check_relation(other, rest)
