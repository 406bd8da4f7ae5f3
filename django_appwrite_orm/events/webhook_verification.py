"""What a webhook's delivery proves. URL and body are signed, and the names of the event, a header, are not.

So the row and its table come from the body. What the body does not say is checked: whether a row is gone, by asking
Appwrite. A body is the same for an update and for the deletion that follows it (recorded from 1.9.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import signals
from ..connection import Connection
from ..plans import GetRow, TableRef
from ..sansio import Operation
from .parsing import Change


def contradiction(
    change: Change, ref: TableRef, connection: Connection, known: Iterable[TableRef]
) -> Operation[str | None]:
    """In what a signed body, as `change` has it, speaks against the names of its event, by which the change was
    found; None if in nothing. `ref` is the table on the server, `known` are those of all tables that it may be.

    Costs a request for a deletion that somebody wants to be told of, and for a row whose body leaves out its
    database, as that of a transaction does, where several databases have a table of this id. Raises an
    `AppwriteError` when that fails.
    """
    row = change.row or {}
    database = row.get("$databaseId")
    if not _same(row.get("$tableId", row.get("$collectionId")), ref.table):
        return "its body is not of this table"
    if database is not None and not _same(database, ref.database):
        return "its body is not of this database"
    if change.action == "create" and row.get("$createdAt") != row.get("$updatedAt"):
        return "its body is of a row that was changed after it was created"
    if not signals.row_changed.has_listeners(change.table):
        return None
    if change.action == "delete":
        return "the row is still there" if (yield from _is_there(row, ref, connection)) else None
    if database is None and any(_same(one.table, ref.table) and one != ref for one in known):
        return None if (yield from _is_there(row, ref, connection)) else "there is no such row in this database"
    return None


def _is_there(row: Mapping[str, Any], ref: TableRef, connection: Connection) -> Operation[bool]:
    """Whether Appwrite has this very row, and not another one that was created later under its id."""
    found = (yield from connection.follow(GetRow(ref, row["$id"]).fetch())).data
    return found is not None and str(found.get("$sequence")) == str(row.get("$sequence"))


def _same(given: object, own: str) -> bool:
    """Appwrite ignores the case of ids."""
    return isinstance(given, str) and given.lower() == own.lower()
