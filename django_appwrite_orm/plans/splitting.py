"""Split filters that are too large for one request into several sets that each fit into one.

Appwrite limits the queries of a request, the characters of each and the values of a condition (`limits.py`); it, or a
proxy before it, also limits the bytes of the request line and headers. A conjunction is split into more queries of the
same request. A disjunction, such as a long list of values, is split into more requests; the result is the union of
theirs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import inf, prod
from typing import Any
from urllib.parse import quote_plus

from .clauses import NAME_BYTES, WIDEST, Clause, conjunction, disjunction
from .limits import QUERIES_LIMIT, TEXT_LIMIT, VALUES_LIMIT

# Of the queries of a request these may be filters; the others are left to order, window and selection.
FILTERS_LIMIT = QUERIES_LIMIT - 20
# Requests of one query. A query that needs more is refused.
REQUESTS_LIMIT = 1000

# The characters that an `and` or `or` around several clauses adds.
_GROUPING = 40


@dataclass(frozen=True, slots=True)
class Split:
    """The filters of each request.

    `by` are the conditions that did not fit into one request. A row may match in several requests, unless `by` is one
    `equal` whose values differ for the server too.
    """

    requests: tuple[tuple[Clause, ...], ...]
    by: tuple[Clause, ...] = ()


def fits(clause: Clause, room: float = inf) -> bool:
    """Return whether Appwrite accepts this clause as one query of at most `room` bytes in a URL."""
    return _fits_values(clause) and len(str(clause)) <= TEXT_LIMIT and (room == inf or size_in_url(clause) <= room)


def size_in_url(*clauses: Clause) -> int:
    """Return the bytes of these queries in the request line."""
    return sum(len(quote_plus(str(clause))) + NAME_BYTES for clause in clauses)


def _fits_values(clause: Clause) -> bool:
    values = clause.values or ()
    return len(values) <= VALUES_LIMIT and all(_fits_values(v) for v in values if isinstance(v, Clause))


def split(filters: Iterable[Clause], room: float = inf) -> Split:
    """Split filters that must all hold into as few requests as possible.

    The filters of one request take at most `room` bytes in its URL. Raises ValueError with the reason where no number
    of requests is enough.
    """
    filters = tuple(filters)
    if len(filters) <= FILTERS_LIMIT and all(map(fits, filters)) and has_room(filters, room):
        return Split((filters,))
    conditions = [part for clause in filters for part in _conjuncts(clause)]
    share = _share(conditions, room)
    small: list[Clause] = []
    choices: list[tuple[Clause, list[Clause]]] = []
    for clause in conditions:
        whole = fits(clause, share) or (fits(clause) and not _is_choice(clause))
        parts = [clause] if whole else _disjuncts(clause, share)
        if len(parts) == 1:
            small += parts
        else:
            choices.append((clause, parts))
    if prod(len(parts) for _, parts in choices) > REQUESTS_LIMIT:
        many = f"these conditions need more than {REQUESTS_LIMIT} requests"
        raise ValueError(many if share == inf else f"{many} of {room:.0f} bytes in a URL (HEAD_LIMIT)")
    requests = tuple(_packed([*small, *chosen]) for chosen in product(*(parts for _, parts in choices)))
    if not all(has_room(clauses, room) for clauses in requests):
        raise ValueError(_no_room(room))
    return Split(requests, tuple(clause for clause, _ in choices))


def has_room(clauses: Sequence[Clause], room: float) -> bool:
    """Return whether these queries take at most `room` bytes in a URL."""
    if room == inf or sum(len(str(clause)) * WIDEST + NAME_BYTES for clause in clauses) <= room:
        return True
    return size_in_url(*clauses) <= room


def _no_room(room: float) -> str:
    return f"these conditions take more than the {room:.0f} bytes that are left for them in a URL (HEAD_LIMIT)"


def _share(conditions: Sequence[Clause], room: float) -> float:
    """Return the bytes in a URL for each of the conditions that have to be split over several requests.

    Smaller ones stay whole. Raises ValueError when the conditions that cannot be split leave no room.
    """
    if has_room(conditions, room):
        return inf
    left = room - size_in_url(*(clause for clause in conditions if not _is_choice(clause)))
    choices = sorted(size_in_url(clause) for clause in conditions if _is_choice(clause))
    for place, size in enumerate(choices):
        if (share := left / (len(choices) - place)) < size:
            return share
        left -= size
    raise ValueError(_no_room(room))


def _is_choice(clause: Clause) -> bool:
    """Return whether the clause holds when one of its values or parts does."""
    return clause.method in ("or", "equal", "containsAny") and len(clause.values or ()) > 1


def _packed(clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """Combine clauses until they are few enough for the queries of one request."""
    if len(clauses) <= FILTERS_LIMIT:
        return tuple(clauses)
    groups = tuple(conjunction(group) for group in _groups(clauses, lambda part: Clause("and", values=tuple(part))))
    if len(groups) > FILTERS_LIMIT:
        raise ValueError(f"these conditions need more than {FILTERS_LIMIT} queries of {TEXT_LIMIT} characters")
    return groups


def _conjuncts(clause: Clause) -> Iterator[Clause]:
    """Yield conditions that together are equivalent to `clause`, each as small as possible."""
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


def _disjuncts(clause: Clause, room: float) -> list[Clause]:
    """Return conditions that fit into `room`, of which one holds exactly when `clause` does. Raises ValueError."""
    parts = [piece for part in _alternatives(clause) for piece in _small(part, room)]
    return [disjunction(group) for group in _groups(parts, lambda group: Clause("or", values=tuple(group)), room=room)]


def _alternatives(clause: Clause) -> tuple[Clause, ...]:
    return (clause.values or ()) if clause.method == "or" else (clause,)


def _small(clause: Clause, room: float) -> list[Clause]:
    if fits(clause, room):
        return [clause]
    if clause.method in ("equal", "containsAny") and len(clause.values or ()) > 1:
        return _by_values(clause, room)
    if fits(clause):
        raise ValueError(_no_room(room))
    raise ValueError(
        f"one condition ({clause.method} on {clause.attribute}) has more than {TEXT_LIMIT} characters, or a list of"
        " values is part of a larger one that cannot be taken apart"
    )


def _by_values(clause: Clause, room: float = inf) -> list[Clause]:
    def with_values(values: Sequence[Any]) -> Clause:
        return Clause(clause.method, clause.attribute, tuple(values))

    return [with_values(group) for group in _groups(clause.values or (), with_values, VALUES_LIMIT, room)]


def _groups(
    items: Sequence[Any],
    whole: Callable[[Sequence[Any]], Clause],
    most: int | None = None,
    room: float = inf,
) -> list[list[Any]]:
    """Return the items in order, in groups that are as large as possible, of at least one item and `most` items.

    `whole` makes one clause of a group, which fits into `room` bytes of a URL.
    """
    around = len(str(whole(items[:1]))) - len(_text(items[0])) + _GROUPING
    characters, width = TEXT_LIMIT - around, room - 3 * around - NAME_BYTES
    groups: list[list[Any]] = [[]]
    used = wide = 0
    for item in items:
        text = _text(item)
        size, in_url = len(text) + 1, len(quote_plus(text)) + 3 if room < inf else 0
        full = used + size > characters or wide + in_url > width or len(groups[-1]) == most
        if groups[-1] and full:
            groups.append([])
            used = wide = 0
        groups[-1].append(item)
        used += size
        wide += in_url
    return groups


def _text(item: Any) -> str:
    """Return a clause or value as it is written within a query."""
    return str(item) if isinstance(item, Clause) else json.dumps(item, ensure_ascii=False)
