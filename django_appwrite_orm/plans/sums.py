"""Aggregates that Appwrite works out itself, from 2.5 on.

The form is that of the SDK's `Query` (27.0), the answer that of the server's source: one row with a value under each
alias, or a row for each group. No server of that version has been asked yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from .clauses import Clause
from .reads import parameters, text
from .request import Answer, Exchange, Request, TableRef
from .shapes import summary

# Groups in one answer. It comes in no order that a second page could go on from.
GROUPS_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class SumRows:
    """`aggregates` of the rows that match, for each group of equal values in `by`. `{"total": n, "rows": [...]}`.

    An aggregate is a clause of its method, the column, and the alias as its one value.
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

    def fetch(self) -> Exchange[Answer]:
        return (yield Request("GET", self.table.rows, parameters(self.clauses, total=False), shape=summary))

    def __str__(self) -> str:
        return text("sum", self.table, *self.clauses)
