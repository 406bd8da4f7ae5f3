"""Each combination of values once.

Appwrite tells values apart for nobody before 2.5, so the rows are read, those columns alone, and values that were met
before are passed over. A server that groups is asked for the groups, where it tells them apart as Python does.
"""

from __future__ import annotations

import json
from typing import Any

from ...sansio import Operation
from ..pagination import Pager, Raw, SliceWindow, pages
from ..query import Query
from .server import groups


def distinct_pages(query: Query[Any], page_size: int | None = None) -> Pager:
    """The rows of a resolved `query`, in its order; of a distinct one, the first row of each combination of values.
    Raises NotSupportedError for what no number of requests can answer."""
    if not query.distinct_keys:
        return pages(query, page_size)
    query = query.settled()
    return Distinct(query, pages(every_row(query), page_size))


class Distinct:
    """The first row of each combination of `query`'s values, in its order, as `Pager`; `walk` goes over all rows.

    What has been met is kept in memory. Values are the same when their JSON is.
    """

    def __init__(self, query: Query[Any], walk: Pager) -> None:
        self._query = query
        self._walk = walk
        self._met: set[str] = set()
        self._window = SliceWindow(query)
        self._started = False
        self.finished = query.is_empty

    def page(self) -> Operation[list[Raw]]:
        rows: list[Raw] = []
        if not self._started:
            self._started = True
            known = yield from _grouped(self._query)
            if known is not None:
                self.finished = True
                return known[self._query.start : self._query.stop]
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
    """The rows among which `query` looks for its values."""
    return query.replace(is_distinct=False, start=0, stop=None)


def _grouped(query: Query[Any]) -> Operation[list[Raw] | None]:
    """The values as rows without an id, which is not among them; None where they have to be looked for."""
    names = query.names or ()
    found = yield from groups(every_row(query), [], names)
    if found is None:
        return None
    columns = {name: query.model._meta.get_column(name) for name in names}
    return [{"$id": "", **{columns[name].key: value for name, value in group.items()}} for group in found]
