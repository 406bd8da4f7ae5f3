"""Find contradictions between a webhook's names and its body: the body is signed, the names (a header) are not.

So the row and its table are taken from the body. Whether a row was deleted is checked by a request to Appwrite: the
body is the same for an update and for the deletion that follows it (recorded from 1.9.6).
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
    change: Change, ref: TableRef, connection: Connection, refs: Iterable[TableRef]
) -> Operation[str | None]:
    """Return how the signed body of `change` contradicts the names of its event, or None.

    `ref` is the table on the server, `refs` are those of all tables that it may be. Takes a request for a deletion, if
    the signal has receivers, and for a row whose body has no database (as in a transaction), if several databases have
    a table of this id. Raises an `AppwriteError` when that request fails.
    """
    row = change.row or {}
    database = row.get("$databaseId")
    if not _same(row.get("$tableId", row.get("$collectionId")), ref.table):
        return "its body is not of this table"
    if database is not None and not _same(database, ref.database):
        return "its body is not of this database"
    if change.action == "create" and row.get("$createdAt") != row.get("$updatedAt"):
        return "its body has a row that was changed after it was created"
    if not signals.row_changed.has_listeners(change.table):
        return None
    if change.action == "delete":
        return "the row still exists" if (yield from _exists(row, ref, connection)) else None
    if database is None and any(_same(other.table, ref.table) and other != ref for other in refs):
        return None if (yield from _exists(row, ref, connection)) else "there is no such row in this database"
    return None


def _exists(row: Mapping[str, Any], ref: TableRef, connection: Connection) -> Operation[bool]:
    """Whether Appwrite has this row, and not another one that was created later under its id."""
    current = (yield from connection.follow(GetRow(ref, row["$id"]).fetch())).data
    return current is not None and str(current.get("$sequence")) == str(row.get("$sequence"))


def _same(value: object, id: str) -> bool:
    """Whether the value is this id; Appwrite ignores the case of ids."""
    return isinstance(value, str) and value.lower() == id.lower()
