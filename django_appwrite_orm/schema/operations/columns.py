"""Operations that add, rename or drop a column in one request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote

from ...plans import Request, TableRef
from .. import payloads
from ..state import AVAILABLE, ColumnState, TableState
from .base import SingleRequest


@dataclass(frozen=True, slots=True)
class AddColumn(SingleRequest):
    """Add a column, which Appwrite builds in the background."""

    column: ColumnState

    def __str__(self) -> str:
        return f"add column {self.ref.table}.{self.column}"

    @property
    def subject(self) -> str:
        return f"column {self.ref.table}.{self.column.key}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.column.key})

    @property
    def adds(self) -> str:
        return self.column.key

    @property
    def request(self) -> Request:
        return Request("POST", f"{self.ref.path}/columns/{self.column.kind}", body=payloads.column_body(self.column))

    def is_ready(self, table: TableState | None) -> bool:
        return table is not None and self.column.key not in table.columns

    def state_after(self, table: TableState) -> TableState:
        return table.with_column(replace(self.column, status="processing"))


@dataclass(frozen=True, slots=True)
class RenameColumn(SingleRequest):
    """Rename a column, and change in the same request what `after` has that can be changed in place."""

    before: ColumnState
    after: ColumnState

    def __str__(self) -> str:
        return f"rename column {self.ref.table}.{self.before.key} to {self.after.key}"

    @property
    def subject(self) -> str:
        return f"column {self.ref.table}.{self.before.key}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.before.key, self.after.key})

    @property
    def request(self) -> Request:
        body = {**payloads.change_body(self.after), "newKey": self.after.key}
        return Request("PATCH", column_path(self.ref, self.before), body=body)

    def is_ready(self, table: TableState | None) -> bool:
        return table is not None and is_available(table, self.before.key) and self.after.key not in table.columns

    def state_after(self, table: TableState) -> TableState:
        return table.with_renamed(self.before.key, self.after)


@dataclass(frozen=True, slots=True)
class DropColumn(SingleRequest):
    """Drop a column with its values; `reason` is shown in the plan."""

    column: ColumnState
    reason: str

    def __str__(self) -> str:
        return f"drop column {self.ref.table}.{self.column}, {self.reason}"

    @property
    def subject(self) -> str:
        return f"column {self.ref.table}.{self.column.key}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.column.key})

    @property
    def loses_data(self) -> bool:
        return self.column.status == AVAILABLE

    @property
    def refs(self) -> list[TableRef]:
        """Its table, and for a relationship the table of the other side."""
        related = self.column.options.get("relatedTable", self.ref.table)
        return list(dict.fromkeys([self.ref, TableRef(self.ref.database, related)]))

    @property
    def request(self) -> Request:
        return Request("DELETE", f"{self.ref.path}/columns/{quote(self.column.key, safe='')}", body={})

    def is_ready(self, table: TableState | None) -> bool:
        """Whether no index is over it: in a composite unique index Appwrite leaves the column stuck (observed)."""
        return (
            table is not None
            and self.column.key in table.columns
            and table.columns[self.column.key].status == self.column.status
            and not any(self.column.key in index.columns for index in table.indexes.values())
        )

    def state_after(self, table: TableState) -> TableState:
        return table.with_column(replace(self.column, status="deleting"))


@dataclass(frozen=True, slots=True)
class DropTemporaryColumn(DropColumn):
    """Drop a column that a migration has filled, and whose values it can compute again."""

    @property
    def loses_data(self) -> bool:
        return False


def column_path(ref: TableRef, column: ColumnState) -> str:
    """Return the path that changes a column, which differs by kind."""
    return f"{ref.path}/columns/{column.kind}/{quote(column.key, safe='')}"


def is_available(table: TableState, key: str) -> bool:
    """Whether the table has the column and Appwrite has built it."""
    return key in table.columns and table.columns[key].status == AVAILABLE
