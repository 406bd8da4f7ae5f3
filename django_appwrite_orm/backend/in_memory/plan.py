"""A query that is answered in memory, as one plan: its result is one entry under the tokens of every table it reads."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, NamedTuple

from django.db import NotSupportedError

from ...cache import CachePolicy, ReadResult, Status
from ...connection import Connection
from ...plans import EVERYTHING, NOTHING, Clause, ListRows, PlanFlow, Progress, Response, TableRef, conjunction, split
from ...sansio import Operation
from ...transactions import TableMeta
from ..overlay import TableOverlay
from .load import MemoryDatabase, MemoryTable, memory_database
from .results import response_of

# So often a fetch is made when its tables change meanwhile.
ATTEMPTS = 3
# So many ids of another table's rows are asked for rather than the whole table: five requests of about 180.
MANY_IDS = 900
# In place of the token of a table that has changed while it was read.
_CHANGED = ""
_BY_SEQUENCE = (Clause("orderAsc", "$sequence"),)


def _text(*parts: object) -> str:
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False, default=_of_bytes)


def _of_bytes(value: bytes) -> dict[str, str]:
    return {"bytes": base64.b64encode(value).decode()}


class Link(NamedTuple):
    """A join that says which rows of a source are needed: those whose `key` is one of `other_key` in `other`.

    `other` is the place of a source before this one. Where not `eager`, the rows are fetched by it only when the
    source without it has too many.
    """

    key: str
    other: int
    other_key: str
    eager: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A table that a query reads: its copy, the condition on its rows that Appwrite can check.

    `meta` is the table's, `policy` that of its reads.
    """

    meta: TableMeta = field(compare=False)
    ref: TableRef
    copy: MemoryTable
    condition: Clause = EVERYTHING
    link: Link | None = None
    policy: CachePolicy = field(default=CachePolicy(), compare=False)

    def __str__(self) -> str:
        return _text(*self.ref, *self.copy, str(self.condition), self.link)


@dataclass(slots=True)
class Report:
    """What it took to answer a query: attempts (none for a hit), requests, rows that were loaded."""

    attempts: int = 0
    requests: int = 0
    rows: int = 0

    def as_dict(self) -> dict[str, Any]:
        status = "miss" if self.attempts else "hit"
        return {"status": status, "requests": self.requests, "rows": self.rows}


@dataclass(frozen=True, slots=True)
class NestedRead:
    """Read a plan through the cache, within another one; never from a stale entry, which the result would hide."""

    plan: ListRows
    policy: CachePolicy

    def run(self, connection: Connection) -> Operation[ReadResult]:
        return connection.read(self.plan, replace(self.policy, stale_while_revalidate=0, stale_if_error=0))


@dataclass(frozen=True, slots=True)
class CurrentVersions:
    """Look up the tokens of tables; None if one is missing or a table is being written."""

    tables: tuple[TableRef, ...]

    def run(self, connection: Connection) -> Operation[tuple[str, ...] | None]:
        return connection.versions(self.tables)


Requests = tuple[tuple[Clause, ...], ...]


class Pages:
    """The pages of a list of rows, each as a plan; `plan` is the next one."""

    def __init__(self, ref: TableRef, filters: tuple[Clause, ...], size: int) -> None:
        self._progress = Progress(f"table {ref.table}")
        self._filters = filters
        self.plan = ListRows(ref, filters, _BY_SEQUENCE, size)
        self.finished = False

    def advance(self, rows: list[dict[str, Any]]) -> None:
        """Go on behind these rows of the page. Raises `Unavailable` when the server sends a page twice."""
        self.finished = len(rows) < self.plan.limit
        if not self.finished:
            self._progress.reached(last := str(rows[-1]["$sequence"]))
            beyond = Clause("greaterThan", "$sequence", (last,))
            self.plan = replace(self.plan, filters=(*self._filters, beyond))


class _TooManyRows(Exception):
    """A source has more rows than allowed."""


@dataclass(frozen=True, slots=True)
class InMemoryRead:
    """The result of `sql` over copies of its sources: `{"rows": [[...], ...], "bytes": [...]}`.

    `rows_limit` is the most rows of one source, `page_size` of one request; `room` is the bytes that the conditions may
    take in a URL. `reason` says why Appwrite does not answer the query itself. `report` is filled by `fetch`.
    """

    sql: str
    parameters: tuple[Any, ...]
    sources: tuple[Source, ...]
    rows_limit: int
    page_size: int = field(default=500, compare=False)
    room: float = field(default=inf, compare=False)
    reason: str = field(default="", compare=False)
    report: Report = field(default_factory=Report, compare=False)
    # What an open block has changed of the tables. Such a result is for the block alone, and in no cache.
    overlays: Mapping[TableRef, TableOverlay] = field(default_factory=dict, compare=False)

    @property
    def tables(self) -> tuple[TableRef, ...]:
        return tuple(source.ref for source in self.sources)

    def __str__(self) -> str:
        sources = [str(source) for source in self.sources]
        return _text("memory", self.sql, self.parameters, sources, self.rows_limit)

    @property
    def description(self) -> str:
        """The query for logs."""
        return f"{self.sql} -- {list(self.parameters)!r}" if self.parameters else self.sql

    def fetch(self) -> PlanFlow[Response]:
        """Fetch the sources through the cache and run the query over them.

        The rows are those of one moment: after the fetch, each table still has the token under which its rows were
        read. When writers do not allow that in `ATTEMPTS` attempts, the result is returned and not stored.
        """
        for _ in range(ATTEMPTS):
            self.report.attempts += 1
            with memory_database() as database:
                fetched = _Fetched(self, database)
                for place in range(len(self.sources)):
                    yield from fetched.source(place)
                rows = database.run(self.sql, self.parameters)
            if None in fetched.tokens.values():  # not cached, or being written
                break
            if (yield CurrentVersions(tuple(fetched.tokens))) == tuple(fetched.tokens.values()):
                return response_of(rows, fetched.expires)
        return response_of(rows, 0)


class _Fetched:
    """The sources of one attempt as they are fetched into a database."""

    def __init__(self, read: InMemoryRead, database: MemoryDatabase) -> None:
        self._read = read
        self._database = database
        self._sources = read.sources
        self._values: dict[tuple[int, str], set[Any]] = {
            (link.other, link.other_key): set() for source in self._sources if (link := source.link) is not None
        }
        # The token under which each table was read; None where it was read under none.
        self.tokens: dict[TableRef, str | None] = {}
        self.expires = inf

    def source(self, place: int) -> PlanFlow[None]:
        """Fetch one source, with the rows that the open block has changed.

        Raises NotSupportedError when it has too many rows.
        """
        source = self._sources[place]
        self._database.create(source.copy)
        yield from self._stored_rows(place, source)
        if (overlay := self._read.overlays.get(source.ref)) is not None:
            stored: list[dict[str, Any]] = []
            by_id = Clause("equal", "$id", overlay.stored_ids) if overlay.stored_ids else NOTHING
            for filters in self._requests(by_id):
                plan = ListRows(source.ref, filters, limit=len(overlay.stored_ids))
                stored += (yield NestedRead(plan, source.policy)).data["rows"]
            self._keep(place, source, overlay.changed(stored))

    def _stored_rows(self, place: int, source: Source) -> PlanFlow[None]:
        joined = self._joined(source)
        try:
            if joined is not None and source.link is not None and source.link.eager:
                yield from self._rows(place, joined)
                return
            try:
                yield from self._rows(place, self._condition(source))
            except _TooManyRows:
                if joined is None:
                    raise
                yield from self._rows(place, joined)
        except _TooManyRows:
            raise self._refusal(source) from None

    def _joined(self, source: Source) -> Requests | None:
        """Return the requests for the rows that the join needs; None where they would be too many."""
        link = source.link
        if link is None:
            return None
        values = sorted(self._values[link.other, link.other_key])
        if len(values) > (MANY_IDS if link.eager else self._read.rows_limit):
            return None
        joined = Clause("equal", link.key, tuple(values)) if values else NOTHING
        try:
            return self._requests(conjunction([source.condition, joined]))
        except ValueError:  # the two conditions do not fit into requests
            return None

    def _condition(self, source: Source) -> Requests:
        """Return the requests for the rows of a source; for the whole table where its condition is too large."""
        try:
            return self._requests(source.condition)
        except ValueError:
            return ((),)

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
            pages = Pages(source.ref, filters, self._read.page_size)
            while not pages.finished:
                result: ReadResult = yield NestedRead(pages.plan, source.policy)
                self._note(source, result)
                rows = result.data["rows"]
                count += len(rows)
                if count > self._read.rows_limit:
                    raise _TooManyRows
                overlay = self._read.overlays.get(source.ref)
                self._keep(place, source, rows if overlay is None else overlay.untouched(rows))
                pages.advance(rows)

    def _note(self, source: Source, result: ReadResult) -> None:
        report = self._read.report
        report.rows += len(result.data["rows"])
        report.requests += result.status is not Status.HIT
        self.expires = min(self.expires, result.expires)
        token = result.versions[0] if result.versions else None
        if self.tokens.setdefault(source.ref, token) != token:  # changed between two pages
            self.tokens[source.ref] = _CHANGED

    def _keep(self, place: int, source: Source, rows: list[dict[str, Any]]) -> None:
        self._database.load(source.copy, rows)
        for (other, key), values in self._values.items():
            if other == place:
                values.update(row[key] for row in rows)
                values.discard(None)


def strictest(policies: Iterable[CachePolicy]) -> CachePolicy:
    """Return the policy of a result that is made of results under these policies."""
    each = list(policies)
    return CachePolicy(
        ttl=min(policy.ttl for policy in each),
        stale_while_revalidate=min(policy.stale_while_revalidate for policy in each),
        stale_if_error=min(policy.stale_if_error for policy in each),
        largest=min((policy.largest for policy in each if policy.largest is not None), default=None),
    )
