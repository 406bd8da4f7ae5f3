"""PHP's loose comparison of decoded JSON, by which the server decides whether a value changes."""

from __future__ import annotations

from typing import Any

from ..api.params import numeric


def coerced(left: Any, right: Any) -> tuple[Any, Any]:
    """Return two values in the form in which PHP compares them.

    - Null is "" beside a text, and false beside anything else.
    - Beside a boolean the other value becomes a boolean.
    - A text of digits is a number beside a number, and beside another text of digits.
    """
    if isinstance(left, str | None) and isinstance(right, str | None):
        return _numbers(left, right) if left and right else (left or "", right or "")
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return _truth(left), _truth(right)
    if isinstance(left, str) or isinstance(right, str):
        return _numbers(left, right)
    return left, right


def loosely_equal(left: Any, right: Any) -> bool:
    """Return PHP's ``==``. Lists and objects are equal where they have the same keys with equal values."""
    if isinstance(left, list | dict) and isinstance(right, list | dict):
        left_items, right_items = _keyed(left), _keyed(right)
        return left_items.keys() == right_items.keys() and all(
            loosely_equal(left_items[key], right_items[key]) for key in left_items
        )
    left, right = coerced(left, right)
    return bool(left == right)


def _numbers(left: Any, right: Any) -> tuple[Any, Any]:
    """Return both as numbers where both can be, else both as texts."""
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return left, right
    try:
        return numeric(left), numeric(right)
    except ValueError:
        return str(left), str(right)


def _truth(value: Any) -> bool:
    return bool(value) and value != "0"


def _keyed(value: list[Any] | dict[str, Any]) -> dict[str, Any]:
    return value if isinstance(value, dict) else {str(position): item for position, item in enumerate(value)}
