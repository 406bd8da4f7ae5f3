"""Reading rows page by page, so that a table of any size is read whole and cached in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ..connection import connections
from ..plans import Clause, ListRows, Progress, conjunction, disjunction, fits, has_room
from ..steps import Steps
from ..tables import Row, columns
from .mentioned import columns_to_show, tables_beside
from .operations import read
from .system import column_by_key

if TYPE_CHECKING:
    from .selection import Selection

Raw = dict[str, Any]
BY_SEQUENCE = (Clause("orderAsc", "$sequence"),)


class Pages(Protocol):
    """The rows of a selection as Appwrite sent them, a page at a time."""

    finished: bool

    def page(self) -> Steps[list[Raw]]:
        """The next page, empty at the end."""


class Walk:
    """The rows that one set of conditions matches.

    A walk asks for what comes after the last row it has seen: rows created or deleted meanwhile shift nothing,
    and the last page costs the server no more than the first. Appwrite's own cursor is not used for that, for
    it loses rows that are null in the order. Where the last row cannot say what comes after it (an order by a
    float, of which Appwrite shows 14 digits only, or at random), the walk goes by offset.
    """

    def __init__(self, query: Selection[Any], filters: tuple[Clause, ...], page_size: int | None = None) -> None:
        self._query = query
        self._filters = filters
        self._page_size = page_size or connections[query.db].settings.page_size
        self._position = 0
        self._after: Clause | None = None
        self._progress = Progress(f"table {query.ref.table}")
        self.finished = query.is_empty

    def page(self) -> Steps[list[Raw]]:
        query = self._query
        left = None if query.stop is None else query.stop - query.start - self._position
        wanted = self._page_size if left is None else min(self._page_size, left)
        if self.finished or wanted <= 0:
            self.finished = True
            return []
        found = yield from read(query.model, query.db, self._plan(wanted), query.policy)
        rows: list[Raw] = found["rows"]
        self._position += len(rows)
        self.finished = len(rows) < wanted
        if rows and not self.finished:
            after = None if query.cursor else _beyond(query.model, query.order, rows[-1])
            # Without it the walk goes by offset, which needs no room.
            self._after = after if after is None or has_room((*self._filters, after), query.room) else None
            if self._after is not None:
                self._progress.reached(self._after)
            elif len(rows) > 1 and all(clause.attribute for clause in query.order):  # not at random
                self._progress.reached(tuple(row["$id"] for row in rows))
        return rows

    def _plan(self, limit: int) -> ListRows:
        query, order = self._query, self._query.order or BY_SEQUENCE
        offset = query.start + self._position if self._after is None else 0
        filters = (*self._filters, *query.cursor) if self._after is None else (*self._filters, self._after)
        # Where the next page begins is told by the columns of the order.
        select = columns_to_show(query, (clause.attribute for clause in order))
        beside = tables_beside(query, filters, select)
        return ListRows(query.ref, filters, order, limit, offset, select, beside=beside)


class Window:
    """The part of rows that come one by one which a selection's slice takes."""

    def __init__(self, query: Selection[Any]) -> None:
        self._skip = query.start
        self._left = None if query.stop is None else query.stop - query.start

    @property
    def is_bounded(self) -> bool:
        return self._left is not None

    @property
    def is_full(self) -> bool:
        return self._left == 0

    def take(self, raw: Raw, rows: list[Raw]) -> None:
        """Add the next row to `rows` if it lies inside."""
        if self._skip:
            self._skip -= 1
            return
        rows.append(raw)
        if self._left is not None:
            self._left -= 1


def _beyond(table: type[Row], order: tuple[Clause, ...], last: Raw) -> Clause | None:
    """The condition for rows after `last` in this order, which ends in the sequence as the server's does; None
    where there is none."""
    beyond = Clause("greaterThan", "$sequence", (str(last["$sequence"]),))
    for clause in reversed(order):
        key, descending = clause.attribute, clause.method == "orderDesc"
        comparison = "lessThan" if descending else "greaterThan"
        column = column_by_key(table, key) if key else None
        if key == "$sequence":
            beyond = Clause(comparison, key, (str(last[key]),))
        elif column is None or column.array or isinstance(column, columns.Float) or key not in last:
            return None
        elif last[key] is None:  # nulls come first ascending and last descending
            further = [] if descending else [Clause("isNotNull", key)]
            beyond = disjunction([*further, conjunction([Clause("isNull", key), beyond])])
        else:
            further = [Clause(comparison, key, (last[key],))]
            if descending and not key.startswith("$"):
                further.append(Clause("isNull", key))
            beyond = disjunction([*further, conjunction([Clause("equal", key, (last[key],)), beyond])])
    return beyond if fits(beyond) else None
