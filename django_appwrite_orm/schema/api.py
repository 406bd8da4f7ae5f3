"""Changes of the schema from code: single indexes and tables, and tables from one declared state to another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

from ..connection import Connection, connections
from ..credentials import Using
from ..exceptions import NotFound, SchemaError
from ..plans import Request, TableRef
from ..relations.cascades import relationship_ends
from ..sansio import Operation, Sleep
from ..tables import Index, Row
from .declared import DeclaredTable, declared_index
from .executor import TIMEOUT, Migration, migrate
from .operations.base import DropTable, Report
from .operations.indexes import AddIndex
from .plan import MigrationPlan
from .state import AVAILABLE, BROKEN
from .table_changes import TableChange, plan_changes

_PAUSE = 0.1


def list_indexes(table: type[Row], using: Using) -> Operation[list[dict[str, Any]]]:
    """Return the table's indexes as Appwrite describes them: key, type, status, columns, orders, lengths."""
    connection, ref = _location(table, using)
    described = (yield from connection.send(Request("GET", ref.path))).data
    return list(described["indexes"])


def create_index(table: type[Row], index: Index, using: Using) -> Operation[None]:
    """Add an index and wait until Appwrite has built it.

    Raises `Conflict` when its key is taken, `InvalidRequest` when Appwrite refuses it, and `SchemaError` when Appwrite
    cannot build it. A migration keeps it, but drops it with --prune.
    """
    connection, ref = _location(table, using)
    yield from AddIndex(ref, declared_index(table, index)).apply(connection, lambda line: None)
    status, error = yield from _final_status(connection, ref, index.key)
    if status != AVAILABLE:
        raise SchemaError(f"Appwrite could not build index {ref.table}.{index.key}: {status}, {error or 'no reason'}.")


def delete_index(table: type[Row], key: str, using: Using) -> Operation[None]:
    """Drop the index with this key and wait until it is deleted. Raises `NotFound` and `SchemaError`."""
    if not key:
        raise ValueError(f"The key of an index is needed, not {key!r}.")
    connection, ref = _location(table, using)
    yield from connection.write([ref], Request("DELETE", _path(ref, key), body={}))
    status, error = yield from _final_status(connection, ref, key)
    if status:
        raise SchemaError(f"Appwrite could not drop index {ref.table}.{key}: {status}, {error or 'no reason'}.")


def create_table(table: type[Row], using: str) -> Operation[int]:
    """Create or change the server's table as `migrate` does; return the number of changes."""
    return (yield from migrate([table], using))


def delete_table(table: type[Row], using: str) -> Operation[None]:
    """Drop the table with all its rows. Raises `NotFound`."""
    connection, ref = _location(table, using)
    linked = frozenset(side.other._meta.ref(ref.database) for side in relationship_ends(table))
    yield from DropTable(ref, linked).apply(connection, lambda line: None)


def migrate_tables(
    connection: Connection,
    changes: Sequence[tuple[DeclaredTable | None, DeclaredTable | None]],
    report: Report | None = None,
    *,
    timeout: float = TIMEOUT,
) -> Operation[int]:
    """Change tables from one declared state to another: each change is `(before, after)`, see `TableChange`.

    Only what differs between the two states is changed: everything else of the table, and every other table, stays
    as the server has it. Columns and indexes that only `before` has are dropped with their values, and so is a table
    without `after`. Rows are checked before anything is changed. An interrupted change continues when it is
    requested again. Waits until Appwrite has built everything, `timeout` seconds at most after the last change.

    Returns the number of changes made; calls `report` with a line for each. Raises `SchemaError` when a change is not
    possible (then nothing was changed), when Appwrite refuses it, or when it does not finish.
    """
    table_changes = [TableChange(*change) for change in changes]
    compare = partial(plan_changes, connection.settings.database_id, table_changes)
    return (yield from Migration(connection, compare, report or (lambda line: None)).run(timeout=timeout))


def planned_changes(
    database: str, changes: Sequence[tuple[DeclaredTable | None, DeclaredTable | None]]
) -> MigrationPlan:
    """Return what `migrate_tables` does on a server that has every table as its `before` says; no request is sent."""
    table_changes = [TableChange(*change) for change in changes]
    existing = {before.state.id.lower(): before.state for before, _ in table_changes if before is not None}
    return plan_changes(database, table_changes, existing)


def _location(table: type[Row], using: Using) -> tuple[Connection, TableRef]:
    connection = connections[using]
    return connection, table._meta.ref(connection.settings.database_id)


def _path(ref: TableRef, key: str) -> str:
    return f"{ref.path}/indexes/{quote(key, safe='')}"


def _final_status(connection: Connection, ref: TableRef, key: str) -> Operation[tuple[str, str]]:
    """Wait until Appwrite has built or deleted an index; return its status and error, empty when there is none."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            index = (yield from connection.send(Request("GET", _path(ref, key)))).data
        except NotFound:
            return "", ""
        if index["status"] == AVAILABLE or index["status"] in BROKEN:
            return index["status"], index["error"]
        if time.monotonic() > deadline:
            raise SchemaError(f"Appwrite has not finished index {ref.table}.{key} within {TIMEOUT:g} seconds.")
        yield Sleep(_PAUSE)
