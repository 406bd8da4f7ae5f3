"""A query that is answered in memory, as one plan: its result is one entry under the tokens of every table it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from ...cache import CachePolicy
from ...plans import PlanFlow, Response, TableRef
from ..pending_changes import PendingRows
from .fetch import CurrentVersions, SourceFetch
from .load import memory_database
from .results import response_of
from .sources import Source, json_text

# So often a fetch is made when its tables change meanwhile.
ATTEMPTS = 3


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
    pending: Mapping[TableRef, PendingRows] = field(default_factory=dict, compare=False)

    @property
    def tables(self) -> tuple[TableRef, ...]:
        return tuple(source.ref for source in self.sources)

    def __str__(self) -> str:
        sources = [str(source) for source in self.sources]
        return json_text("memory", self.sql, self.parameters, sources, self.rows_limit)

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
                fetched = SourceFetch(self, database)
                yield from fetched.all_sources()
                rows = database.run(self.sql, self.parameters)
            if None in fetched.tokens.values():  # not cached, or being written
                break
            if (yield CurrentVersions(tuple(fetched.tokens))) == tuple(fetched.tokens.values()):
                return response_of(rows, fetched.expires)
        return response_of(rows, 0)


def strictest(policies: Iterable[CachePolicy]) -> CachePolicy:
    """Return the policy of a result that is made of results under these policies."""
    each = list(policies)
    return CachePolicy(
        ttl=min(policy.ttl for policy in each),
        stale_while_revalidate=min(policy.stale_while_revalidate for policy in each),
        stale_if_error=min(policy.stale_if_error for policy in each),
        largest=min((policy.largest for policy in each if policy.largest is not None), default=None),
    )
