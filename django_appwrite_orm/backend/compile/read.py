"""Carry out selections: pages of rows, and the rows that joins lead to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import ProgrammingError

from ...execution import execute_read
from ...plans import (
    BY_SEQUENCE,
    Clause,
    CountRows,
    GetRow,
    ListRows,
    Progress,
    beyond,
    has_room,
    size_in_url,
    split,
)
from ...sansio import Operation
from ..columns import ROW_ID
from ..statements import Statement
from .select import JoinedTable, Raw, Selection, requests_of

Tuples = list[tuple[Any, ...]]


class Reader:
    """Reads one selection, a page at a time."""

    def __init__(self, connection: Any, selection: Selection) -> None:
        self._connection = connection
        self._alias = connection.appwrite_alias
        self.selection = selection
        self._room = connection.appwrite.room - size_in_url(
            *selection.order, Clause("select", values=selection.keys or (ROW_ID,))
        )
        self._requests = requests_of(selection, self._room)

    def chunks(self) -> Iterator[Tuples]:
        """Yield the rows of each page, as values. Each page is one statement."""
        if not self._requests:
            return
        if self.selection.row_id is not None:
            yield self._run(self._one_row())
            return
        seen: set[str] | None = set() if len(self._requests) > 1 else None
        for filters in self._requests:
            yield from self._pages(filters, seen)

    def exists(self) -> bool:
        """Whether there is a row."""
        made = self.selection
        if made.row_id is not None:
            return bool(self._requests and self._run(self._one_row()))
        for filters in self._requests:
            plan = ListRows(made.ref, filters, limit=1, offset=made.start, select=(ROW_ID,))
            if self._run(self._any(plan)):
                return True
        return False

    def count(self) -> int:
        """Return how many rows there are."""
        made = self.selection
        total = 0
        for filters in self._requests:
            total += self._run(execute_read(made.table, self._alias, CountRows(made.ref, filters)), "count")
        return total

    def _run(self, operation: Operation[Any], verb: str = "list") -> Any:
        made = self.selection
        text = f"{verb} {made.table.id} {' and '.join(map(str, (*made.filters, *made.order)))}".rstrip()
        return self._connection.run(Statement.of(text, operation, strategy=made.strategy))

    def _any(self, plan: ListRows) -> Operation[bool]:
        return bool((yield from execute_read(self.selection.table, self._alias, plan))["rows"])

    def _one_row(self) -> Operation[Tuples]:
        made = self.selection
        row = yield from execute_read(made.table, self._alias, GetRow(made.ref, str(made.row_id), made.keys))
        rows = [row] if row is not None and row[ROW_ID] == made.row_id else []  # Appwrite compares ids without case
        return (yield from self._completed(rows))

    def _pages(self, filters: tuple[Clause, ...], seen: set[str] | None) -> Iterator[Tuples]:
        made = self.selection
        size = self._connection.appwrite.settings.page_size
        order = made.order or BY_SEQUENCE
        select = made.keys and tuple(
            dict.fromkeys([*made.keys, "$sequence", *(clause.attribute or "" for clause in order)])
        )
        position, after, progress = 0, None, Progress(f"table {made.table.id}")
        while True:
            left = size if made.stop is None else min(size, made.stop - made.start - position)
            if left <= 0:
                return
            conditions = filters if after is None else (*filters, after)
            offset = made.start + position if after is None else 0
            plan = ListRows(made.ref, conditions, order, left, offset, select)
            rows, values = self._run(self._page(plan, seen))
            position += len(rows)
            yield values
            if len(rows) < left:
                return
            after = beyond(order, rows[-1], self._is_comparable)
            after = after if after is not None and has_room((*filters, after), self._room) else None
            progress.reached(after or tuple(row[ROW_ID] for row in rows))

    def _page(self, plan: ListRows, seen: set[str] | None) -> Operation[tuple[list[Raw], Tuples]]:
        rows: list[Raw] = (yield from execute_read(self.selection.table, self._alias, plan))["rows"]
        new = rows if seen is None else [row for row in rows if row[ROW_ID] not in seen]
        if seen is not None:
            seen |= {row[ROW_ID] for row in rows}
        return rows, (yield from self._completed(new))

    def _completed(self, rows: Sequence[Raw]) -> Operation[Tuples]:
        """Return the values of rows, with those of the rows that joins lead to."""
        joined: dict[str, dict[Any, Raw]] = {}
        there: dict[str, Sequence[Raw]] = {self.selection.alias: rows}
        for join in self.selection.joins:
            values = {row[join.near] for row in there[join.parent] if row[join.near] is not None}
            joined[join.alias] = yield from self._far_rows(join, sorted(values))
            there[join.alias] = list(joined[join.alias].values())
        try:
            return self.selection.tuples(rows, joined)
        except KeyError as missing:
            raise ProgrammingError(
                f"Table {self.selection.table.id} has no column {missing} on the server. Run migrate."
            ) from None

    def _far_rows(self, join: JoinedTable, values: Sequence[Any]) -> Operation[dict[Any, Raw]]:
        if len(values) == 1 and join.far == ROW_ID:
            row = yield from execute_read(join.table, self._alias, GetRow(join.ref, values[0]))
            return {} if row is None else {values[0]: row}
        found: dict[Any, Raw] = {}
        if values:
            for filters in split((Clause("equal", join.far, tuple(values)),), self._room).requests:
                size = sum(len(clause.values or ()) for clause in filters)
                plan = ListRows(join.ref, filters, limit=size)
                rows = (yield from execute_read(join.table, self._alias, plan))["rows"]
                found |= {row[join.far]: row for row in rows}
        return found

    def _is_comparable(self, key: str) -> bool:
        column = self.selection.table.by_key.get(key)
        return key.startswith("$") or (column is not None and not column.array and column.kind.exact)
