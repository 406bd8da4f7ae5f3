"""A table under another id: a copy of its rows, for Appwrite cannot change an id."""

from __future__ import annotations

from typing import Any

from ...connection import Connection
from ...exceptions import NotFound
from ...plans import BULK_LIMIT, BY_SEQUENCE, Clause, CreateRows, ListRows, TableRef
from ...sansio import Operation

# What a row keeps besides its columns.
_KEPT = ("$id", "$permissions", "$createdAt", "$updatedAt")


def copy_rows(connection: Connection, source: TableRef, target: TableRef) -> Operation[int]:
    """Create the rows of `source` in `target`, with their ids, permissions and times; return how many it created.

    Rows that are there already are left: a copy that was interrupted goes on. Nothing is done where there is no source.
    """
    count = 0
    after: tuple[Clause, ...] = ()
    while True:
        try:
            rows = yield from _page(connection, ListRows(source, after, BY_SEQUENCE, BULK_LIMIT))
        except NotFound as error:
            if error.type == "table_not_found":
                return count
            raise
        if rows:
            ids = tuple(row["$id"] for row in rows)
            there = yield from _page(
                connection, ListRows(target, (Clause("equal", "$id", ids),), limit=len(ids), select=("$id",))
            )
            copied = {row["$id"].lower() for row in there}
            new = tuple(_copied(row) for row in rows if row["$id"].lower() not in copied)
            if new:
                yield from connection.write([target], CreateRows(target, new).request)
            count += len(new)
        if len(rows) < BULK_LIMIT:
            return count
        after = (Clause("greaterThan", "$sequence", (str(rows[-1]["$sequence"]),)),)


def _page(connection: Connection, plan: ListRows) -> Operation[list[dict[str, Any]]]:
    found: list[dict[str, Any]] = (yield from connection.follow(plan.fetch())).data["rows"]
    return found


def _copied(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key in _KEPT or not key.startswith("$")}
