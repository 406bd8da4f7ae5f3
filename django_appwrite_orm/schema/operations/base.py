"""What a single change of a schema is, and those of whole tables.

Each says in words what it does, when it can be made, what it leads to, and how Appwrite is asked for it.
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
    """`ref` is the table it is about."""

    ref: TableRef

    @property
    def details(self) -> list[str]:
        """What a plan lists below its line."""
        return []

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

    @property
    def spans(self) -> bool:
        """Whether rows of other tables look different after it, too."""
        return False

    @property
    def settles_alone(self) -> bool:
        """Whether Appwrite has to be done with it before it is asked for another such change, of whatever table."""
        return False

    def is_ready(self, table: TableState | None) -> bool:
        """Whether the table, as the server has it now, can take this change."""
        return table is not None

    def is_ready_among(self, tables: Mapping[str, TableState]) -> bool:
        """Whether the other tables (by id in lower case), as the server had them, can take it too."""
        return True

    @abstractmethod
    def state_after(self, table: TableState) -> TableState | None:
        """The table as this change leaves it at once; what Appwrite builds in the background is unfinished."""

    def preflight(self, connection: Connection) -> Operation[list[str]]:
        """What in the rows speaks against it, asked before anything is changed."""
        yield from ()
        return []

    @abstractmethod
    def apply(self, connection: Connection, report: Report) -> Operation[None]:
        """Ask Appwrite for it. Raises an `AppwriteError`."""


@dataclass(frozen=True, slots=True)
class SingleRequest(SchemaOperation):
    """A change that is one request."""

    @property
    @abstractmethod
    def request(self) -> Request: ...

    @property
    def refs(self) -> list[TableRef]:
        """The tables whose rows look different afterwards, so that cached answers must go."""
        return [self.ref]

    @property
    def spans(self) -> bool:
        return len(self.refs) > 1

    def apply(self, connection: Connection, report: Report) -> Operation[None]:
        yield from connection.write(self.refs, self.request)


@dataclass(frozen=True, slots=True)
class CreateTable(SingleRequest):
    """With every column and index that can come with it; the rest follows when it is there."""

    table: TableState

    def __str__(self) -> str:
        made = self.made
        parts = f"{_counted(len(made.columns), 'column')} and {_counted(len(made.indexes), 'index', 'indexes')}"
        return f"create table {self.ref.table} with {parts}"

    @property
    def details(self) -> list[str]:
        made = self.made
        columns = [f"column {column}" for column in made.columns.values()]
        return [*columns, *(f"index {index}" for index in made.indexes.values())]

    @property
    def made(self) -> TableState:
        """The table as this request leaves it, which Appwrite builds before it answers."""
        columns, indexes = payloads.inline_parts(self.table)
        return replace(
            self.table,
            columns={column.key: column for column in columns},
            indexes={index.key: index for index in indexes},
        )

    @property
    def request(self) -> Request:
        path = f"/tablesdb/{quote(self.ref.database, safe='')}/tables"
        return Request("POST", path, body=payloads.table_body(self.made))

    def is_ready(self, table: TableState | None) -> bool:
        return table is None

    def state_after(self, table: TableState) -> TableState:
        return self.made

    def apply(self, connection: Connection, report: Report) -> Operation[None]:
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
        found += [f"grant {one_line(permission)}" for permission in sorted(after.permissions - before.permissions)]
        found += [f"revoke {one_line(permission)}" for permission in sorted(before.permissions - after.permissions)]
        if before.row_security != after.row_security:
            found.append(f"row security {'on' if after.row_security else 'off'}")
        if before.enabled != after.enabled:
            found.append("enable it" if after.enabled else "disable it")
        return found

    @property
    def request(self) -> Request:
        return Request("PUT", self.ref.path, body=payloads.options_body(self.after))

    def state_after(self, table: TableState) -> TableState:
        return replace(self.after, id=table.id, columns=table.columns, indexes=table.indexes)


@dataclass(frozen=True, slots=True)
class DropTable(SingleRequest):
    """`linked`: the tables that lose columns along with it, which lead to it."""

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
