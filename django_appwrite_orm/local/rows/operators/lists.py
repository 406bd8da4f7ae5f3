"""Operators that remove elements of a list, as MariaDB evaluates them.

The database expands a list into a table with one text per row, compares these by its collation and builds a list
again (the database library). So numbers and booleans are texts afterwards: a query for the number no longer finds
them, and false reads as true.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from ...api.errors import server_error
from ...api.params import numeric
from ...columns.column import Column
from ...emulation.collation import sort_key
from .parser import Operator

Element = tuple[str | None, Any]  # its text, None for null; and the element afterwards


def reduce_list(operator: Operator, column: Column, present: list[Any]) -> list[Any]:
    """Return the list after ``arrayRemove``, ``arrayUnique``, ``arrayIntersect``, ``arrayDiff`` or ``arrayFilter``."""
    elements = [_element(column, item) for item in present]
    return [kept for _, kept in _LISTS[operator.method](elements, operator.values)]


def _element(column: Column, item: Any) -> Element:
    if item is None:
        return None, None
    if isinstance(item, str):
        return column.kind.list_text(item), item
    return (text := _text(item)), text


def _text(item: Any) -> str:
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)


def _bound(value: Any) -> str | None:
    """Return a value as it is bound to a statement: PHP converts it to text."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else _text(value)


def _same(left: str | None, right: str | None) -> bool:
    """Compare as SQL does: null equals nothing."""
    return left is not None and right is not None and sort_key(left) == sort_key(right)


def _within(text: str | None, values: Iterable[Any]) -> bool:
    return any(_same(text, None if value is None else _text(value)) for value in values)


def _remove(present: list[Element], values: tuple[Any, ...]) -> list[Element]:
    unwanted = _bound(values[0])
    if unwanted is None:
        return []
    return [element for element in present if element[0] is not None and not _same(element[0], unwanted)]


def _unique(present: list[Element], values: tuple[Any, ...]) -> list[Element]:
    """Return the distinct elements, sorted, null first."""
    first_by_key: dict[str | None, Element] = {}
    for element in present:
        first_by_key.setdefault(None if element[0] is None else sort_key(element[0]), element)
    return [first_by_key[key] for key in sorted(first_by_key, key=lambda key: (key is not None, key or ""))]


def _intersect(present: list[Element], values: tuple[Any, ...]) -> list[Element]:
    """Return the common elements in the order of the values."""
    texts = _unique_in_order(_text(value) for value in values if value is not None)
    return [element for text in texts for element in present if _same(element[0], text)]


def _unique_in_order(texts: Iterable[str]) -> list[str]:
    return list({sort_key(text): text for text in reversed(list(texts))}.values())[::-1]


def _diff(present: list[Element], values: tuple[Any, ...]) -> list[Element]:
    if not values:
        return present
    if None in values:
        return []
    return [element for element in present if element[0] is not None and not _within(element[0], values)]


def _filter(present: list[Element], values: tuple[Any, ...]) -> list[Element]:
    condition, operand = values[0], _bound(values[1]) if len(values) > 1 else None
    if condition in ("isNull", "isNotNull"):
        return [element for element in present if (element[0] is None) == (condition == "isNull")]
    filled = [element for element in present if element[0] is not None]
    if condition in ("equal", "notEqual"):
        return [
            element
            for element in filled
            if operand is not None and _same(element[0], operand) == (condition == "equal")
        ]
    numbers = [_number(element[0]) for element in filled]
    if operand is None:
        return []
    test, bound = _COMPARISONS[condition], _number(operand)
    return [element for element, number in zip(filled, numbers, strict=True) if test(number, bound)]


def _number(text: str | None) -> int | float:
    """Return an element as a number; the statement fails for any other (observed)."""
    try:
        return numeric(text)
    except ValueError:
        raise server_error("an element of the list is not a number") from None


_LISTS: Final[dict[str, Callable[[list[Element], tuple[Any, ...]], list[Element]]]] = {
    "arrayRemove": _remove,
    "arrayUnique": _unique,
    "arrayIntersect": _intersect,
    "arrayDiff": _diff,
    "arrayFilter": _filter,
}
_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "greaterThan": lambda item, operand: bool(item > operand),
    "greaterThanEqual": lambda item, operand: bool(item >= operand),
    "lessThan": lambda item, operand: bool(item < operand),
    "lessThanEqual": lambda item, operand: bool(item <= operand),
}
