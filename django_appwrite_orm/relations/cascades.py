"""Which tables a change of one table changes too, through the relationships that Appwrite keeps.

A row shows the id it is linked to where its side of the relationship is a column that leads to one row. What it is
linked to otherwise is shown only where it is asked for, and who asks reads both tables. So a change reaches another
table in two ways: links are given or taken that its rows show, or a deletion goes on over there. What deleting a row
does, by type and side, is recorded of Appwrite 1.9.6 (conformance/scenarios/rows) and, as the local Appwrite has
it, in local/rows/link_deletion.py.

Relationships are known by their declarations, on either side; of those that no registered table declares nothing is
known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..exceptions import ConfigurationError
from ..plans import CreateRows, DeleteRow, DeleteRows, WritePlan
from ..registry import registry
from ..tables import Row
from ..tables.columns import Relationship
from ..tables.columns.relations import inverse
from ..tables.options import Options

# As seen from a table: those whose other end shows one id.
_SHOWN_AS_ID = ("oneToOne", "oneToMany")


@dataclass(frozen=True, slots=True)
class RelationshipEnd:
    """A relationship as the table at one end sees it.

    `key` is its column there, None where the server keeps it out of sight; `shown_beyond` says whether the other
    table has a column. `declared` is the declaration, `here` whether it stands in this table.
    """

    other: type[Row]
    type: str
    key: str | None
    shown_beyond: bool
    declared: Relationship
    here: bool

    @property
    def links_are_values_beyond(self) -> bool:
        """Whether rows at the other end show what they are linked to without being asked."""
        return self.shown_beyond and self.type in _SHOWN_AS_ID

    @property
    def cascades(self) -> bool:
        """Whether deleting a row at this end may delete those at the other one. Of a manyToMany only the end does that
        the relationship was made from; of one with two visible ends a declaration does not say which that was."""
        made_here = self.type == "manyToMany" and (self.here or self.declared.two_way_key is not None)
        return self.declared.on_delete == "cascade" and (self.type in _SHOWN_AS_ID or made_here)

    @property
    def unlinks(self) -> bool:
        """Whether deleting a row at this end takes links away that rows at the other one show: `restrict` lets the
        child of a oneToOne go that does not see its parent."""
        unseen_child = self.type == "oneToOne" and not self.here and self.key is None
        lets_go = self.declared.on_delete == "setNull" or (self.declared.on_delete == "restrict" and unseen_child)
        return lets_go and self.links_are_values_beyond


def relationship_ends(table: type[Row]) -> tuple[RelationshipEnd, ...]:
    """Return every relationship that ends in `table`, once.

    Raises `ConfigurationError` for one of its own that leads nowhere.
    """
    return _relationship_ends(table, registry.version)


@lru_cache(maxsize=1024)
def _relationship_ends(table: type[Row], version: int) -> tuple[RelationshipEnd, ...]:
    """Find them for this version of the registry."""
    own = table._meta.relationships.values()
    keys = {relationship.key.lower() for relationship in own}
    found = [
        RelationshipEnd(registry.target(table, one), one.type, one.key, one.two_way_key is not None, one, here=True)
        for one in own
    ]
    for other, one in _leading_to(table):
        if one.two_way_key is None or one.two_way_key.lower() not in keys:
            found.append(RelationshipEnd(other, inverse(one.type), one.two_way_key, True, one, here=False))
    return tuple(found)


def _leading_to(table: type[Row]) -> Iterator[tuple[type[Row], Relationship]]:
    for other in registry.all():
        for relationship in other._meta.relationships.values():
            try:
                leads_here = registry.target(other, relationship) is table
            except ConfigurationError:  # its table is not registered, so it cannot be this one
                continue
            if leads_here:
                yield other, relationship


def has_relationships(table: type[Row]) -> bool:
    """Whether the table has relationship columns on the server; Appwrite then refuses its bulk routes."""
    return any(side.key is not None for side in relationship_ends(table))


def affected_tables(table: type[Row], plan: WritePlan) -> tuple[type[Row], ...]:
    """The tables that carrying out `plan`, a change of `table`, may change, `table` first."""
    if isinstance(plan, (DeleteRow, DeleteRows)):
        return affected_tables_of_delete(table)
    return affected_tables_of_write(table, () if isinstance(plan, CreateRows) else plan.data)


def changed_by(table: type[Row], *plans: WritePlan) -> list[Options]:
    """Return the `_meta` of each table that these changes of `table` may change, that of `table` first."""
    tables = dict.fromkeys(other for plan in plans for other in affected_tables(table, plan))
    return [other._meta for other in tables]


def affected_tables_of_report(table: type[Row], part: str, action: str) -> tuple[type[Row], ...]:
    """The tables that a change made elsewhere may have changed, of which only this much is known: `part` is
    "rows", or what else of the table there was a change in. Appwrite reports neither the links that were written
    nor what a deletion takes along."""
    if part == "rows" and action == "delete":
        return affected_tables_of_delete(table)
    if part == "rows":
        return affected_tables_of_write(table, {side.key for side in relationship_ends(table)})
    return tuple(dict.fromkeys([table, *(side.other for side in relationship_ends(table))]))


def affected_tables_of_write(table: type[Row], keys: Collection[str | None]) -> tuple[type[Row], ...]:
    """`table`, and the tables whose rows change when these columns of one of its rows are written."""
    found: dict[type[Row], None] = {table: None}
    for side in relationship_ends(table):
        if side.key in keys and side.links_are_values_beyond:
            found[side.other] = None
    return tuple(found)


def affected_tables_of_delete(table: type[Row]) -> tuple[type[Row], ...]:
    """`table`, and the tables whose rows change or go when a row of it is deleted, and so on from there."""
    found: dict[type[Row], None] = {table: None}
    deleted, waiting = {table}, [table]
    while waiting:
        for side in relationship_ends(waiting.pop()):
            if side.cascades and side.other not in deleted:
                deleted.add(side.other)
                waiting.append(side.other)
            if side.cascades or side.unlinks:
                found[side.other] = None
    return tuple(found)


def read_along(table: type[Row], names: Iterable[str]) -> tuple[type[Row], ...]:
    """The tables besides `table` that a question reads which mentions these columns: `author.name`, `tags.*`."""
    found: dict[type[Row], None] = {}
    for name in names:
        here, *steps = table, *name.split(".")[:-1]
        for step in steps:
            side = next((one for one in relationship_ends(here) if (one.key or "").lower() == step.lower()), None)
            if side is None:  # a relationship that nobody declared
                break
            here = side.other
            found[here] = None
    return tuple(found)
