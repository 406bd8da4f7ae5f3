"""Parse operators and check them against their column.

Update and upsert take operators as text or as an object, create never does. An unknown method is an ordinary text.
Appwrite checks an operator's arguments and lets SQL compute the result, which it does not check again (observed);
here ``results`` computes it inside the same write transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ...api.errors import AppwriteError
from ...api.params import numeric
from ...api.requests import read_json
from ...columns.column import Column
from ...columns.operators import DATES, LISTS, METHODS, NUMERIC, TEXT
from ...emulation.numbers import INT32

CONDITIONS: Final = (
    *("equal", "notEqual", "greaterThan", "greaterThanEqual", "lessThan", "lessThanEqual"),
    *("isNull", "isNotNull"),
)
MAX_ELEMENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Operator:
    """A method and the client's arguments."""

    method: str
    values: tuple[Any, ...]


def operator_in(value: Any) -> Operator | None:
    """Return the operator in a value of row data, if there is one.

    Raises ``general_bad_request`` for an operator whose values are not a list.
    """
    if isinstance(value, str):
        value = value.strip(" \t\n\r")
        if not value.startswith("{") or '"method"' not in value:
            return None
        try:
            value = read_json(value)
        except AppwriteError:
            return None
    if not isinstance(value, dict):
        return None
    method, values = value.get("method"), value.get("values", [])
    if not isinstance(method, str) or method not in METHODS:
        return None
    if not isinstance(values, list):
        raise AppwriteError("general_bad_request", "The values of an operator are a list.")
    return Operator(method, tuple(values))


def check_operator(operator: Operator, column: Column) -> None:
    """Check that the column's kind takes the operator with these arguments. Raises ``ValueError``."""
    method, values = operator.method, operator.values
    if method not in (LISTS if column.array else column.kind.operators):
        raise ValueError(f"`{method}` does not apply to the column `{column.key}`")
    if method in NUMERIC:
        _check_numeric(method, values)
    elif method in TEXT:
        _check_text(method, values)
    elif method in LISTS:
        _check_list(method, values, column)
    elif method in DATES and method != "dateSetNow":
        _need_values(method, values, 1)
        if isinstance(values[0], bool) or not isinstance(values[0], int):
            raise ValueError(f"`{method}` takes a whole number of days")


def _need_values(method: str, values: tuple[Any, ...], least: int) -> None:
    if len(values) < least:
        raise ValueError(f"`{method}` needs {least} values")


def _check_text(method: str, values: tuple[Any, ...]) -> None:
    """Check the arguments; stringConcat ignores further ones, stringReplace refuses them (observed; source)."""
    count = 2 if method == "stringReplace" else 1
    if len(values) < count or (method == "stringReplace" and len(values) > count):
        raise ValueError(f"`{method}` takes {count} values")
    if not all(isinstance(value, str) for value in values[:count]):
        raise ValueError(f"`{method}` takes text")


def _check_numeric(method: str, values: tuple[Any, ...]) -> None:
    _need_values(method, values, 1)
    numeric(values[0])
    if len(values) > 1 and values[1] is not None:
        numeric(values[1])
    if method in ("divide", "modulo") and numeric(values[0]) == 0:
        raise ValueError(f"`{method}` by zero")


def _check_list(method: str, values: tuple[Any, ...], column: Column) -> None:
    if method == "arrayInsert":
        if len(values) != 2 or isinstance(values[0], bool) or not isinstance(values[0], int) or values[0] < 0:
            raise ValueError("`arrayInsert` takes a position of 0 or more and a value")
    elif method in ("arrayRemove", "arrayIntersect", "arrayFilter"):
        _need_values(method, values, 1)
    if method == "arrayFilter" and (values[0] not in CONDITIONS or len(values) > 2):
        raise ValueError(f"`arrayFilter` takes one of {', '.join(CONDITIONS)}, and a value to compare with")
    added = values[1:] if method == "arrayInsert" else values if method in ("arrayAppend", "arrayPrepend") else ()
    if column.kind.operands_are_int32 and any(map(_is_beyond_32_bits, added)):
        raise ValueError("a number is beyond 32 bits")


def _is_beyond_32_bits(value: Any) -> bool:
    """Return whether PHP reads the value as a number beyond 32 bits, in a text too."""
    try:
        return not INT32[0] <= numeric(value) < INT32[1] + 1
    except ValueError:
        return False
