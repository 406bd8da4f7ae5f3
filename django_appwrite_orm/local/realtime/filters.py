"""Filters of a subscription, applied to the row of an event.

Letter case counts, and values that cannot be compared do not match.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..queries.parser import Query


def matches(row: Mapping[str, Any], filters: Sequence[Query]) -> bool:
    """Return whether a row matches every filter."""
    return all(_matches(row, query) for query in filters)


def _matches(row: Mapping[str, Any], query: Query) -> bool:
    if query.method == "and":
        return matches(row, query.values)
    if query.method == "or":
        return any(_matches(row, inner) for inner in query.values)
    value = row.get(query.attribute)
    if query.method in ("isNull", "isNotNull"):
        return (value is None) == (query.method == "isNull")
    test = _TESTS.get(query.method)
    try:
        return value is not None and test is not None and bool(test(value, query.values))
    except TypeError:
        return False


_TESTS: Final[dict[str, Callable[[Any, tuple[Any, ...]], bool]]] = {
    "equal": lambda value, values: value in values,
    "notEqual": lambda value, values: value not in values,
    "lessThan": lambda value, values: bool(value < values[0]),
    "lessThanEqual": lambda value, values: bool(value <= values[0]),
    "greaterThan": lambda value, values: bool(value > values[0]),
    "greaterThanEqual": lambda value, values: bool(value >= values[0]),
    "between": lambda value, values: bool(values[0] <= value <= values[1]),
    "notBetween": lambda value, values: not values[0] <= value <= values[1],
    "contains": lambda value, values: any(item in value for item in values),
    "notContains": lambda value, values: not any(item in value for item in values),
    "startsWith": lambda value, values: str(value).startswith(values[0]),
    "endsWith": lambda value, values: str(value).endswith(values[0]),
}
