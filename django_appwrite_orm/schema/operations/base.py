"""The interface of an operation on the schema, and the operations on whole tables.

An operation describes itself, states when a table can take it and how the table looks afterwards, and applies itself
on the server.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from ...connection import Connection
from ...exceptions import one_line
from ...plans import Request, TableRef
from ...sansio import Operation
from .. import payloads
from ..state import TableState

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SchemaOperation(ABC):
    """A single change of the table `ref`. `str()` gives it as a line of a plan: "add column books.pages (integer)"."""

    ref: TableRef

    @property
    def subject(self) -> str:
        """The table, column or index that it changes, for messages."""
        return f"table {self.ref.table}"

    @property
    def details(self) -> list[str]:
        """The lines that a plan lists below the operation."""
        return []

    @property
    def loses_data(self) -> bool:
        """Whether it deletes values that exist nowhere else."""
        return False

    @property
    def touches(self) -> frozenset[str]:
        """Keys of its columns. Operations on the same column are applied in the order of the plan."""
        return frozenset()

    @property
    def adds(self) -> str | None:
        """The key of the column or index that Appwrite builds for it in the background."""
        return None

    @property
    def spans(self) -> bool:
        """Whether it also changes rows of other tables."""
        return False

    @property
    def settles_alone(self) -> bool:
        """Whether Appwrite must finish it before another such operation, on any table, is sent."""
        return False

    def is_ready(self, table: TableState | None) -> bool:
        """Whether the table, as it is on the server, can take this operation now; None: there is no such table."""
        return table is not None

    def is_ready_among(self, tables: Mapping[str, TableState]) -> bool:
        """Whether the other tables on the server (by id in lower case) allow this operation now."""
        return True

    @abstractmethod
    def state_after(self, table: TableState) -> TableState | None:
        """Return the table as it is right after this operation: parts built in the background are unfinished."""

    def preflight(self, connection: Connection) -> Operation[list[str]]:
        """Return the reasons in the rows that forbid this operation. Called before anything is changed."""
        yield from ()
        return []

    @abstractmethod
    def apply(self, connection: Connection, report: Report) -> Operation[None]:
        """Send the requests of this operation. Raises an `AppwriteError`."""


@dataclass(frozen=True, slots=True)
class SingleRequest(SchemaOperation):
    """An operation that is one request."""

    @property
    @abstractmethod
    def request(self) -> Request:
        """The request."""

    @property
    def refs(self) -> list[TableRef]:
        """The tables whose rows it changes, so that their cached results must be invalidated."""
        return [self.ref]

    @property
    def spans(self) -> bool:
        return len(self.refs) > 1

    def apply(self, connection: Connection, report: Report) -> Operation[None]:
        yield from connection.write(self.refs, self.request)


@dataclass(frozen=True, slots=True)
class CreateTable(SingleRequest):
    """Create a table with every column and index that fits the same request; the others are added later."""

    table: TableState

    def __str__(self) -> str:
        table = self.created
        parts = f"{_counted(len(table.columns), 'column')} and {_counted(len(table.indexes), 'index', 'indexes')}"
        return f"create table {self.ref.table} with {parts}"

    @property
    def details(self) -> list[str]:
        columns = [f"column {column}" for column in self.created.columns.values()]
        return [*columns, *(f"index {index}" for index in self.created.indexes.values())]

    @property
    def created(self) -> TableState:
        """The table as this request creates it. Appwrite builds these parts before it responds."""
        columns, indexes = payloads.inline_parts(self.table)
        return replace(
            self.table,
            columns={column.key: column for column in columns},
            indexes={index.key: index for index in indexes},
        )

    @property
    def request(self) -> Request:
        path = f"/tablesdb/{quote(self.ref.database, safe='')}/tables"
        return Request("POST", path, body=payloads.table_body(self.created))

    def is_ready(self, table: TableState | None) -> bool:
        return table is None

    def state_after(self, table: TableState) -> TableState:
        return self.created

    def apply(self, connection: Connection, report: Report) -> Operation[None]:
        yield from connection.send(self.request)  # there are no cached results of a table that does not exist


@dataclass(frozen=True, slots=True)
class UpdateTable(SingleRequest):
    """Set name, permissions, row security and enabled."""

    before: TableState
    after: TableState

    def __str__(self) -> str:
        return f"update table {self.ref.table}: {'; '.join(self._differences())}"

    def _differences(self) -> list[str]:
        before, after = self.before, self.after
        lines = [f"name {before.name!r} → {after.name!r}"] if before.name != after.name else []
        lines += [f"grant {one_line(permission)}" for permission in sorted(after.permissions - before.permissions)]
        lines += [f"revoke {one_line(permission)}" for permission in sorted(before.permissions - after.permissions)]
        if before.row_security != after.row_security:
            lines.append(f"row security {'on' if after.row_security else 'off'}")
        if before.enabled != after.enabled:
            lines.append("enable it" if after.enabled else "disable it")
        return lines

    @property
    def request(self) -> Request:
        return Request("PUT", self.ref.path, body=payloads.options_body(self.after))

    def state_after(self, table: TableState) -> TableState:
        return replace(self.after, id=table.id, columns=table.columns, indexes=table.indexes)


@dataclass(frozen=True, slots=True)
class DropTable(SingleRequest):
    """Drop a table. `linked`: the tables with relationships to it, which lose those columns."""

    linked: frozenset[TableRef] = frozenset()

    @property
    def refs(self) -> list[TableRef]:
        return [self.ref, *sorted(self.linked - {self.ref})]

    def __str__(self) -> str:
        return f"drop table {self.ref.table} with all its rows"

    @property
    def loses_data(self) -> bool:
        return True

    @property
    def request(self) -> Request:
        return Request("DELETE", self.ref.path, body={})

    def state_after(self, table: TableState) -> None:
        return None


def _counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
