"""Checks and conversions of single values, which the rows of ``kinds`` name.

- ``accept_*(column, value)``: the value as a response shows it, from what the client sent. Raises ``ValueError``.
- ``store_*(value, exact)``: the value as SQLite stores it, from an accepted one.
- ``show_*(stored)``: the value as a response shows it, from the stored one.
- ``cast_*(item)``: the same for an element of a list, as PHP casts it; an operator may have stored any JSON value.
- ``is_*(value)``: whether a query may compare a column of the kind with the value.

The rules are those observed of Appwrite 1.9.6 on MariaDB.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from ..emulation.dates import read_date, read_exact_date
from ..emulation.numbers import INT32, INT64, LARGEST_DOUBLE, stored_digits, whole

if TYPE_CHECKING:
    from .column import Column

_LEADING_NUMBER: Final = re.compile(r"\s*[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_MAX_DIGITS: Final = 20  # characters of a 64-bit integer with its sign


def unchanged(value: Any) -> Any:
    return value


# Texts


def accept_text(column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a text")
    kind = column.kind
    if kind.max_bytes:
        if len(value.encode("utf-8", "surrogatepass")) > kind.max_bytes:
            raise ValueError(f"longer than {kind.max_bytes} bytes")
    elif len(value) > column.size:
        raise ValueError(f"longer than {column.size} characters")
    if kind.is_valid is not None and not kind.is_valid(column, value):
        raise ValueError(f"not a valid {kind.format} value")
    return value


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_element(column: Column, value: str) -> bool:
    """Return whether a value is one of an enum's elements."""
    return value in column.options.get("elements", ())


# Numbers


def stored_range(column: Column) -> tuple[int, int]:
    """Return the range of the database's integer type."""
    return INT32 if column.narrow else INT64


def integer_range(column: Column) -> tuple[int, int]:
    """Return the range of values that an integer column accepts: its own, within that of the database's type."""
    low, high = stored_range(column)
    if column.kind.refuses_least_integer:
        low = -high
    if column.options.get("unsigned"):
        low = 0
    own_low, own_high = column.options.get("min"), column.options.get("max")
    return (low if own_low is None else max(low, own_low)), (high if own_high is None else min(high, own_high))


def accept_integer(column: Column, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected a whole number")
    low, high = integer_range(column)
    if not low <= value <= high:
        raise ValueError(f"not between {low} and {high}")
    return value


def accept_bigint(column: Column, value: Any) -> int:
    return accept_integer(column, int(value) if is_digits(value) else value)


def accept_double(column: Column, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("expected a number")
    low, high = column.options.get("min"), column.options.get("max")
    low, high = (-LARGEST_DOUBLE if low is None else low), (LARGEST_DOUBLE if high is None else high)
    if not low <= value <= high:
        raise ValueError(f"not between {low} and {high}")
    if isinstance(value, float):
        return whole(value)
    digits = int(float(value))
    return digits if INT64[0] <= digits <= INT64[1] else float(value)  # the largest integers round up past 64 bits


def store_double(value: Any, exact: bool) -> Any:
    """Round a client's value to 14 digits, as PHP passes it on (observed).

    A result of the database itself is ``exact`` and keeps all digits.
    """
    return value if exact or isinstance(value, int) else stored_digits(value)


def cast_integer(item: Any) -> int:
    number = _as_number(item)
    return int(number) if abs(number) < 2**63 else 0


def cast_double(item: Any) -> int | float:
    return whole(_as_number(item))


def _as_number(item: Any) -> int | float:
    if isinstance(item, str):
        match = _LEADING_NUMBER.match(item)
        number = float(match[0]) if match else 0
        return number if abs(number) <= LARGEST_DOUBLE else 0
    if isinstance(item, bool) or not isinstance(item, int | float):
        return 1 if item else 0
    return item


def is_digits(value: Any) -> bool:
    """Return whether a value is a whole number in a text."""
    return (
        isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) <= _MAX_DIGITS
    )


def integer_from_digits(value: Any) -> Any:
    """Return the integer in a text of digits; any other value unchanged."""
    return int(value) if is_digits(value) else value


def is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and INT64[0] <= value <= INT64[1]


def is_bigint(value: Any) -> bool:
    return is_integer(integer_from_digits(value))


def is_sequence(value: Any) -> bool:
    """Return whether a value is 1 or more, also in digits; 0 and below are refused by every method (observed)."""
    number = integer_from_digits(value)
    return is_integer(number) and number > 0


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# Booleans


def accept_boolean(column: Column, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


def store_boolean(value: Any, exact: bool) -> int:
    return int(value)


def cast_boolean(item: Any) -> Any:
    return item if item is None else bool(item) and item != "0"


def is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


# Dates


def accept_datetime(column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a date as text")
    return read_date(value)


def is_date(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        read_exact_date(value)
    except ValueError:
        return False
    return True


def date_text(value: Any) -> str:
    """Check the default of a date column, which stays as the client wrote it (observed)."""
    if not isinstance(value, str):
        raise ValueError("expected a date as text")
    read_exact_date(value)
    return value


def without_offset(text: str) -> str:
    """Return a stored date as the database's own text, which has no offset."""
    return text.replace("T", " ").removesuffix("+00:00")


# Points, lines and polygons


def store_json(value: Any, exact: bool = False) -> str:
    """Return the JSON text of a list, or of a point, line or polygon."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
