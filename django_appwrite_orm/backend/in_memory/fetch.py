"""Fetch the rows that a query in memory needs, through the cache, into a database in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any

from django.db import NotSupportedError

from ...cache import CachePolicy, ReadResult, Status
from ...connection import Connection
from ...plans import EVERYTHING, NOTHING, Clause, ListRows, PlanFlow, TableRef, column_values, conjunction, split
from ...plans.sequence_pages import SequencePages
from ...sansio import Operation
from ..columns import ROW_ID
from .load import MemoryDatabase
from .sources import Link, Source

if TYPE_CHECKING:
    from .plan import InMemoryRead

# Keys by which a query in memory reads the rows of a joined table; with more, it reads the whole table.
MANY_IDS = 900
# In place of the token of a table that has changed while it was read.
_CHANGED = ""

Requests = tuple[tuple[Clause, ...], ...]


@dataclass(frozen=True, slots=True)
class NestedRead:
    """Read a plan through the cache, within another one; never from a stale entry, which the result would hide."""

    plan: ListRows
    policy: CachePolicy

    def run(self, connection: Connection) -> Operation[ReadResult]:
        return connection.read(self.plan, replace(self.policy, stale_while_revalidate=0, stale_if_error=0))


@dataclass(frozen=True, slots=True)
class CurrentVersions:
    """Look up the tokens of tables; None if one is missing."""

    tables: tuple[TableRef, ...]

    def run(self, connection: Connection) -> Operation[tuple[str, ...] | None]:
        return connection.versions(self.tables)


class TooManyRows(Exception):
    """A source has more rows than allowed."""


class SourceFetch:
    """The sources of one attempt as they are fetched into a database."""

    def __init__(self, read: InMemoryRead, database: MemoryDatabase) -> None:
        self._read = read
        self._database = database
        self._sources = read.sources
        self._values: dict[tuple[int, str], set[Any]] = {
            (link.other, link.other_key): set() for source in self._sources for link in source.links
        }
        self._complete: set[int] = set()
        # The token under which each table was read; None where it was read under none.
        self.tokens: dict[TableRef, str | None] = {}
        self.expires = inf

    def all_sources(self) -> PlanFlow[None]:
        """Fetch the sources, those that have too many rows after the others, by a join with one of those.

        Raises NotSupportedError when a source has too many rows then too.
        """
        too_large: list[int] = []
        for place, source in enumerate(self._sources):
            self._database.create(source.copy)
            try:
                yield from self._source(place, self._eagerly_joined(source))
            except TooManyRows:
                too_large.append(place)
        while too_large:
            joined = [(values, place, link) for place in too_large for values, link in self._usable_links(place)]
            if not joined:
                raise self._refusal(self._sources[too_large[0]])
            values, place, link = min(joined, key=lambda choice: len(choice[0]))
            try:
                yield from self._source(place, self._joined(self._sources[place], link, values))
            except TooManyRows:
                raise self._refusal(self._sources[place]) from None
            too_large.remove(place)

    def _source(self, place: int, requests: Requests | None) -> PlanFlow[None]:
        """Fetch the rows of a source by these requests, or by its condition, and what the open block changed."""
        source = self._sources[place]
        yield from self._rows(place, self._condition_requests(source) if requests is None else requests)
        if (pending := self._read.pending.get(source.ref)) is not None:
            stored: list[dict[str, Any]] = []
            by_id = Clause("equal", ROW_ID, pending.stored_ids) if pending.stored_ids else NOTHING
            for filters in self._requests(by_id):
                plan = ListRows(source.ref, filters, limit=len(pending.stored_ids))
                stored += (yield NestedRead(plan, source.policy)).data["rows"]
            self._keep(place, source, pending.changed(stored))
        self._complete.add(place)

    def _eagerly_joined(self, source: Source) -> Requests | None:
        """Return the requests by a join with few rows that are there; None without one."""
        choices = [(self._values[link.other, link.other_key], link) for link in source.links if link.eager]
        choices = [
            (values, link) for values, link in choices if len(values) <= MANY_IDS and link.other in self._complete
        ]
        if not choices:
            return None
        values, link = min(choices, key=lambda choice: len(choice[0]))
        return self._joined(source, link, values)

    def _usable_links(self, place: int) -> Iterator[tuple[set[Any], Link]]:
        """Yield the joins with sources that are there, each with the values of its key."""
        for link in self._sources[place].links:
            values = self._values[link.other, link.other_key]
            if link.other in self._complete and len(values) <= self._read.rows_limit:
                yield values, link

    def _joined(self, source: Source, link: Link, values: set[Any]) -> Requests | None:
        """Return the requests for the rows that a join needs; None where they do not fit into requests."""
        joined = Clause("equal", link.key, tuple(sorted(values))) if values else NOTHING
        try:
            return self._requests(conjunction([source.condition, joined]))
        except ValueError:
            return None

    def _condition_requests(self, source: Source) -> Requests:
        """Return the requests for the rows that meet the condition; for all rows where it does not fit into any."""
        try:
            return self._requests(source.condition)
        except ValueError:
            return self._requests(EVERYTHING)

    def _requests(self, condition: Clause) -> Requests:
        """Return the filters of each request. Raises ValueError when no number of requests will do."""
        if condition == NOTHING:
            return ()
        return ((),) if condition == EVERYTHING else split([condition], self._read.room).requests

    def _refusal(self, source: Source) -> NotSupportedError:
        reason = f" ({self._read.reason})" if self._read.reason else ""
        return NotSupportedError(
            f"{self._sources[0].meta.model.__name__}: this query has to be answered in memory{reason} and would read"
            f" more than {self._read.rows_limit:,} rows of {source.ref.table}; narrow it, or raise OPTIONS['rows']."
        )

    def _rows(self, place: int, requests: Requests) -> PlanFlow[None]:
        """Fetch the rows of these requests into the copy of the source."""
        source = self._sources[place]
        count = 0
        for filters in requests:
            pages = SequencePages(source.ref, filters, self._read.page_size)
            while not pages.finished:
                result: ReadResult = yield NestedRead(pages.plan, source.policy)
                self._note(source, result)
                rows = result.data["rows"]
                count += len(rows)
                if count > self._read.rows_limit:
                    raise TooManyRows
                pending = self._read.pending.get(source.ref)
                self._keep(place, source, rows if pending is None else pending.untouched(rows))
                pages.advance(rows)

    def _note(self, source: Source, result: ReadResult) -> None:
        report = self._read.report
        report.rows += len(result.data["rows"])
        report.requests += result.status is not Status.HIT
        self.expires = min(self.expires, result.expires)
        token = result.versions[0] if result.versions else None
        if self.tokens.setdefault(source.ref, token) != token:  # changed between two pages
            self.tokens[source.ref] = _CHANGED

    def _keep(self, place: int, source: Source, rows: Sequence[dict[str, Any]]) -> None:
        self._database.load(source.copy, rows)
        for (other, key), values in self._values.items():
            if other == place:
                values.update(column_values(rows, key))
                values.discard(None)
