"""Count the rows of a resolved query, test whether there is one, and compute aggregates.

Appwrite computes what it can; for the rest the columns of the rows are read.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max, Min

from ...plan_execution import execute_read
from ...plans import Clause, CountRows, ListRows, conjunction
from ...sansio import Operation
from ..pagination import pages
from ..query import Query
from .accumulators import Accumulator, AggregateSpec, aggregated_values
from .distinct import distinct_pages
from .server import totals


def count(query: Query[Any], cap: int | None = None) -> Operation[int]:
    """Return how many rows match, counted no further than `cap`."""
    if query.distinct_keys:
        return (yield from _walked(query.window(0, cap)))
    if query.is_empty:
        return 0
    most = min((end for end in (query.stop, cap and query.start + cap) if end is not None), default=None)
    matching = yield from _matching(query, most)
    return max((matching if most is None else min(matching, most)) - query.start, 0)


def _matching(query: Query[Any], most: int | None) -> Operation[int]:
    """Return how many rows match, ignoring the slice, counted no further than `most`."""
    split = query.requests()
    if len(split.requests) > 1 and not _is_partition(query, split.by):
        return (yield from _walked(query.replace(order=(), select=("$id",), start=0, stop=None)))
    count = 0
    for filters in split.requests:
        plan = CountRows(query.ref, filters, most, query.tables(filters))
        count += yield from execute_read(query.model._meta, query.db, plan, query.policy)
    return count


def _is_partition(query: Query[Any], by: tuple[Clause, ...]) -> bool:
    """Whether no row can match in two of the requests. Texts that differ may be equal to the database."""
    key = by[0].attribute or ""
    column = query.model._meta.get_column_by_key(key)
    exact = key == "$id" or (column is not None and not column.kind.is_text and not column.array)
    return len(by) == 1 and by[0].method == "equal" and exact


def _walked(query: Query[Any]) -> Operation[int]:
    walk, count = distinct_pages(query), 0
    while not walk.finished:
        count += len((yield from walk.page()))
    return count


def exists(query: Query[Any]) -> Operation[bool]:
    """Return whether any row matches."""
    if query.is_empty:
        return False
    if query.distinct_keys and query.start:
        return (yield from count(query.window(0, 1))) > 0
    for filters in query.requests().requests:
        beside = query.tables(filters)
        plan = ListRows(query.ref, filters, limit=1, offset=query.start, select=("$id",), beside=beside)
        if (yield from execute_read(query.model._meta, query.db, plan, query.policy))["rows"]:
            return True
    return False


def aggregate(query: Query[Any], specs: list[AggregateSpec]) -> Operation[dict[str, Any]]:
    """Return the value of each aggregate over the rows that match, by name."""
    results = yield from totals(query, specs)
    accumulators: dict[str, Accumulator] = {}
    for spec in specs:
        if spec.name in results:
            continue
        if not query.is_sliced and not spec.distinct and not spec.encrypted and spec.kind in (Count, Max, Min):
            results[spec.name] = spec.finished((yield from _by_request(query, spec)))
        else:
            accumulators[spec.name] = spec.accumulator()
    if accumulators:
        computed = [spec for spec in specs if spec.name in accumulators]
        names = [spec.column.name for spec in computed if spec.column is not None]
        walk = pages(query.replace(shape=None, select=query.model._meta.get_keys(names) or ("$id",)))
        while not walk.finished:
            columns = aggregated_values(query, (yield from walk.page()), computed)
            for accumulator, values in zip(accumulators.values(), columns, strict=True):
                for value in values:
                    accumulator.add(value)
    return {
        spec.name: accumulators[spec.name].value if spec.name in accumulators else results[spec.name] for spec in specs
    }


def _by_request(query: Query[Any], spec: AggregateSpec) -> Operation[Any]:
    """Compute an aggregate for which Appwrite need not show all rows."""
    if spec.column is None:
        return (yield from count(query))
    key = spec.column.key
    present = (
        query if key.startswith("$") else query.replace(where=conjunction([query.where, Clause("isNotNull", key)]))
    )
    if spec.kind is Count:
        return (yield from count(present))
    order = (Clause("orderAsc" if spec.kind is Min else "orderDesc", key),)
    rows = yield from pages(present.replace(shape=None, order=order, select=(key,)).window(0, 1)).page()
    (values,) = aggregated_values(query, rows, [spec])
    return values[0] if values else None
