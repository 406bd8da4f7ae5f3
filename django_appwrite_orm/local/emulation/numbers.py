"""Numbers as PHP and MariaDB return them."""

from __future__ import annotations

from typing import Final

INT32: Final = (-(2**31), 2**31 - 1)
INT64: Final = (-(2**63), 2**63 - 1)
LARGEST_DOUBLE: Final = 1.7976931348623157e308


def whole(value: int | float) -> int | float:
    """Return a number as PHP encodes it: a float without a fraction loses its ".0"."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def stored_digits(value: float) -> float:
    """Return a double as a later read shows it: with 14 significant digits (observed)."""
    return float(f"{value:.14g}")
