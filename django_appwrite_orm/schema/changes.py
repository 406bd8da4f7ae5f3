"""Single changes of a schema. Each says in words what it does and knows the one request that does it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from urllib.parse import quote

from ..plans import Request, TableRef
from . import bodies
from .state import AVAILABLE, ColumnState, IndexState, TableState


@dataclass(frozen=True, slots=True)
class Change(ABC):
    """`ref` is the table it is about."""

    ref: TableRef

    @property
    @abstractmethod
    def request(self) -> Request:
        """What Appwrite is asked to do."""

    def is_ready(self, table: TableState | None) -> bool:
        """Whether the table, as the server has it now, can take this change."""
        return table is not None


@dataclass(frozen=True, slots=True)
class CreateTable(Change):
    """With every column and index that can come with it; the rest follows when it is there."""

    table: TableState

    def __str__(self) -> str:
        made = self.made
        parts = f"{_counted(len(made.columns), 'column')} and {_counted(len(made.indexes), 'index', 'indexes')}"
        return f"create table {self.ref.table} with {parts}"

    @property
    def made(self) -> TableState:
        """The table as this request leaves it, which Appwrite builds before it answers."""
        columns, indexes = bodies.inline_parts(self.table)
        return replace(
            self.table,
            columns={column.key: column for column in columns},
            indexes={index.key: index for index in indexes},
        )

    @property
    def request(self) -> Request:
        path = f"/tablesdb/{quote(self.ref.database, safe='')}/tables"
        return Request("POST", path, body=bodies.table_body(self.made))

    def is_ready(self, table: TableState | None) -> bool:
        return table is None


@dataclass(frozen=True, slots=True)
class UpdateTable(Change):
    """Sets name, permissions, row security and enabled."""

    before: TableState
    after: TableState

    def __str__(self) -> str:
        return f"update table {self.ref.table}: {'; '.join(self._differences())}"

    def _differences(self) -> list[str]:
        before, after = self.before, self.after
        found = [f"name {before.name!r} → {after.name!r}"] if before.name != after.name else []
        found += [f"grant {permission}" for permission in sorted(after.permissions - before.permissions)]
        found += [f"revoke {permission}" for permission in sorted(before.permissions - after.permissions)]
        if before.row_security != after.row_security:
            found.append(f"row security {'on' if after.row_security else 'off'}")
        if before.enabled != after.enabled:
            found.append("enable it" if after.enabled else "disable it")
        return found

    @property
    def request(self) -> Request:
        return Request("PUT", self.ref.path, body=bodies.options_body(self.after))


@dataclass(frozen=True, slots=True)
class AddColumn(Change):
    column: ColumnState

    def __str__(self) -> str:
        return f"add column {self.ref.table}.{self.column}"

    @property
    def request(self) -> Request:
        return Request("POST", f"{self.ref.path}/columns/{self.column.kind}", body=bodies.column_body(self.column))


@dataclass(frozen=True, slots=True)
class AddIndex(Change):
    index: IndexState

    def __str__(self) -> str:
        return f"add index {self.ref.table}.{self.index}"

    @property
    def request(self) -> Request:
        return Request("POST", f"{self.ref.path}/indexes", body=bodies.index_body(self.index))

    def is_ready(self, table: TableState | None) -> bool:
        """Appwrite builds columns in the background and refuses an index over one that is not there yet."""
        return table is not None and all(
            key.startswith("$") or (key in table.columns and table.columns[key].status == AVAILABLE)
            for key in self.index.columns
        )


def _counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
