"""Reading rows page by page, so that a table of any size is read whole and cached in parts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from ..connection import connections
from ..plans import Clause, ListRows
from ..steps import Steps, arun, run
from ..tables import Row
from .operations import read

if TYPE_CHECKING:
    from .queryset import QuerySet

R = TypeVar("R", bound=Row)

_BY_SEQUENCE = (Clause("orderAsc", "$sequence"),)


class Walk(Generic[R]):
    """The rows of a queryset, a page at a time.

    Without an order of its own a walk goes by `$sequence` and asks for what comes after the last row it has
    seen: rows created or deleted meanwhile shift nothing. With one it goes by offset, as Django's paginator
    does, for a cursor over a column that can be null loses rows.
    """

    def __init__(self, queryset: QuerySet[R]) -> None:
        self._queryset = queryset
        self._page_size = connections[queryset.db].settings.page_size
        self._position = 0
        self._last: str | None = None
        self.finished = queryset.is_empty

    def page(self) -> Steps[list[R]]:
        """The next page, empty at the end."""
        query = self._queryset
        wanted = (
            self._page_size if query.stop is None else min(self._page_size, query.stop - query.start - self._position)
        )
        if self.finished or wanted <= 0:
            self.finished = True
            return []
        found = yield from read(query.model, query.db, self._plan(wanted), query.policy)
        rows = [query.model.from_appwrite(raw, query.db) for raw in found["rows"]]
        self._position += len(rows)
        self.finished = len(rows) < wanted
        if rows:
            self._last = str(rows[-1].sequence)
        return rows

    def _plan(self, limit: int) -> ListRows:
        query = self._queryset
        by_sequence = not query.order and not query.cursor
        filters, order, offset = query.filters, query.order or _BY_SEQUENCE, query.start + self._position
        if by_sequence and self._last is not None:
            filters, offset = (*filters, Clause("greaterThan", "$sequence", (self._last,))), 0
        return ListRows(query.ref, (*filters, *query.cursor), order, limit, offset, query.select)

    def __iter__(self) -> Iterator[R]:
        while not self.finished:
            yield from run(self.page())

    async def __aiter__(self) -> AsyncIterator[R]:
        while not self.finished:
            for row in await arun(self.page()):
                yield row
