"""What the operators that take elements out of a list leave of it, as MariaDB works it out.

The database unfolds a list into a table with one text a row, compares these by its collation and makes a list of
them again (the database library). So numbers and booleans are texts afterwards, which shows where a list is asked
whether it contains one, and false reads as true.
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

Element = tuple[str | None, Any]  # its text, None for null; and what becomes of it


def reduce_list(operator: Operator, column: Column, present: list[Any]) -> list[Any]:
    """The list after ``arrayRemove``, ``arrayUnique``, ``arrayIntersect``, ``arrayDiff`` or ``arrayFilter``."""
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
    """A value as it is bound to a statement: PHP makes a text of it."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else _text(value)


def _same(one: str | None, other: str | None) -> bool:
    """Like SQL, null is the same as nothing."""
    return one is not None and other is not None and sort_key(one) == sort_key(other)


def _within(text: str | None, values: Iterable[Any]) -> bool:
    return any(_same(text, None if value is None else _text(value)) for value in values)


def _remove(present: list[Element], values: tuple[Any, ...]) -> list[Element]:
    unwanted = _bound(values[0])
    if unwanted is None:
        return []
    return [one for one in present if one[0] is not None and not _same(one[0], unwanted)]


def _unique(present: list[Element], values: tuple[Any, ...]) -> list[Element]:
    """Sorted, null first."""
    found: dict[str | None, Element] = {}
    for one in present:
        found.setdefault(None if one[0] is None else sort_key(one[0]), one)
    return [found[key] for key in sorted(found, key=lambda key: (key is not None, key or ""))]


def _intersect(present: list[Element], values: tuple[Any, ...]) -> list[Element]:
    """In the order of the values."""
    wanted = _unique_in_order(_text(value) for value in values if value is not None)
    return [one for text in wanted for one in present if _same(one[0], text)]


def _unique_in_order(texts: Iterable[str]) -> list[str]:
    return list({sort_key(text): text for text in reversed(list(texts))}.values())[::-1]


def _diff(present: list[Element], values: tuple[Any, ...]) -> list[Element]:
    if not values:
        return present
    if None in values:
        return []
    return [one for one in present if one[0] is not None and not _within(one[0], values)]


def _filter(present: list[Element], values: tuple[Any, ...]) -> list[Element]:
    condition, wanted = values[0], _bound(values[1]) if len(values) > 1 else None
    if condition in ("isNull", "isNotNull"):
        return [one for one in present if (one[0] is None) == (condition == "isNull")]
    filled = [one for one in present if one[0] is not None]
    if condition in ("equal", "notEqual"):
        return [one for one in filled if wanted is not None and _same(one[0], wanted) == (condition == "equal")]
    numbers = [_number(one[0]) for one in filled]
    if wanted is None:
        return []
    test, bound = _COMPARISONS[condition], _number(wanted)
    return [one for one, number in zip(filled, numbers, strict=True) if test(number, bound)]


def _number(text: str | None) -> int | float:
    """An element where numbers are compared; on any other the statement fails (observed)."""
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
    "greaterThan": lambda item, wanted: bool(item > wanted),
    "greaterThanEqual": lambda item, wanted: bool(item >= wanted),
    "lessThan": lambda item, wanted: bool(item < wanted),
    "lessThanEqual": lambda item, wanted: bool(item <= wanted),
}
