"""Read what a query's filters depend on first: related tables, and querysets as values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from ..credentials import ConnectionRef
from ..exceptions import NotSupportedError
from ..plans import NOTHING, Clause, conjunction, disjunction, negation
from ..sansio import Operation
from ..tables import Row, read_values
from .aggregates.distinct import distinct_pages
from .lookups.relations import RelatedFilter, linked_ids, refusal
from .lookups.subqueries import FOLLOWS, InSubquery
from .pagination import Pager, Raw, pages
from .prefetch import related_queryset
from .query import Query, query_of

R = TypeVar("R", bound=Row)

# Rows of the other table that a lookup across a relation, or a queryset as a value, may match.
FOLLOWED_LIMIT = 5000


def resolved_pages(query: Query[Any], page_size: int | None = None) -> Operation[Pager]:
    """Return a pager of the rows of `query`, in its order, once its filters are resolved.

    Raises NotSupportedError for a query that no number of requests can serve.
    """
    query = yield from resolve(query.settled())
    return distinct_pages(query, page_size) if query.is_distinct else pages(query, page_size)


def resolve(query: Query[R]) -> Operation[Query[R]]:
    """Return the query with conditions across relations and on querysets replaced by values.

    Conditions that Appwrite follows itself are left to it.
    """
    if not query.where.needs_reads:
        return query
    if query.is_empty:
        return query.replace(where=NOTHING)
    natives: set[str] | None = None if ConnectionRef.of(query.db).credentials else set()
    return query.replace(where=(yield from _resolved(query, query.where, natives)))


def _resolved(query: Query[Any], clause: Clause, natives: set[str] | None) -> Operation[Clause]:
    """Resolve one clause.

    `natives` are the relationships that are left to Appwrite already; it takes several conditions on one for conditions
    on the same row. None where nothing can be left to it.
    """
    if clause.method in ("and", "or"):
        parts = []
        for part in clause.values or ():
            parts.append((yield from _resolved(query, part, natives if clause.method == "and" else None)))
        return conjunction(parts) if clause.method == "and" else disjunction(parts)
    if isinstance(clause, InSubquery):
        return _positive_or_not(clause, clause.matching((yield from _found_in(query, clause))))
    if not isinstance(clause, RelatedFilter):
        return clause
    native = clause.natively
    if native is not None and natives is not None and clause.native not in natives:
        natives.add(str(clause.native))
        return native
    if (refused := refusal(query.model, clause)) is not None:
        raise refused
    ids = yield from _ids_in(query, clause)
    matching = Clause("equal", clause.attribute, tuple(ids)) if ids else NOTHING
    return _positive_or_not(clause, matching)


def _positive_or_not(clause: Clause, matching: Clause) -> Clause:
    return matching if clause.method == FOLLOWS else negation(matching, lambda key: False)


def _ids_in(query: Query[Any], clause: RelatedFilter) -> Operation[list[str]]:
    other = query_of(related_queryset(clause.other, query.db)).replace(
        where=clause.where, is_placed=query.is_placed, policy=query.policy, select=(clause.key,)
    )
    what = f"a lookup across {clause.relation!r}"
    raws = yield from _all_of(query, other, what)
    return list(dict.fromkeys(linked_id for raw in raws for linked_id in linked_ids(raw.get(clause.key))))


def _found_in(query: Query[Any], clause: InSubquery) -> Operation[Sequence[Any]]:
    """Return the values of the inner query."""
    other = clause.inner_query(query)
    raws = yield from _all_of(query, other, f"a queryset as the value of {clause.column.name}__in")
    (values,) = read_values(other.model, raws, other.db, [clause.source.name])
    return values


def _all_of(query: Query[Any], other: Query[Any], what: str) -> Operation[list[Raw]]:
    """Return the rows of another query, if there are not too many to replace a condition."""
    walk = yield from resolved_pages(other.window(0, FOLLOWED_LIMIT + 1))
    raws: list[Raw] = []
    while not walk.finished:
        raws += yield from walk.page()
    if len(raws) > FOLLOWED_LIMIT:
        raise NotSupportedError(
            f"{query.model.__name__}: {what} matches more than {FOLLOWED_LIMIT} rows of {other.model.__name__}. Add"
            " conditions, or query from the other table."
        )
    return raws
