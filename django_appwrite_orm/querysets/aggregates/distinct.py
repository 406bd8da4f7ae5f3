"""Read each combination of values once.

Appwrite before 2.5 has no DISTINCT, so the rows are read, those columns alone, and repeated values are skipped. A
server that can group sends the groups instead, where it compares values as Python does.
"""

from __future__ import annotations

import json
from typing import Any

from ...sansio import Operation
from ..pagination import Pager, Raw, SliceWindow, pages
from ..query import Query
from .server import groups


def distinct_pages(query: Query[Any], page_size: int | None = None) -> Pager:
    """Return a pager of a resolved `query`, of a distinct one with the first row of each combination.

    Raises NotSupportedError for a query that no number of requests can serve.
    """
    if not query.distinct_keys:
        return pages(query, page_size)
    query = query.settled()
    return Distinct(query, pages(every_row(query), page_size))


class Distinct:
    """Pager of the first row of each combination of `query`'s values, in its order.

    `walk` reads all rows. The combinations are kept in memory. Values are equal when their JSON is.
    """

    def __init__(self, query: Query[Any], walk: Pager) -> None:
        self._query = query
        self._walk = walk
        self._met: set[str] = set()
        self._window = SliceWindow(query)
        self._started = False
        self.finished = query.is_empty

    def page(self) -> Operation[list[Raw]]:
        """Return the next page, empty at the end."""
        rows: list[Raw] = []
        if not self._started:
            self._started = True
            groups = yield from _grouped(self._query)
            if groups is not None:
                self.finished = True
                return groups[self._query.start : self._query.stop]
        while not self.finished and (self._window.is_bounded or not rows):
            for raw in (yield from self._walk.page()):
                self._take(raw, rows)
            self.finished = self._walk.finished or self._window.is_full
        return rows

    def _take(self, raw: Raw, rows: list[Raw]) -> None:
        values = json.dumps([raw.get(key) for key in self._query.distinct_keys], sort_keys=True)
        if values in self._met or self._window.is_full:
            return
        self._met.add(values)
        self._window.take(raw, rows)


def every_row(query: Query[Any]) -> Query[Any]:
    """Return the query for the rows from which `query` takes its values."""
    return query.replace(is_distinct=False, start=0, stop=None)


def _grouped(query: Query[Any]) -> Operation[list[Raw] | None]:
    """Return the values as rows without an id; None where all rows have to be read."""
    names = query.names or ()
    values = yield from groups(every_row(query), [], names)
    if values is None:
        return None
    columns = {name: query.model._meta.get_column(name) for name in names}
    return [{"$id": "", **{columns[name].key: value for name, value in group.items()}} for group in values]
