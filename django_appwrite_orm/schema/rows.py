"""Read all rows of a table page by page, past the cache, for checks, copies and dumps; write one value to many rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..connection import Connection
from ..plans import Clause, ListRows, TableRef, UpdateRow, UpdateRows
from ..plans.sequence_pages import SequencePages
from ..sansio import Operation

RawRow = dict[str, Any]
Visit = Callable[[list[RawRow]], Operation[None]]

# Ids in one query: 90 ids of 36 characters stay below Appwrite's limit of 4096 characters.
_IDS = 90


def walk(
    connection: Connection, ref: TableRef, visit: Visit, select: tuple[str, ...] = (), filters: tuple[Clause, ...] = ()
) -> Operation[None]:
    """Call `visit` with each page of the rows that match, in order of creation."""
    pages = SequencePages(ref, filters, connection.settings.page_size, select)
    while not pages.finished:
        rows = (yield from connection.follow(pages.plan.fetch())).data["rows"]
        yield from visit(rows)
        pages.advance(rows)


def write_same(
    connection: Connection, ref: TableRef, ids: Sequence[str], data: Mapping[str, Any], *, by_row: bool
) -> Operation[None]:
    """Write the same values to these rows: 90 per request, or `by_row` where Appwrite refuses many at once."""
    if by_row:
        for row_id in ids:
            yield from connection.write([ref], UpdateRow(ref, row_id, data).request)
        return
    for start in range(0, len(ids), _IDS):
        filters = (Clause("equal", "$id", tuple(ids[start : start + _IDS])),)
        yield from connection.write([ref], UpdateRows(ref, data, filters).request)


def newest(connection: Connection, ref: TableRef) -> Operation[str | None]:
    """Return the time of the last change of any row, as Appwrite writes it; None for an empty table."""
    plan = ListRows(ref, order=(Clause("orderDesc", "$updatedAt"),), limit=1, select=("$id", "$updatedAt"))
    rows = (yield from connection.follow(plan.fetch())).data["rows"]
    return str(rows[0]["$updatedAt"]) if rows else None
