"""Operations that add or change a relationship, which has columns in two tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from ...connection import Connection
from ...plans import Request, TableRef
from ...plans.limits import ID_LENGTH
from ...sansio import Operation
from ...transport.features import RELATIONSHIP_BY_KIND
from ..relationships import is_to_itself, mirror, unfinished_relationships
from ..state import ColumnState, TableState, lookup
from .base import Report, SchemaOperation
from .columns import is_available


def rival_of(table: TableState, column: ColumnState) -> ColumnState | None:
    """Return another manyToMany column between the same two tables: Appwrite accepts only one (observed)."""
    options = {"relationType": "manyToMany", "relatedTable": column.options["relatedTable"]}
    if column.options["relationType"] != "manyToMany":
        return None
    others = (other for other in table.columns.values() if other.is_relationship and other.key != column.key)
    return next((other for other in others if options.items() <= other.options.items()), None)


@dataclass(frozen=True, slots=True)
class _RelationshipChange(SchemaOperation):
    """A change of the rows of two tables: the cached results of both are invalidated."""

    @property
    def spans(self) -> bool:
        return True

    @property
    def _both(self) -> list[TableRef]:
        return list(dict.fromkeys([self.ref, TableRef(self.ref.database, self._column.options["relatedTable"])]))

    @property
    def _column(self) -> ColumnState:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class AddRelationship(_RelationshipChange):
    """Add a relationship when both tables exist; a two-way one brings the column of the other side.

    Relationships are added one at a time: of those requested while Appwrite was building another, 8 % ended as failed
    (observed on 1.9.6; none of 150 that waited).
    """

    column: ColumnState

    def __str__(self) -> str:
        return f"add column {self.ref.table}.{self.column}"

    @property
    def subject(self) -> str:
        return f"column {self.ref.table}.{self.column.key}"

    @property
    def _column(self) -> ColumnState:
        return self.column

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.column.key})

    @property
    def adds(self) -> str:
        return self.column.key

    @property
    def settles_alone(self) -> bool:
        return True

    def is_ready(self, table: TableState | None) -> bool:
        if table is None or lookup(table.columns, self.column.key) is not None:
            return False
        return rival_of(table, self.column) is None

    def is_ready_among(self, tables: Mapping[str, TableState]) -> bool:
        """Whether the other table exists, without a column under the key, and no relationship is being built."""
        if any(unfinished_relationships(tables.values())):
            return False
        other = tables.get(self.column.options["relatedTable"].lower())
        back = self.column.options["twoWayKey"]
        return other is not None and (back is None or lookup(other.columns, back) is None)

    def state_after(self, table: TableState) -> TableState:
        return table.with_column(replace(self.column, status="processing"))

    def apply(self, connection: Connection, report: Report) -> Operation[None]:
        column = self.column
        if is_to_itself(self.ref.table, column) and column.options["relationType"] == "manyToOne":
            column = mirror(self.ref.table, column)  # from this side Appwrite fails to build it (observed)
        options = column.options
        body = {
            "relatedTableId": options["relatedTable"],
            "type": options["relationType"],
            "key": column.key,
            "twoWay": options["twoWay"],
            "twoWayKey": options["twoWayKey"] or _unseen_key(self.ref.table, column.key),
            "onDelete": options["onDelete"],
        }
        yield from connection.write(self._both, Request("POST", f"{self.ref.path}/columns/relationship", body=body))


@dataclass(frozen=True, slots=True)
class ChangeRelationship(_RelationshipChange):
    """Rename one side of a relationship, and change what a deletion does."""

    before: ColumnState
    after: ColumnState

    def __str__(self) -> str:
        where, renamed = f"{self.ref.table}.{self.before.key}", self.before.key != self.after.key
        changes = [f"rename column {where} to {self.after.key}"] if renamed else []
        old, new = self.before.options["onDelete"], self.after.options["onDelete"]
        if old != new:
            changes.append(f"change column {where}: on delete {old} → {new}")
        return "; ".join(changes)

    @property
    def subject(self) -> str:
        return f"column {self.ref.table}.{self.before.key}"

    @property
    def _column(self) -> ColumnState:
        return self.after

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.before.key, self.after.key})

    def is_ready(self, table: TableState | None) -> bool:
        if table is None or not is_available(table, self.before.key):
            return False
        return self.before.key == self.after.key or self.after.key not in table.columns

    def state_after(self, table: TableState) -> TableState:
        return table.with_renamed(self.before.key, self.after)

    def apply(self, connection: Connection, report: Report) -> Operation[None]:
        # Without onDelete Appwrite resets it to restrict (observed).
        body: dict[str, Any] = {"onDelete": self.after.options["onDelete"]}
        if self.before.key != self.after.key:
            body["newKey"] = self.after.key
        features = yield from connection.features()
        key = quote(self.before.key, safe="")
        tail = f"relationship/{key}" if features.has(RELATIONSHIP_BY_KIND) else f"{key}/relationship"
        yield from connection.write(self._both, Request("PATCH", f"{self.ref.path}/columns/{tail}", body=body))


def _unseen_key(*parts: str) -> str:
    """Return a key for the hidden other side of a one-way relationship.

    It must be unique in its table (observed). Appwrite's default, the id of the table, clashes at the second
    relationship to the same table.
    """
    digest = hashlib.blake2b("\0".join(parts).lower().encode(), digest_size=6).hexdigest()
    return f"{'_'.join(parts)[: ID_LENGTH - len(digest) - 1]}_{digest}"
