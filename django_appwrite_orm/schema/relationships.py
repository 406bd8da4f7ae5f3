"""The relationships of all tables of a migration, for a comparison that goes table by table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..exceptions import ConfigurationError
from ..tables.columns.relations import inverse, to_itself_problem
from .declared import DeclaredTable, End
from .state import AVAILABLE, BROKEN, UNFINISHED, ColumnState, TableState, differences, lookup


@dataclass(frozen=True, slots=True)
class RelationshipGraph:
    """The relationships between tables.

    `existing`: the tables of the server by id in lower case. `ends`: the relationship columns that classes declare.
    `followers`: ends that are created and changed together with their other side, because both sides are declared and
    the other one is first. `tables`: ids of tables with relationships. `migrated`: ids of the tables of the migration.
    """

    existing: Mapping[str, TableState]
    ends: frozenset[End]
    followers: frozenset[End]
    tables: frozenset[str]
    migrated: frozenset[str]
    # Other sides of the columns that this plan drops, which are dropped with them.
    dropped: set[End] = field(default_factory=set)

    @classmethod
    def between(
        cls, declared: Sequence[DeclaredTable], existing: Mapping[str, TableState], ends: frozenset[End]
    ) -> RelationshipGraph:
        """Return the graph of the declared tables and those of the server."""
        followers = _followers(declared)
        linked: set[str] = set()
        for state in (*existing.values(), *(table.state for table in declared)):
            for column in _relationships(state):
                linked |= {state.id.lower(), column.options["relatedTable"].lower()}
        migrated = frozenset(table.state.id.lower() for table in declared)
        return cls(existing, ends, followers, frozenset(linked), migrated)

    def follows(self, table: str, column: ColumnState) -> bool:
        """Whether the column is created and changed from its other side."""
        return (table.lower(), column.key.lower()) in self.followers

    def is_declared_elsewhere(self, column: ColumnState) -> bool:
        """Whether the column, not declared in its own table, is the other side of a declared relationship."""
        return column.is_relationship and bool(column.options["twoWay"]) and other_end(column) in self.ends

    def other_side(self, column: ColumnState) -> ColumnState | None:
        """Return the column that the server has under the key of the other side of a two-way relationship."""
        table = self.existing.get(column.options["relatedTable"].lower())
        key = column.options["twoWayKey"]
        return lookup(table.columns, key) if table is not None and key is not None else None

    def others_unfinished(self) -> list[str]:
        """Describe the relationships of other tables that Appwrite is building; a new relationship waits for them."""
        unfinished = unfinished_relationships(table for id, table in self.existing.items() if id not in self.migrated)
        return [f"column {table.id}.{column.key} is {column.status}" for table, column in unfinished]

    def remains(self, table: str, column: ColumnState) -> ColumnState | None:
        """Return the other side of a two-way relationship that Appwrite failed to build, where this side is missing."""
        other = self.other_side(column)
        if other is None or not other.is_relationship or other.status != "failed":
            return None
        return other if other_end(other) == (table.lower(), column.key.lower()) else None

    def obstacle(self, table: str, column: ColumnState) -> str:
        """Return why a relationship cannot be created, or its other side not be renamed; empty when it can."""
        two_way = bool(column.options["twoWay"])
        related = column.options["relatedTable"]
        if is_to_itself(table, column) and (problem := to_itself_problem(column.options["relationType"], two_way)):
            return f"column {table}.{column.key}: {problem}"
        if related.lower() not in self.existing and related.lower() not in self.migrated:
            return f"column {table}.{column.key}: its table {related} does not exist; migrate that one, too."
        other = self.other_side(column)
        if other is None or other.status == "deleting" or other_end(column) in self.dropped:
            return ""
        return (
            f"column {table}.{column.key}: the key of its other side is taken by {related}.{other}. Give it another"
            " two_way_key, or remove that column."
        )

    def trouble(self, table: str, column: ColumnState) -> tuple[str, str]:
        """Return why a relationship is incomplete for now, and why for good; empty texts when it is complete."""
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
    """Return the followers. Raises `ConfigurationError` if the declarations of two sides contradict each other."""
    declarations = {
        (table.state.id.lower(), column.key.lower()): (table.state.id, column)
        for table in declared
        for column in table.state.columns.values()
    }
    followers: set[End] = set()
    for end, (table, column) in declarations.items():
        if not column.is_relationship or not column.options["twoWay"] or end in followers:
            continue
        other = declarations.get(other_end(column))
        if other is None:
            continue
        if differences(mirror(table, column), other[1]):
            raise ConfigurationError(
                f"{table}.{column} and its other side {other[0]}.{other[1]} contradict each other. Declare the other"
                f" side as {', '.join(mirror(table, column).traits)}, or leave one of them out."
            )
        followers.add(other_end(column))
    return frozenset(followers)


def mirror(table: str, column: ColumnState) -> ColumnState:
    """Return the other side of a two-way relationship."""
    options = {
        **column.options,
        "relatedTable": table,
        "relationType": inverse(column.options["relationType"]),
        "twoWayKey": column.key,
    }
    return replace(column, key=column.options["twoWayKey"], options=options)


def is_to_itself(table: str, column: ColumnState) -> bool:
    """Whether a relationship leads to its own table."""
    return bool(column.options["relatedTable"].lower() == table.lower())


def neighbours(existing: Mapping[str, TableState], table: str) -> set[str]:
    """Return the ids of the tables that have a relationship to or from this one."""
    pairs = [
        (state.id, column.options["relatedTable"]) for state in existing.values() for column in _relationships(state)
    ]
    return {target for source, target in pairs if source == table} | {
        source for source, target in pairs if target == table
    }


def other_end(column: ColumnState) -> End:
    """Return the table and key of the other side of a two-way relationship."""
    return column.options["relatedTable"].lower(), (column.options["twoWayKey"] or "").lower()


def unfinished_relationships(tables: Iterable[TableState]) -> Iterator[tuple[TableState, ColumnState]]:
    """Yield the relationships that Appwrite is building or deleting, with their tables."""
    for table in tables:
        for column in _relationships(table):
            if column.status in UNFINISHED:
                yield table, column


def _relationships(table: TableState) -> list[ColumnState]:
    return [column for column in table.columns.values() if column.is_relationship]
