"""Filters on staged rows, which are in no table yet.

The server compares staged data as it was sent, by PHP's loose comparison, and only for these methods; others match
every row (the server's source). Letter case counts (observed).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..emulation.php_comparison import coerced
from ..queries.parser import Query


def matches(row: Mapping[str, Any], filters: Sequence[Query]) -> bool:
    """Return whether staged data matches every filter; a missing value counts as null."""
    return all(_matches(row.get(query.attribute), query) for query in filters)


def _matches(value: Any, query: Query) -> bool:
    test = _TESTS.get(query.method)
    try:
        return test is None or bool(test(value, query.values))
    except TypeError:
        return False


def _is_among(value: Any, values: Sequence[Any]) -> bool:
    return any(left == right for left, right in (coerced(value, item) for item in values))


def _is_less(left: Any, right: Any, or_equal: bool = False) -> bool:
    left, right = coerced(left, right)
    return bool(left <= right) if or_equal else bool(left < right)


_TESTS: Final[dict[str, Callable[[Any, tuple[Any, ...]], bool]]] = {
    "equal": _is_among,
    "notEqual": lambda value, values: not _is_among(value, values),
    "lessThan": lambda value, values: _is_less(value, values[0]),
    "lessThanEqual": lambda value, values: _is_less(value, values[0], or_equal=True),
    "greaterThan": lambda value, values: _is_less(values[0], value),
    "greaterThanEqual": lambda value, values: _is_less(values[0], value, or_equal=True),
    "between": lambda value, values: _is_less(values[0], value, True) and _is_less(value, values[1], True),
    "contains": lambda value, values: isinstance(value, list) and any(_is_among(item, value) for item in values),
    "startsWith": lambda value, values: isinstance(value, str) and value.startswith(values),
    "endsWith": lambda value, values: isinstance(value, str) and value.endswith(values),
    "isNull": lambda value, values: value is None,
    "isNotNull": lambda value, values: value is not None,
}
