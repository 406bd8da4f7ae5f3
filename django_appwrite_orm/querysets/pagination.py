"""Read the rows of a query page by page: after the last row seen, and from several requests merged."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
from collections import deque
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from django.core.cache import caches

from ..connection import connections
from ..exceptions import NotSupportedError
from ..plan_execution import execute_read
from ..plans import BY_SEQUENCE, Clause, ListRows, Progress, beyond, has_room
from ..sansio import Operation, run_async, run_sync
from ..tables import Row
from ..threads import close_caches_after
from .query import Query


def pages(query: Query[Any], page_size: int | None = None) -> Pager:
    """Return a pager of all rows of a resolved `query`, in its order.

    Raises NotSupportedError for a query that no number of requests can serve.
    """
    query = query.settled()
    requests = query.requests().requests
    if len(requests) == 1 or query.is_empty:
        return KeysetPager(query, requests[0], page_size)
    whole = query.replace(start=0)
    return _Merge(query, [KeysetPager(whole, filters, page_size) for filters in requests])


class _Merge:
    """Merge the pages of several requests of one query, in its order; a row in several of them comes once.

    Holds a page of each request at a time.
    """

    def __init__(self, query: Query[Any], walks: list[KeysetPager]) -> None:
        self._order = _sortable_order(query)
        self._walks = walks
        self._waiting: list[deque[Raw]] = [deque() for _ in walks]
        self._heads: list[tuple[SortKey, int]] = []
        self._to_fill = list(range(len(walks)))
        self._window = SliceWindow(query)
        self._last: str | None = None
        self.finished = False

    def page(self) -> Operation[list[Raw]]:
        """Return the next page, empty at the end."""
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

    def _place(self, raw: Raw) -> SortKey:
        return SortKey(
            [(int(raw[key]) if key == "$sequence" else raw[key], descending) for key, descending in self._order]
        )


class SortKey:
    """Position of a row in the order: nulls first ascending, last descending."""

    __slots__ = ("_values",)

    def __init__(self, values: list[tuple[Any, bool]]) -> None:
        self._values = values

    def __lt__(self, other: SortKey) -> bool:
        for (mine, descending), (its, _) in zip(self._values, other._values, strict=True):
            if mine != its:
                before = mine is None or (its is not None and mine < its)
                return before != descending
        return False


def _sortable_order(query: Query[Any]) -> list[tuple[str, bool]]:
    """Return the keys of the order and whether each descends, the sequence last.

    Raises NotSupportedError.
    """
    table: type[Row] = query.model
    order = []
    for clause in (*query.order, *BY_SEQUENCE):
        column = table._meta.get_column_by_key(clause.attribute) if clause.attribute else None
        if column is None or column.array or not column.orderable or query.cursor:
            what = "a cursor" if query.cursor else f"the order by {clause.attribute or 'random'}"
            raise NotSupportedError(
                f"{table.__name__}: the number of values takes several requests, and {what} cannot be applied to their"
                " merged rows: only Appwrite knows how its database orders text. Order by the sequence, a number or a"
                " date, or filter by fewer values at a time."
            )
        order.append((str(clause.attribute), clause.method == "orderDesc"))
    return order


def read_ahead(walk: Pager) -> Iterator[list[Raw]]:
    """Yield every page of `walk`, and fetch the next one in a thread meanwhile.

    The thread ends with the iteration. It has the reader's context, so that its reads are noted for the reader's
    response.
    """
    page = run_sync(walk.page())
    if walk.finished:
        yield page
        return
    with ThreadPoolExecutor(1, thread_name_prefix="appwrite-page") as thread:
        while not walk.finished:
            context = contextvars.copy_context()
            following = thread.submit(context.run, _page_apart, walk)
            yield page
            page = following.result()
        yield page


def _page_apart(walk: Pager) -> list[Raw]:
    """Read a page in this thread, with cache clients of its own.

    Not every client may be used by two threads, and older versions of asgiref copy them with the context.
    """
    for alias in caches:
        with suppress(AttributeError):  # the context had no client
            del caches[alias]
    return close_caches_after(run_sync)(walk.page())


async def aread_ahead(walk: Pager) -> AsyncIterator[list[Raw]]:
    """Yield every page of `walk`, and fetch the next one in a task meanwhile."""
    page = await run_async(walk.page())
    while not walk.finished:
        following = asyncio.create_task(run_async(walk.page()))
        try:
            yield page
            page = await following
        finally:
            following.cancel()
    yield page


Raw = dict[str, Any]


class Pager(Protocol):
    """Rows as Appwrite sent them, a page at a time."""

    finished: bool

    def page(self) -> Operation[list[Raw]]:
        """Return the next page, empty at the end."""


class KeysetPager:
    """Pager of the rows that match one set of conditions.

    A page is requested by a condition on the last row seen: rows created or deleted meanwhile shift nothing, and the
    last page costs the server no more than the first. Appwrite's own cursor is not used, because it loses rows that are
    null in the order. Where no such condition exists (an order by a float, of which Appwrite shows 14 digits only, or
    at random), pages are requested by offset.
    """

    def __init__(self, query: Query[Any], filters: tuple[Clause, ...], page_size: int | None = None) -> None:
        self._query = query
        self._filters = filters
        self._page_size = page_size or connections[query.db].settings.page_size
        self._position = 0
        self._after: Clause | None = None
        self._progress = Progress(f"table {query.ref.table}")
        self.finished = query.is_empty

    def page(self) -> Operation[list[Raw]]:
        """Return the next page, empty at the end."""
        query = self._query
        left = None if query.stop is None else query.stop - query.start - self._position
        size = self._page_size if left is None else min(self._page_size, left)
        if self.finished or size <= 0:
            self.finished = True
            return []
        response = yield from execute_read(query.model._meta, query.db, self._plan(size), query.policy)
        rows: list[Raw] = response["rows"]
        self._position += len(rows)
        self.finished = len(rows) < size or len(rows) == left
        if rows and not self.finished:
            after = None if query.cursor else beyond(query.order, rows[-1], partial(_is_comparable, query.model))
            # Without it pages are requested by offset, which needs no room.
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
        # The columns of the order say where the next page begins.
        select = query.projection(clause.attribute for clause in order)
        beside = query.tables(filters, select)
        return ListRows(query.ref, filters, order, limit, offset, select, beside=beside)


class SliceWindow:
    """The slice of a query, applied to rows that come one by one."""

    def __init__(self, query: Query[Any]) -> None:
        self._skip = query.start
        self._left = None if query.stop is None else query.stop - query.start

    @property
    def is_bounded(self) -> bool:
        """Whether the slice has an end."""
        return self._left is not None

    @property
    def is_full(self) -> bool:
        """Whether no more rows are needed."""
        return self._left == 0

    def take(self, raw: Raw, rows: list[Raw]) -> None:
        """Add the next row to `rows` if it is inside."""
        if self._skip:
            self._skip -= 1
            return
        rows.append(raw)
        if self._left is not None:
            self._left -= 1


def _is_comparable(table: type[Row], key: str) -> bool:
    column = table._meta.get_column_by_key(key)
    return column is not None and not column.array and column.kind.exact
