"""One answer out of several: what a question gives that had to be split over several requests."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING, Any

from ..exceptions import NotSupportedError
from ..steps import Steps
from ..tables import Row
from .across import crosses, followed
from .distinct import Distinct, every_row
from .system import column_by_key
from .walk import BY_SEQUENCE, Pages, Raw, Walk, Window

if TYPE_CHECKING:
    from .selection import Selection

# What Python orders as the server does. Texts are not among them: their order is the database's collation's.
_ORDERED = frozenset({"integer", "bigint", "double", "boolean", "datetime"})


class _Followed:
    """The rows of a selection whose filters cross references, which are followed first."""

    def __init__(self, query: Selection[Any], page_size: int | None) -> None:
        self._query = query
        self._page_size = page_size
        self._pages: Pages | None = None
        self.finished = False

    def page(self) -> Steps[list[Raw]]:
        if self._pages is None:
            self._pages = pages((yield from followed(self._query)), self._page_size)
        rows = yield from self._pages.page()
        self.finished = self._pages.finished
        return rows


def pages(query: Selection[Any], page_size: int | None = None) -> Pages:
    """The rows of `query`, in its order. Raises NotSupportedError for what no number of requests can answer."""
    if query.distinct_keys:
        return Distinct(query, pages(every_row(query), page_size))
    query = query._settled()
    if crosses(query._where):
        return _Followed(query, page_size)
    requests = query.requests().requests
    if len(requests) == 1 or query.is_empty:
        return Walk(query, requests[0], page_size)
    whole = query._clone(start=0)
    return _Merge(query, [Walk(whole, filters, page_size) for filters in requests])


class _Merge:
    """Walks over parts of one selection, in their common order; a row that is in several parts comes once.

    Holds a page of each part at a time.
    """

    def __init__(self, query: Selection[Any], walks: list[Walk]) -> None:
        self._order = _sortable_order(query)
        self._walks = walks
        self._waiting: list[deque[Raw]] = [deque() for _ in walks]
        self._heads: list[tuple[_Place, int]] = []
        self._to_fill = list(range(len(walks)))
        self._window = Window(query)
        self._last: str | None = None
        self.finished = False

    def page(self) -> Steps[list[Raw]]:
        rows: list[Raw] = []
        while not rows and not self.finished:
            for part in self._to_fill:
                self._waiting[part].extend((yield from self._walks[part].page()))
                self._push(part)
            self._to_fill = []
            while self._heads and not self._to_fill and not self._window.is_full:
                _, part = heapq.heappop(self._heads)
                self._take(self._waiting[part].popleft(), rows)
                if self._waiting[part] or self._walks[part].finished:
                    self._push(part)
                else:
                    self._to_fill = [part]
            self.finished = self._window.is_full or not (self._heads or self._to_fill)
        return rows

    def _push(self, part: int) -> None:
        if self._waiting[part]:
            heapq.heappush(self._heads, (self._place(self._waiting[part][0]), part))

    def _take(self, raw: Raw, rows: list[Raw]) -> None:
        if raw["$id"] == self._last:  # the order ends in the sequence, so the same row follows itself
            return
        self._last = raw["$id"]
        self._window.take(raw, rows)

    def _place(self, raw: Raw) -> _Place:
        return _Place(
            [(int(raw[key]) if key == "$sequence" else raw[key], descending) for key, descending in self._order]
        )


class _Place:
    """Where a row stands in the order: nulls first ascending, last descending."""

    __slots__ = ("_values",)

    def __init__(self, values: list[tuple[Any, bool]]) -> None:
        self._values = values

    def __lt__(self, other: _Place) -> bool:
        for (mine, descending), (its, _) in zip(self._values, other._values, strict=True):
            if mine != its:
                before = mine is None or (its is not None and mine < its)
                return before != descending
        return False


def _sortable_order(query: Selection[Any]) -> list[tuple[str, bool]]:
    """The keys of the order, each with whether it descends, the sequence last. Raises NotSupportedError."""
    table: type[Row] = query.model
    order = []
    for clause in (*query.order, *BY_SEQUENCE):
        column = column_by_key(table, clause.attribute) if clause.attribute else None
        if column is None or column.array or column.type_name not in _ORDERED or query.cursor:
            what = "a cursor" if query.cursor else f"the order by {clause.attribute or 'random'}"
            raise NotSupportedError(
                f"{table.__name__}: so many values take several requests, and {what} cannot be kept over them: only"
                " Appwrite knows how its database orders text. Order by the sequence, a number or a date, or ask"
                " for fewer values at a time."
            )
        order.append((str(clause.attribute), clause.method == "orderDesc"))
    return order
