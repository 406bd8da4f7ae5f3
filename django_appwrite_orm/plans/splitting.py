"""Filters that are too large for one request, as several sets of filters that each fit into one.

Appwrite takes at most 100 queries in a request, 4,096 characters in each and 500 values in one condition.
A conjunction is split into more queries of the same request; a disjunction, which is what a long list of
values is, into more requests, whose answers together are the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from .clauses import Clause, conjunction, disjunction

VALUES_LIMIT = 500
TEXT_LIMIT = 4096
# Of the 100 queries of a request these may be filters; the others are left to order, window and selection.
FILTERS_LIMIT = 80
# Beyond so many requests for one question it is put wrongly.
REQUESTS_LIMIT = 1000

# Characters that an `and` or `or` around several clauses adds to what one of them takes.
_GROUPING = 40


@dataclass(frozen=True, slots=True)
class Split:
    """`requests` holds the filters of each request. `by` are the conditions that did not fit into one: a row may
    match in several requests, unless `by` is one `equal` whose values differ for the server too."""

    requests: tuple[tuple[Clause, ...], ...]
    by: tuple[Clause, ...] = ()


def fits(clause: Clause) -> bool:
    """Whether Appwrite takes this clause as one query."""
    return _fits_values(clause) and len(str(clause)) <= TEXT_LIMIT


def _fits_values(clause: Clause) -> bool:
    values = clause.values or ()
    return len(values) <= VALUES_LIMIT and all(_fits_values(v) for v in values if isinstance(v, Clause))


def split(filters: Iterable[Clause]) -> Split:
    """Filters that must all hold, for as few requests as there need be. Raises ValueError, which says why, where
    no number of requests will do."""
    filters = tuple(filters)
    if len(filters) <= FILTERS_LIMIT and all(map(fits, filters)):
        return Split((filters,))
    conditions = [part for clause in filters for part in _conjuncts(clause)]
    small = [clause for clause in conditions if fits(clause)]
    choices = [(clause, _disjuncts(clause)) for clause in conditions if not fits(clause)]
    small += [parts[0] for _, parts in choices if len(parts) == 1]
    choices = [(clause, parts) for clause, parts in choices if len(parts) > 1]
    if prod(len(parts) for _, parts in choices) > REQUESTS_LIMIT:
        raise ValueError(f"these conditions need more than {REQUESTS_LIMIT} requests")
    requests = tuple(_packed([*small, *chosen]) for chosen in product(*(parts for _, parts in choices)))
    return Split(requests, tuple(clause for clause, _ in choices))


def _packed(clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """The clauses as so few queries that a request takes them."""
    if len(clauses) <= FILTERS_LIMIT:
        return tuple(clauses)
    groups = tuple(conjunction(group) for group in _groups(clauses, lambda part: Clause("and", values=tuple(part))))
    if len(groups) > FILTERS_LIMIT:
        raise ValueError(f"these conditions need more than {FILTERS_LIMIT} queries of {TEXT_LIMIT} characters")
    return groups


def _conjuncts(clause: Clause) -> Iterator[Clause]:
    """Conditions that mean `clause` when all of them hold, each as small as that can make it."""
    values = clause.values or ()
    if fits(clause):
        yield clause
    elif clause.method == "and":
        for part in values:
            yield from _conjuncts(part)
    elif clause.method == "containsAll":
        yield from _by_values(clause)
    elif clause.method == "or" and (inner := next((v for v in values if _is_large_conjunction(v)), None)):
        # (a and b) or c is (a or c) and (b or c)
        others = [value for value in values if value is not inner]
        parts = _by_values(inner) if inner.method == "containsAll" else inner.values or ()
        groups = _groups(parts, lambda part: disjunction([conjunction(part), *others]))
        for group in groups if len(groups) > 1 else [[part] for part in parts]:
            yield from _conjuncts(disjunction([conjunction(group), *others]))
    else:
        yield clause


def _is_large_conjunction(clause: Clause) -> bool:
    return clause.method in ("and", "containsAll") and not fits(clause)


def _disjuncts(clause: Clause) -> list[Clause]:
    """Conditions that fit and mean `clause` when any of them holds. Raises ValueError."""
    parts = [piece for part in _alternatives(clause) for piece in _small(part)]
    return [disjunction(group) for group in _groups(parts, lambda some: Clause("or", values=tuple(some)))]


def _alternatives(clause: Clause) -> tuple[Clause, ...]:
    return (clause.values or ()) if clause.method == "or" else (clause,)


def _small(clause: Clause) -> list[Clause]:
    if fits(clause):
        return [clause]
    if clause.method in ("equal", "containsAny") and len(clause.values or ()) > 1:
        return _by_values(clause)
    raise ValueError(
        f"one condition ({clause.method} on {clause.attribute}) has more than {TEXT_LIMIT} characters, or a list of"
        " values is part of a larger one that cannot be taken apart"
    )


def _by_values(clause: Clause) -> list[Clause]:
    def some(values: Sequence[Any]) -> Clause:
        return Clause(clause.method, clause.attribute, tuple(values))

    return [some(group) for group in _groups(clause.values or (), some, VALUES_LIMIT)]


def _groups(items: Sequence[Any], whole: Callable[[Sequence[Any]], Clause], most: int | None = None) -> list[list[Any]]:
    """The items in order, in groups as large as fit when `whole` makes one clause of each; at least one in each."""
    room = TEXT_LIMIT - (len(str(whole(items[:1]))) - _length(items[0])) - _GROUPING
    groups: list[list[Any]] = [[]]
    used = 0
    for item in items:
        size = _length(item) + 1
        if groups[-1] and (used + size > room or len(groups[-1]) == most):
            groups.append([])
            used = 0
        groups[-1].append(item)
        used += size
    return groups


def _length(item: Any) -> int:
    """Characters of a clause or a value within a query, its comma left out."""
    return len(str(item) if isinstance(item, Clause) else json.dumps(item, ensure_ascii=False))
