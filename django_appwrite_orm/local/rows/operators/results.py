"""Apply operators to stored values. Results are those of MariaDB (observed)."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from ...api.params import numeric
from ...columns.column import Column
from ...columns.operators import NUMERIC
from ...columns.values import stored_range
from ...emulation.dates import now, write_date
from ...emulation.numbers import INT32, whole
from .lists import reduce_list
from .parser import MAX_ELEMENTS, Operator


class TooLong(ValueError):
    """A text that is longer than its column."""


def apply_operator(operator: Operator, column: Column, present: Any, *, careful: bool) -> Any:
    """Return the new value for ``present``, which is None where the row has none.

    ``careful`` is False in bulk updates, where the server does not read the rows it changes. Raises ``ValueError``
    for a result that the server predicts not to fit.
    """
    if operator.method in NUMERIC:
        return _number(operator, column, 0 if present is None else present, careful)
    if column.array:
        return _list(operator, column, present, careful)
    return _SCALARS[operator.method](operator.values, column, present)


def _number(operator: Operator, column: Column, present: int | float, careful: bool) -> int | float:
    step = numeric(operator.values[0])
    bound = numeric(operator.values[1]) if len(operator.values) > 1 and operator.values[1] is not None else None
    if careful and bound is None and column.kind.operands_are_int32:
        _check_foreseen(operator.method, present, step)
    try:
        result = _bounded(operator.method, present, step, bound)
    except OverflowError:
        raise ValueError("the result is beyond every range") from None
    if isinstance(result, complex) or result != result or abs(result) == math.inf:
        raise ValueError("the result is not a number")
    if not column.kind.is_whole:
        return whole(float(result))
    rounded = _rounded(result)
    low, high = stored_range(column)
    if not low <= rounded <= high:
        raise ValueError("the result is beyond the column's bits")
    return rounded


def _check_foreseen(method: str, present: int | float, step: int | float) -> None:
    """Check a result without a bound in advance. Raises ``ValueError``.

    The server does so as if every integer column had 32 bits (observed).
    """
    try:
        foreseen = _CALCULATE[method](present, step)
    except OverflowError:
        foreseen = math.inf
    if not isinstance(foreseen, complex) and not INT32[0] <= foreseen <= INT32[1]:
        raise ValueError("the result would be beyond 32 bits")


def _bounded(method: str, present: int | float, step: int | float, bound: int | float | None) -> Any:
    """Return the result, limited by the bound: a maximum for what grows, a minimum for what shrinks."""
    if bound is None or method == "modulo":
        return _CALCULATE[method](present, step)
    if method in ("decrement", "divide"):
        return bound if present <= bound else max(_CALCULATE[method](present, step), bound)
    if present >= bound:
        return bound
    if method == "power" and present <= 1:
        return present
    return min(_CALCULATE[method](present, step), bound)


def _divide(present: int | float, step: int | float) -> Fraction | float:
    if isinstance(present, int) and isinstance(step, int):
        return Fraction(present, step)  # SQL divides whole numbers exactly and rounds halves away from zero
    return present / step


def _power(present: int | float, step: int | float) -> Any:
    if isinstance(present, int) and isinstance(step, int) and abs(present) > 1 and step > 1_024:
        raise OverflowError
    if present == 0 and step < 0:
        raise ValueError("zero has no such power")
    return present**step


def _rounded(value: Any) -> int:
    if isinstance(value, Fraction):
        return int(value + Fraction(1, 2)) if value >= 0 else -int(-value + Fraction(1, 2))
    rounded: int = round(value)
    return rounded


def _list(operator: Operator, column: Column, present: list[Any] | None, careful: bool) -> list[Any] | None:
    method, values = operator.method, operator.values
    if method == "arrayInsert":
        position, item = values
        if careful and position > len(present or ()):
            raise ValueError("the position is beyond the end of the list")
        return None if present is None else [*present[:position], item, *present[position:]]
    if method in ("arrayAppend", "arrayPrepend"):
        old = present or []
        result = [*old, *values] if method == "arrayAppend" else [*values, *old]
        if len(result) > MAX_ELEMENTS:
            raise ValueError(f"a list may have at most {MAX_ELEMENTS} elements")
        return result
    return [] if present is None else reduce_list(operator, column, present)


def _add_days(days: int, present: str | None) -> str | None:
    if present is None:
        return None
    try:
        return write_date(datetime.fromisoformat(present) + timedelta(days=days))
    except OverflowError:
        raise ValueError("the date is beyond the year 9999") from None


def _concat(values: tuple[Any, ...], column: Column, present: str | None) -> str:
    result = (present or "") + values[0]
    if column.size and len(result) > column.size:
        raise TooLong(f"longer than {column.size} characters")
    return str(result)


def _replace(values: tuple[Any, ...], column: Column, present: str | None) -> str | None:
    return present.replace(values[0], values[1]) if present and values[0] else present


_CALCULATE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "increment": lambda present, step: present + step,
    "decrement": lambda present, step: present - step,
    "multiply": lambda present, step: present * step,
    "divide": _divide,
    "modulo": math.fmod,
    "power": _power,
}
_SCALARS: Final[dict[str, Callable[[tuple[Any, ...], Column, Any], Any]]] = {
    "stringConcat": _concat,
    "stringReplace": _replace,
    "toggle": lambda values, column, present: not present,
    "dateAddDays": lambda values, column, present: _add_days(values[0], present),
    "dateSubDays": lambda values, column, present: _add_days(-values[0], present),
    "dateSetNow": lambda values, column, present: now(),
}
