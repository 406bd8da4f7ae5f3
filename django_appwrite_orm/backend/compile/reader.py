"""Carry out selections: pages of rows, and the rows that joins lead to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from math import inf
from typing import Any

from django.db import ProgrammingError

from ...connection import connections
from ...plan_execution import execute_read
from ...plans import (
    BY_SEQUENCE,
    Clause,
    CountRows,
    GetRow,
    ListRows,
    Progress,
    ReadPlan,
    beyond,
    has_room,
    size_in_url,
    split,
)
from ...sansio import Operation
from ...transactions import TableMeta
from ..columns import ROW_ID
from ..statements import Statement
from .selection import JoinedTable, Raw, Selection, requests_of

Tuples = list[tuple[Any, ...]]


class Reader:
    """Reads one selection, a page at a time."""

    def __init__(self, connection: Any, selection: Selection) -> None:
        self._connection = connection
        self.alias, self._override = connection.using, connection.override
        self.selection = selection
        self._row_id = selection.row_id
        self._requests: tuple[tuple[Clause, ...], ...] = ((),)
        if self._row_id is None:  # a row is asked for by its id without conditions
            self._requests = requests_of(selection, lambda: connections[self.alias].room)

    @cached_property
    def _room(self) -> float:
        """The bytes that conditions may take in a URL."""
        return connections[self.alias].room - size_in_url(*self.selection.beside)

    def read(self, table: TableMeta, plan: ReadPlan) -> Operation[Any]:
        """Return the result of a plan, for the identity that this reader was made for."""
        return execute_read(table, self.alias, plan, self._override)

    def rows(self) -> Tuples:
        """Return all rows, as values: one statement, whatever the number of pages."""
        if not self._requests:
            return []
        rows: Tuples = self._run(self._all())
        return rows

    def chunks(self) -> Iterator[Tuples]:
        """Yield the rows of each page, as values. Each page is a statement."""
        if self._requests and self._row_id is not None:
            yield self._run(self._one_row())
            return
        walk = _Walk(self, self._requests)
        while not walk.finished:
            yield self._run(walk.page())

    def _all(self) -> Operation[Tuples]:
        if self._row_id is not None:
            return (yield from self._one_row())
        walk = _Walk(self, self._requests)
        rows: Tuples = []
        while not walk.finished:
            rows += yield from walk.page()
        return rows

    def exists(self) -> bool:
        """Whether there is a row."""
        made = self.selection
        if self._row_id is not None:
            return bool(self._requests and self._run(self._one_row()))
        for filters in self._requests:
            plan = ListRows(made.ref, filters, limit=1, offset=made.start, select=(ROW_ID,))
            if self._run(self._any(plan)):
                return True
        return False

    def count(self, most: int | None = None) -> int:
        """Return how many rows there are; counting stops at `most`, and the result is then `most` or more."""
        made = self.selection
        if self._row_id is not None:
            return len(self.rows())
        total = 0
        for filters in self._requests:
            total += self._run(self.read(made.table, CountRows(made.ref, filters, most)), "count")
            if most is not None and total >= most:
                break
        return total

    def _run(self, operation: Operation[Any], verb: str = "list") -> Any:
        made = self.selection
        text = f"{verb} {made.table.id}"
        if self._connection.shows_statements and (made.filters or made.order):
            text += f" {' and '.join(map(str, (*made.filters, *made.order)))}"
        return self._connection.run(Statement.of(text, operation, strategy=made.strategy))

    def _any(self, plan: ListRows) -> Operation[bool]:
        return bool((yield from self.read(self.selection.table, plan))["rows"])

    def _one_row(self) -> Operation[Tuples]:
        made = self.selection
        row = yield from self.read(made.table, GetRow(made.ref, str(self._row_id), made.keys))
        rows = [row] if row is not None and row[ROW_ID] == self._row_id else []  # Appwrite compares ids without case
        return (yield from self.completed(rows))

    @property
    def page_size(self) -> int:
        return int(self._connection.appwrite.settings.page_size)

    def plan(self, filters: tuple[Clause, ...], after: Clause | None, position: int, limit: int) -> ListRows:
        """Return the plan of a page: the rows beyond `after`, or from `position` of the selection where it is None."""
        made = self.selection
        order = made.order or BY_SEQUENCE
        select = made.keys and tuple(
            dict.fromkeys([*made.keys, "$sequence", *(clause.attribute or "" for clause in order)])
        )
        conditions = filters if after is None else (*filters, after)
        return ListRows(made.ref, conditions, order, limit, made.start + position if after is None else 0, select)

    def after(self, filters: tuple[Clause, ...], last: Raw) -> Clause | None:
        """Return the condition on the rows after this one; None where pages have to go by their position."""
        after = beyond(self.selection.order or BY_SEQUENCE, last, self.is_comparable)
        return after if after is not None and has_room((*filters, after), self._room) else None

    def completed(self, rows: Sequence[Raw]) -> Operation[Tuples]:
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
            row = yield from self.read(join.table, GetRow(join.ref, values[0]))
            return {} if row is None else {values[0]: row}
        far_rows: dict[Any, Raw] = {}
        if values:
            for filters in split((Clause("equal", join.far, tuple(values)),), self._room).requests:
                size = sum(len(clause.values or ()) for clause in filters)
                plan = ListRows(join.ref, filters, limit=size)
                rows = (yield from self.read(join.table, plan))["rows"]
                far_rows |= {row[join.far]: row for row in rows}
        return far_rows

    def is_comparable(self, key: str) -> bool:
        """Whether a page may begin after a value of this column."""
        column = self.selection.table.by_key.get(key)
        return key.startswith("$") or (column is not None and not column.array and column.kind.exact)


class _Walk:
    """The pages of a selection, one after the other. A row that several requests find comes once."""

    def __init__(self, reader: Reader, requests: Sequence[tuple[Clause, ...]]) -> None:
        self._reader = reader
        self._left = list(requests)
        self._seen: set[str] = set()
        self._is_single = len(requests) == 1
        self._position = 0
        self._after: Clause | None = None
        self._progress: Progress | None = None

    @property
    def finished(self) -> bool:
        return not self._left

    def page(self) -> Operation[Tuples]:
        """Return the rows of the next page, as values."""
        reader, made, filters = self._reader, self._reader.selection, self._left[0]
        left = inf if made.stop is None else made.stop - made.start - self._position
        limit = int(min(reader.page_size, left))
        rows: list[Raw] = []
        if limit > 0:
            plan = reader.plan(filters, self._after, self._position, limit)
            rows = (yield from reader.read(made.table, plan))["rows"]
        if len(rows) < limit or left <= len(rows):
            self._left.pop(0)
            self._position, self._after, self._progress = 0, None, None
        else:
            self._position += len(rows)
            self._after = reader.after(filters, rows[-1])
            self._progress = self._progress or Progress(f"table {made.table.id}")
            self._progress.reached(self._after or tuple(row[ROW_ID] for row in rows))
        if not self._is_single:
            rows = [row for row in rows if row[ROW_ID] not in self._seen]
            self._seen |= {row[ROW_ID] for row in rows}
        return (yield from reader.completed(rows))
