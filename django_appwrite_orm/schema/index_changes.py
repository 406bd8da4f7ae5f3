"""Indexes added and dropped: each one request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote

from ..plans import Request
from . import bodies
from .changes import SingleRequest
from .column_changes import is_available
from .state import IndexState, TableState


@dataclass(frozen=True, slots=True)
class AddIndex(SingleRequest):
    index: IndexState

    def __str__(self) -> str:
        return f"add index {self.ref.table}.{self.index}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset(self.index.columns)

    @property
    def adds(self) -> str:
        return self.index.key

    @property
    def request(self) -> Request:
        return Request("POST", f"{self.ref.path}/indexes", body=bodies.index_body(self.index))

    def is_ready(self, table: TableState | None) -> bool:
        """Appwrite builds columns in the background and refuses an index over one that is not there yet."""
        return (
            table is not None
            and self.index.key not in table.indexes
            and all(key.startswith("$") or is_available(table, key) for key in self.index.columns)
        )

    def effect(self, table: TableState) -> TableState:
        return table.with_index(replace(self.index, status="processing"))


@dataclass(frozen=True, slots=True)
class DropIndex(SingleRequest):
    index: IndexState
    why: str

    def __str__(self) -> str:
        return f"drop index {self.ref.table}.{self.index}, {self.why}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset(self.index.columns)

    @property
    def request(self) -> Request:
        return Request("DELETE", f"{self.ref.path}/indexes/{quote(self.index.key, safe='')}", body={})

    def is_ready(self, table: TableState | None) -> bool:
        return table is not None and self.index.key in table.indexes

    def effect(self, table: TableState) -> TableState:
        return table.with_index(replace(self.index, status="deleting"))
