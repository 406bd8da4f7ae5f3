"""Query strings such as ``{"method":"equal","attribute":"a","values":[1]}`` as data.

Raises ``ValueError`` with the reason; the error type depends on the list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from ..api.errors import AppwriteError
from ..api.requests import read_json

MAX_QUERIES: Final = 100
MAX_VALUES: Final = 500
LOGICAL: Final = ("and", "or")
COMPARISONS: Final = ("equal", "notEqual", "lessThan", "lessThanEqual", "greaterThan", "greaterThanEqual")
RANGES: Final = ("between", "notBetween")
CONTAINS: Final = ("contains", "notContains", "containsAny", "containsAll")
PATTERNS: Final = ("startsWith", "notStartsWith", "endsWith", "notEndsWith")
SEARCHES: Final = ("search", "notSearch")
NULLS: Final = ("isNull", "isNotNull")
EXISTS: Final = ("exists", "notExists")
SPATIAL_RELATIONS: Final = ("crosses", "intersects", "overlaps", "touches")
DISTANCES: Final = ("distanceEqual", "distanceNotEqual", "distanceGreaterThan", "distanceLessThan")
# In the SDK, but not in 1.9.6.
LATER: Final = ("covers", "notCovers", "spatialEquals", "notSpatialEquals")
SPATIAL: Final = (
    *SPATIAL_RELATIONS,
    *(f"not{name.capitalize()}" for name in SPATIAL_RELATIONS),
    *DISTANCES,
    *LATER,
)
FILTERS: Final = frozenset(
    (*COMPARISONS, *RANGES, *CONTAINS, *PATTERNS, *SEARCHES, *NULLS, *EXISTS, *SPATIAL, *LOGICAL, "elemMatch")
)
ORDERS: Final = ("orderAsc", "orderDesc", "orderRandom")
CURSORS: Final = ("cursorAfter", "cursorBefore")
METHODS: Final = FILTERS | {*ORDERS, *CURSORS, "limit", "offset", "select"}


@dataclass(frozen=True, slots=True)
class Query:
    """One query; ``values`` are the client's, or nested queries for ``and`` and ``or``."""

    method: str
    attribute: str
    values: tuple[Any, ...]


@dataclass(slots=True)
class Parsed:
    """The queries of one list, by purpose. Of repeated limits, offsets and cursors the first counts."""

    filters: list[Query] = field(default_factory=list)
    orders: list[Query] = field(default_factory=list)
    selects: list[Query] = field(default_factory=list)
    limit: Query | None = None
    offset: Query | None = None
    cursor: Query | None = None


def parse_queries(texts: Iterable[str]) -> Parsed:
    """Parse queries and sort them by purpose. Raises ``ValueError``."""
    parsed = Parsed()
    for text in texts:
        query = parse_query(text)
        if query.method in FILTERS:
            parsed.filters.append(query)
        elif query.method in ORDERS:
            parsed.orders.append(query)
        elif query.method == "select":
            parsed.selects.append(query)
        elif query.method in CURSORS:
            parsed.cursor = parsed.cursor or query
        elif query.method == "limit":
            parsed.limit = parsed.limit or query
        else:
            parsed.offset = parsed.offset or query
    return parsed


def attributes_of(filters: Iterable[Query]) -> set[str]:
    """Return the attributes that filters name, nested ones included."""
    names: set[str] = set()
    for query in filters:
        names |= attributes_of(query.values) if query.method in LOGICAL else {query.attribute}
    return names


def parse_query(text: str) -> Query:
    """Parse one query. Raises ``ValueError``."""
    try:
        value = read_json(text)
    except AppwriteError:
        raise ValueError(f"not JSON: {text[:80]!r}") from None
    return _query_from(value)


def _query_from(value: Any) -> Query:
    if not isinstance(value, dict):
        raise ValueError(f"a query is an object, not {json.dumps(value)[:80]}")
    method, attribute, values = value.get("method", ""), value.get("attribute", ""), value.get("values", [])
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"{str(method)[:80]!r} is not a method of a query")
    if not isinstance(attribute, str | None):
        raise ValueError("the attribute of a query is a text")
    if isinstance(values, dict):
        values = list(values.values())
    if not isinstance(values, list | None):
        raise ValueError("the values of a query are a list")
    if method in LOGICAL:
        values = [_query_from(item) for item in values or ()]
    return Query(method, attribute or "", tuple(values or ()))
