"""What relationships tie together across tables, for a comparison that goes table by table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..exceptions import ConfigurationError
from ..tables.columns.relations import inverse, to_itself_problem
from .declared import DeclaredTable, End
from .state import AVAILABLE, BROKEN, UNFINISHED, ColumnState, TableState, differences, lookup


@dataclass(frozen=True, slots=True)
class RelationshipGraph:
    """`found`: the server's tables by id in lower case. `ends`: the relationship columns that known tables declare.
    `followers`: those of them that another table's declaration speaks for, for a relationship declared on both
    sides is made and changed from the first one. `tables`: ids of those that have relationships.
    `coming`: ids of the tables that are being migrated."""

    found: Mapping[str, TableState]
    ends: frozenset[End]
    followers: frozenset[End]
    tables: frozenset[str]
    coming: frozenset[str]
    # Ends of what this plan drops: one side takes the other along.
    dropped: set[End] = field(default_factory=set)

    @classmethod
    def between(
        cls, declared: Sequence[DeclaredTable], found: Mapping[str, TableState], ends: frozenset[End]
    ) -> RelationshipGraph:
        followers = _followers(declared)
        linked: set[str] = set()
        for state in (*found.values(), *(table.state for table in declared)):
            for column in _relationships(state):
                linked |= {state.id.lower(), column.options["relatedTable"].lower()}
        coming = frozenset(table.state.id.lower() for table in declared)
        return cls(found, ends, followers, frozenset(linked), coming)

    def follows(self, table: str, column: ColumnState) -> bool:
        return (table.lower(), column.key.lower()) in self.followers

    def is_declared_elsewhere(self, column: ColumnState) -> bool:
        """Whether a column that its own table does not declare is the other side of one that is declared."""
        return column.is_relationship and bool(column.options["twoWay"]) and other_end(column) in self.ends

    def other_side(self, column: ColumnState) -> ColumnState | None:
        """What the server has in the place of the other side of a two-way relationship."""
        table = self.found.get(column.options["relatedTable"].lower())
        back = column.options["twoWayKey"]
        return lookup(table.columns, back) if table is not None and back is not None else None

    def others_unfinished(self) -> list[str]:
        """Relationships of tables that are not migrated which Appwrite is at work on; the next one waits for them."""
        found = unfinished_relationships(table for id, table in self.found.items() if id not in self.coming)
        return [f"column {table.id}.{column.key} is {column.status}" for table, column in found]

    def remains(self, table: str, column: ColumnState) -> ColumnState | None:
        """The other side of a two-way relationship that Appwrite failed to build, where this side is not there."""
        there = self.other_side(column)
        if there is None or not there.is_relationship or there.status != "failed":
            return None
        return there if other_end(there) == (table.lower(), column.key.lower()) else None

    def obstacle(self, table: str, column: ColumnState) -> str:
        """Why a relationship cannot be made, or its other side renamed, as declared; empty when it can."""
        two_way = bool(column.options["twoWay"])
        other = column.options["relatedTable"]
        if is_to_itself(table, column) and (problem := to_itself_problem(column.options["relationType"], two_way)):
            return f"column {table}.{column.key}: {problem}"
        if other.lower() not in self.found and other.lower() not in self.coming:
            return f"column {table}.{column.key}: its table {other} is not there; migrate that one, too."
        there = self.other_side(column)
        if there is None or there.status == "deleting" or other_end(column) in self.dropped:
            return ""
        return (
            f"column {table}.{column.key} would have its other side in the place of {other}.{there}. Give it another"
            " two_way_key, or remove that column."
        )

    def trouble(self, table: str, column: ColumnState) -> tuple[str, str]:
        """Why a relationship is not whole yet, and why it will never be; empty when it is."""
        if not column.options["twoWay"] or column.status != AVAILABLE:
            return "", ""
        other = self.other_side(column)
        where = f"column {column.options['relatedTable']}.{column.options['twoWayKey']}"
        if other is not None and other.status in BROKEN:
            reason = other.error or "no reason given"
            return "", (
                f"{where}, the other side of {table}.{column.key}, is {other.status} ({reason}). Delete the"
                " relationship in the Appwrite console, and migrate again."
            )
        if other is None or other.status != AVAILABLE:
            return f"{where} is {'missing' if other is None else other.status}", ""
        return "", ""


def _followers(declared: Sequence[DeclaredTable]) -> frozenset[End]:
    """Raises `ConfigurationError` where two sides of a relationship are declared differently."""
    places = {
        (table.state.id.lower(), column.key.lower()): (table.state.id, column)
        for table in declared
        for column in table.state.columns.values()
    }
    followers: set[End] = set()
    for end, (table, column) in places.items():
        if not column.is_relationship or not column.options["twoWay"] or end in followers:
            continue
        other = places.get(other_end(column))
        if other is None:
            continue
        if differences(mirror(table, column), other[1]):
            raise ConfigurationError(
                f"{table}.{column} has its other side in {other[0]}.{other[1]}, which is declared otherwise. Declare"
                f" that one as {', '.join(mirror(table, column).traits)}, or leave one of them out."
            )
        followers.add(other_end(column))
    return frozenset(followers)


def mirror(table: str, column: ColumnState) -> ColumnState:
    """The column of a two-way relationship on the other side."""
    options = {
        **column.options,
        "relatedTable": table,
        "relationType": inverse(column.options["relationType"]),
        "twoWayKey": column.key,
    }
    return replace(column, key=column.options["twoWayKey"], options=options)


def is_to_itself(table: str, column: ColumnState) -> bool:
    """Whether a relationship leads to the table that it is in."""
    return bool(column.options["relatedTable"].lower() == table.lower())


def neighbours(found: Mapping[str, TableState], table: str) -> set[str]:
    """Ids of the tables that a relationship leads to from this one, or from there to this one."""
    pairs = [(state.id, column.options["relatedTable"]) for state in found.values() for column in _relationships(state)]
    return {b for a, b in pairs if a == table} | {a for a, b in pairs if b == table}


def other_end(column: ColumnState) -> End:
    """Where the other side of a two-way relationship stands."""
    return column.options["relatedTable"].lower(), (column.options["twoWayKey"] or "").lower()


def unfinished_relationships(tables: Iterable[TableState]) -> Iterator[tuple[TableState, ColumnState]]:
    """Those that Appwrite is at work on."""
    for table in tables:
        for column in _relationships(table):
            if column.status in UNFINISHED:
                yield table, column


def _relationships(table: TableState) -> list[ColumnState]:
    return [column for column in table.columns.values() if column.is_relationship]
