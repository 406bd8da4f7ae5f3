"""The tables that a change of one table also changes, through Appwrite's relationships.

The JSON of a row contains the id of a linked row only where its side of the relationship is a column to one row. Other
linked rows are returned only if the request selects them, and such a read depends on both tables. So a change affects
another table in two cases: it adds or removes links that the other table's rows contain, or a deletion cascades. What
the deletion of a row does, by type and side, was recorded on Appwrite 1.9.6 (conformance/scenarios/rows); the local
Appwrite implements it in local/rows/link_deletion.py.

Only relationships that a registered table declares, on either side, are considered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from ..plans import CreateRows, DeleteRow, DeleteRows, WritePlan
from ..registry import registry
from ..tables import Row
from ..tables.columns import Relationship
from ..tables.columns.relations import inverse
from ..tables.options import Options
from .targets import relations_to

# Types, from the side of a table, of which a row at the other end has one linked row, as an id in its JSON.
_TO_ONE_AT_OTHER_END = ("oneToOne", "oneToMany")


@dataclass(frozen=True, slots=True)
class RelationshipEnd:
    """A relationship from the side of the table at one of its ends.

    `key` is the key of its column there, None where that is hidden. `other_is_visible`: the other table has a column
    that is not hidden. `declared` is the declaration; `is_own`: this table contains it.
    """

    other: type[Row]
    type: str
    key: str | None
    other_is_visible: bool
    declared: Relationship
    is_own: bool

    @property
    def id_is_in_other(self) -> bool:
        """Whether the JSON of a row at the other end contains the id of its linked row without being selected."""
        return self.other_is_visible and self.type in _TO_ONE_AT_OTHER_END

    @property
    def cascades(self) -> bool:
        """Whether deleting a row at this end may delete rows at the other end.

        A manyToMany cascades only from the end that created it; the declaration of a two-way one does not say which
        end that was, so both count.
        """
        may_have_created = self.type == "manyToMany" and (self.is_own or self.declared.two_way_key is not None)
        return self.declared.on_delete == "cascade" and (self.type in _TO_ONE_AT_OTHER_END or may_have_created)

    @property
    def unlinks(self) -> bool:
        """Whether deleting a row at this end removes an id from the JSON of rows at the other end.

        `restrict` does so for the child of a one-way oneToOne, which may be deleted.
        """
        is_hidden_child = self.type == "oneToOne" and not self.is_own and self.key is None
        is_allowed = self.declared.on_delete == "setNull" or (self.declared.on_delete == "restrict" and is_hidden_child)
        return is_allowed and self.id_is_in_other


def relationship_ends(table: type[Row]) -> tuple[RelationshipEnd, ...]:
    """Return every relationship that ends in `table`, once.

    Raises `ConfigurationError` for one of its own whose target does not exist.
    """
    return relationship_ends_at(table, registry.version)


@lru_cache(maxsize=4096)
def relationship_ends_at(table: type[Row], version: int) -> tuple[RelationshipEnd, ...]:
    """Return the same, kept for each `registry.version`, for what asks with every change of a row."""
    own = table._meta.relationships.values()
    keys = {relationship.key.lower() for relationship in own}
    ends = [
        RelationshipEnd(
            registry.target(table, relationship),
            relationship.type,
            relationship.key,
            relationship.two_way_key is not None,
            relationship,
            is_own=True,
        )
        for relationship in own
    ]
    for other, relationship in relations_to(table):
        if not isinstance(relationship, Relationship):
            continue
        key = relationship.two_way_key
        if key is None or key.lower() not in keys:
            ends.append(RelationshipEnd(other, inverse(relationship.type), key, True, relationship, is_own=False))
    return tuple(ends)


def has_relationships(table: type[Row]) -> bool:
    """Whether the table has relationship columns on the server; Appwrite then refuses its bulk routes."""
    return any(side.key is not None for side in relationship_ends(table))


def affected_tables(table: type[Row], plan: WritePlan) -> tuple[type[Row], ...]:
    """Return the tables that `plan`, a change of `table`, may change; `table` is the first."""
    if isinstance(plan, (DeleteRow, DeleteRows)):
        return affected_tables_of_delete(table)
    return affected_tables_of_write(table, () if isinstance(plan, CreateRows) else plan.data)


def changed_by(table: type[Row], *plans: WritePlan) -> list[Options]:
    """Return the `_meta` of each table that these changes of `table` may change, that of `table` first."""
    tables = dict.fromkeys(other for plan in plans for other in affected_tables(table, plan))
    return [other._meta for other in tables]


def affected_tables_of_report(table: type[Row], part: str, action: str) -> tuple[type[Row], ...]:
    """Return the tables that a reported change may have changed.

    `part` is "rows" or another part of the table. Appwrite reports neither the links that were written nor the rows
    that a deletion cascades to.
    """
    if part == "rows" and action == "delete":
        return affected_tables_of_delete(table)
    if part == "rows":
        return affected_tables_of_write(table, {side.key for side in relationship_ends(table)})
    return tuple(dict.fromkeys([table, *(side.other for side in relationship_ends(table))]))


def affected_tables_of_write(table: type[Row], keys: Collection[str | None]) -> tuple[type[Row], ...]:
    """Return `table`, and the tables whose rows change when these columns of one of its rows are written."""
    tables: dict[type[Row], None] = {table: None}
    for side in relationship_ends(table):
        if side.key in keys and side.id_is_in_other:
            tables[side.other] = None
    return tuple(tables)


def affected_tables_of_delete(table: type[Row]) -> tuple[type[Row], ...]:
    """Return `table`, and the tables whose rows are changed or deleted, also indirectly, when a row is deleted."""
    tables: dict[type[Row], None] = {table: None}
    deleted, waiting = {table}, [table]
    while waiting:
        for side in relationship_ends(waiting.pop()):
            if side.cascades and side.other not in deleted:
                deleted.add(side.other)
                waiting.append(side.other)
            if side.cascades or side.unlinks:
                tables[side.other] = None
    return tuple(tables)


def read_along(table: type[Row], names: Iterable[str]) -> tuple[type[Row], ...]:
    """Return the other tables that a query of `table` reads with these columns: `author.name`, `tags.*`."""
    tables: dict[type[Row], None] = {}
    for name in names:
        current, *keys = table, *name.split(".")[:-1]
        for key in keys:
            side = next((side for side in relationship_ends(current) if (side.key or "").lower() == key.lower()), None)
            if side is None:  # a relationship that is not declared
                break
            current = side.other
            tables[current] = None
    return tuple(tables)
