"""Numbers as PHP and MariaDB give them back."""

from __future__ import annotations


def whole(value: int | float) -> int | float:
    """JSON as PHP encodes it: a float without a fraction loses its ".0"."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def stored_digits(value: float) -> float:
    """A double as a later read shows it: with 14 significant digits (observed; creation answers exactly)."""
    return float(f"{value:.14g}")
