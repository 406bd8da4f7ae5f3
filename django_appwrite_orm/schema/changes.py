"""Single changes of a schema. Each says in words what it does, when it can be made, what it leads to, and how
Appwrite is asked for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from ..connection import Connection
from ..plans import Request, TableRef
from ..steps import Steps
from . import bodies
from .state import AVAILABLE, ColumnState, IndexState, TableState

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Change(ABC):
    """`ref` is the table it is about."""

    ref: TableRef

    @property
    def loses_data(self) -> bool:
        """Whether values are gone afterwards that nothing else holds."""
        return False

    @property
    def touches(self) -> frozenset[str]:
        """Keys of the columns it is about. What touches one column is made in the order of the plan."""
        return frozenset()

    @property
    def adds(self) -> str | None:
        """The key of the column or index that Appwrite builds for it in the background."""
        return None

    def is_ready(self, table: TableState | None) -> bool:
        """Whether the table, as the server has it now, can take this change."""
        return table is not None

    @abstractmethod
    def effect(self, table: TableState) -> TableState | None:
        """The table as this change leaves it at once; what Appwrite builds in the background is unfinished."""

    def objections(self, connection: Connection) -> Steps[list[str]]:
        """What in the rows speaks against it, asked before anything is changed."""
        yield from ()
        return []

    @abstractmethod
    def make(self, connection: Connection, report: Report) -> Steps[None]:
        """Ask Appwrite for it. Raises an `AppwriteError`."""


@dataclass(frozen=True, slots=True)
class SingleRequest(Change):
    """A change that is one request."""

    @property
    @abstractmethod
    def request(self) -> Request: ...

    def make(self, connection: Connection, report: Report) -> Steps[None]:
        # Rows look different afterwards, so cached answers must go.
        yield from connection.write([self.ref], self.request)


@dataclass(frozen=True, slots=True)
class CreateTable(SingleRequest):
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

    def effect(self, table: TableState) -> TableState:
        return self.made

    def make(self, connection: Connection, report: Report) -> Steps[None]:
        yield from connection.send(self.request)  # nobody holds answers of a table that is not there


@dataclass(frozen=True, slots=True)
class UpdateTable(SingleRequest):
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

    def effect(self, table: TableState) -> TableState:
        return replace(self.after, id=table.id, columns=table.columns, indexes=table.indexes)


@dataclass(frozen=True, slots=True)
class DropTable(SingleRequest):
    def __str__(self) -> str:
        return f"drop table {self.ref.table} with all its rows"

    @property
    def loses_data(self) -> bool:
        return True

    @property
    def request(self) -> Request:
        return Request("DELETE", self.ref.path, body={})

    def effect(self, table: TableState) -> None:
        return None


@dataclass(frozen=True, slots=True)
class AddColumn(SingleRequest):
    column: ColumnState

    def __str__(self) -> str:
        return f"add column {self.ref.table}.{self.column}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.column.key})

    @property
    def adds(self) -> str:
        return self.column.key

    @property
    def request(self) -> Request:
        return Request("POST", f"{self.ref.path}/columns/{self.column.kind}", body=bodies.column_body(self.column))

    def is_ready(self, table: TableState | None) -> bool:
        return table is not None and self.column.key not in table.columns

    def effect(self, table: TableState) -> TableState:
        return table.with_column(replace(self.column, status="processing"))


@dataclass(frozen=True, slots=True)
class RenameColumn(SingleRequest):
    """Gives a column another key, and with it what else of `after` can be changed in place."""

    before: ColumnState
    after: ColumnState

    def __str__(self) -> str:
        return f"rename column {self.ref.table}.{self.before.key} to {self.after.key}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.before.key, self.after.key})

    @property
    def request(self) -> Request:
        body = {**bodies.change_body(self.after), "newKey": self.after.key}
        return Request("PATCH", column_path(self.ref, self.before), body=body)

    def is_ready(self, table: TableState | None) -> bool:
        return table is not None and _is_available(table, self.before.key) and self.after.key not in table.columns

    def effect(self, table: TableState) -> TableState:
        return table.with_renamed(self.before.key, self.after)


@dataclass(frozen=True, slots=True)
class DropColumn(SingleRequest):
    column: ColumnState
    why: str

    def __str__(self) -> str:
        return f"drop column {self.ref.table}.{self.column}, {self.why}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.column.key})

    @property
    def loses_data(self) -> bool:
        return self.column.status == AVAILABLE

    @property
    def request(self) -> Request:
        return Request("DELETE", f"{self.ref.path}/columns/{quote(self.column.key, safe='')}", body={})

    def is_ready(self, table: TableState | None) -> bool:
        """An index over it goes first: in a composite unique one Appwrite leaves the column stuck (observed)."""
        return (
            table is not None
            and self.column.key in table.columns
            and table.columns[self.column.key].status == self.column.status
            and not any(self.column.key in index.columns for index in table.indexes.values())
        )

    def effect(self, table: TableState) -> TableState:
        return table.with_column(replace(self.column, status="deleting"))


@dataclass(frozen=True, slots=True)
class DropTemporaryColumn(DropColumn):
    """A column that a migration made itself, and whose values it can make again."""

    @property
    def loses_data(self) -> bool:
        return False


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
            and all(key.startswith("$") or _is_available(table, key) for key in self.index.columns)
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


def column_path(ref: TableRef, column: ColumnState) -> str:
    """The path under which a column is changed, by the route of its own kind."""
    return f"{ref.path}/columns/{column.kind}/{quote(column.key, safe='')}"


def _is_available(table: TableState, key: str) -> bool:
    return key in table.columns and table.columns[key].status == AVAILABLE


def _counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
