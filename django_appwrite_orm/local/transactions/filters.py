"""Filters on staged rows, which no table holds yet. Only what the server itself compares so matters here: staged
data is compared as it was sent, by PHP's loose comparison, and methods other than these leave every row in (the
server's source; letter case counts, observed)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..emulation.php_comparison import alike
from ..queries.parser import Query


def matches(row: Mapping[str, Any], filters: Sequence[Query]) -> bool:
    """Whether staged data meets every filter; what the row was not sent counts as null."""
    return all(_matches(row.get(query.attribute), query) for query in filters)


def _matches(value: Any, query: Query) -> bool:
    test = _TESTS.get(query.method)
    try:
        return test is None or bool(test(value, query.values))
    except TypeError:
        return False


def _is_among(value: Any, wanted: Sequence[Any]) -> bool:
    return any(one == other for one, other in (alike(value, item) for item in wanted))


def _is_less(one: Any, other: Any, or_equal: bool = False) -> bool:
    one, other = alike(one, other)
    return bool(one <= other) if or_equal else bool(one < other)


_TESTS: Final[dict[str, Callable[[Any, tuple[Any, ...]], bool]]] = {
    "equal": _is_among,
    "notEqual": lambda value, wanted: not _is_among(value, wanted),
    "lessThan": lambda value, wanted: _is_less(value, wanted[0]),
    "lessThanEqual": lambda value, wanted: _is_less(value, wanted[0], or_equal=True),
    "greaterThan": lambda value, wanted: _is_less(wanted[0], value),
    "greaterThanEqual": lambda value, wanted: _is_less(wanted[0], value, or_equal=True),
    "between": lambda value, wanted: _is_less(wanted[0], value, True) and _is_less(value, wanted[1], True),
    "contains": lambda value, wanted: isinstance(value, list) and any(_is_among(item, value) for item in wanted),
    "startsWith": lambda value, wanted: isinstance(value, str) and value.startswith(wanted),
    "endsWith": lambda value, wanted: isinstance(value, str) and value.endswith(wanted),
    "isNull": lambda value, wanted: value is None,
    "isNotNull": lambda value, wanted: value is not None,
}
