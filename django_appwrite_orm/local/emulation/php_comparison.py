"""PHP's loose comparison of decoded JSON, by which the server decides whether a value is another one."""

from __future__ import annotations

from typing import Any

from ..api.params import numeric


def alike(one: Any, other: Any) -> tuple[Any, Any]:
    """Two values in the form PHP compares them in. Null is "" beside a text and false beside anything else, a
    boolean makes a boolean of the other, a text of digits is a number beside a number or another such text."""
    if isinstance(one, str | None) and isinstance(other, str | None):
        return _numbers(one, other) if one and other else (one or "", other or "")
    if one is None or other is None or isinstance(one, bool) or isinstance(other, bool):
        return _truth(one), _truth(other)
    if isinstance(one, str) or isinstance(other, str):
        return _numbers(one, other)
    return one, other


def loosely_equal(one: Any, other: Any) -> bool:
    """PHP's ``==``. Lists and objects are equal where they have the same keys with equal values."""
    if isinstance(one, list | dict) and isinstance(other, list | dict):
        first, second = _keyed(one), _keyed(other)
        return first.keys() == second.keys() and all(loosely_equal(first[key], second[key]) for key in first)
    one, other = alike(one, other)
    return bool(one == other)


def _numbers(one: Any, other: Any) -> tuple[Any, Any]:
    """Both as numbers where both can be, else both as texts."""
    if isinstance(one, list | dict) or isinstance(other, list | dict):
        return one, other
    try:
        return numeric(one), numeric(other)
    except ValueError:
        return str(one), str(other)


def _truth(value: Any) -> bool:
    return bool(value) and value != "0"


def _keyed(value: list[Any] | dict[str, Any]) -> dict[str, Any]:
    return value if isinstance(value, dict) else {str(place): item for place, item in enumerate(value)}
