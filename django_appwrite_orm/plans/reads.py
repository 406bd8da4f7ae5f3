"""Reads of rows. The `str()` of a plan is its canonical text, for the cache key, the log and the debug panel.

`beside` are the tables that dotted columns (`author.name`) lead to, as the project declares them. A cached result is
valid as long as none of the plan's `tables` changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring

from .clauses import Clause
from .keyset import BY_SEQUENCE
from .limits import DEFAULT_ROWS, GROUPS_LIMIT, TOTAL_LIMIT
from .page_progress import Progress
from .requests import Request, RequestFlow, Response, TableRef, entity, listing, summary


def parameters(clauses: tuple[Clause, ...], *, total: bool) -> tuple[tuple[str, str], ...]:
    """Return the parameters of a URL for these queries. `total`: whether Appwrite counts the matching rows."""
    queries = tuple((f"queries[{i}]", str(clause)) for i, clause in enumerate(clauses))
    # `total=false` in a URL has no effect on 1.9.6; only 0 does.
    return queries if total else (*queries, ("total", "0"))


def text(name: str, table: TableRef, *parts: object) -> str:
    """Return the canonical text of a plan."""
    return f"[{','.join(map(encode_basestring, (name, *table, *map(str, parts))))}]"


@lru_cache(maxsize=1024)
def _limit(rows: int) -> Clause:
    """Return the clause for so many rows, kept with its text: a few sizes of pages make up most lists."""
    return Clause("limit", values=(rows,))


@dataclass(frozen=True, slots=True)
class GetRow:
    """Read one row by its id; the result is null when there is none."""

    table: TableRef
    row_id: str
    select: tuple[str, ...] = ()
    beside: tuple[TableRef, ...] = ()

    @property
    def tables(self) -> tuple[TableRef, ...]:
        return (self.table, *self.beside)

    def fetch(self) -> RequestFlow[Response]:
        select = (Clause("select", values=self.select),) if self.select else ()
        path, query = self.table.row(self.row_id), parameters(select, total=True)
        return (yield Request("GET", path, query, absent="row_not_found", shape=entity))

    def __str__(self) -> str:
        return text("get", self.table, self.row_id, *self.select)


@dataclass(frozen=True, slots=True)
class ListRows:
    """Read one page of rows: filters, then order, then window. Result: `{"total": n, "rows": [...]}`.

    `limit` is always sent, because Appwrite's own default is DEFAULT_ROWS. `total` asks for the number of matching
    rows, up to TOTAL_LIMIT; without it the server does not count and reports 0.
    """

    table: TableRef
    filters: tuple[Clause, ...] = ()
    order: tuple[Clause, ...] = ()
    limit: int = DEFAULT_ROWS
    offset: int = 0
    select: tuple[str, ...] = ()
    total: bool = False
    beside: tuple[TableRef, ...] = ()

    @property
    def tables(self) -> tuple[TableRef, ...]:
        return (self.table, *self.beside)

    @property
    def clauses(self) -> tuple[Clause, ...]:
        offset = (Clause("offset", values=(self.offset,)),) if self.offset else ()
        select = (Clause("select", values=self.select),) if self.select else ()
        return (*self.filters, *self.order, _limit(self.limit), *offset, *select)

    def fetch(self) -> RequestFlow[Response]:
        return (yield Request("GET", self.table.rows, parameters(self.clauses, total=self.total), shape=listing))

    def __str__(self) -> str:
        return text("list", self.table, *self.clauses, *(("total",) if self.total else ()))


@dataclass(frozen=True, slots=True)
class CountRows:
    """Count the rows that match, exactly, also above TOTAL_LIMIT.

    Larger counts take one request for each window of TOTAL_LIMIT rows along `$sequence`, which transfers only the last
    row of the window. Counting stops at `most` rows: the result is then `most` or more.
    """

    table: TableRef
    filters: tuple[Clause, ...] = ()
    most: int | None = None
    beside: tuple[TableRef, ...] = ()

    @property
    def tables(self) -> tuple[TableRef, ...]:
        return (self.table, *self.beside)

    def fetch(self) -> RequestFlow[Response]:
        count, after = 0, tuple[Clause, ...]()
        progress = Progress(f"table {self.table.table}")
        while True:
            page = ListRows(
                self.table,
                (*self.filters, *after),
                order=BY_SEQUENCE,
                limit=1,
                offset=TOTAL_LIMIT - 1,
                select=("$id", "$sequence"),
                total=True,
            )
            listed = (yield from page.fetch()).data
            if not listed["rows"]:
                count += int(listed["total"])
                return Response(str(count), count)
            count += TOTAL_LIMIT
            if self.most is not None and count >= self.most:
                return Response(str(count), count)
            progress.reached(last := str(listed["rows"][0]["$sequence"]))
            after = (Clause("greaterThan", "$sequence", (last,)),)

    def __str__(self) -> str:
        return text("count", self.table, *self.filters, *(() if self.most is None else (self.most,)))


@dataclass(frozen=True, slots=True)
class AggregateRows:
    """Aggregate the rows that match, for each group of equal values in `by`. Result: `{"total": n, "rows": [...]}`.

    Each of `aggregates` is a clause of its method, the column, and the alias as the only value.
    """

    table: TableRef
    aggregates: tuple[Clause, ...]
    filters: tuple[Clause, ...] = ()
    by: tuple[str, ...] = ()
    beside: tuple[TableRef, ...] = ()

    @property
    def tables(self) -> tuple[TableRef, ...]:
        return (self.table, *self.beside)

    @property
    def clauses(self) -> tuple[Clause, ...]:
        groups = (Clause("groupBy", values=self.by), Clause("limit", values=(GROUPS_LIMIT,))) if self.by else ()
        return (*self.filters, *self.aggregates, *groups)

    def fetch(self) -> RequestFlow[Response]:
        return (yield Request("GET", self.table.rows, parameters(self.clauses, total=False), shape=summary))

    def __str__(self) -> str:
        return text("sum", self.table, *self.clauses)
