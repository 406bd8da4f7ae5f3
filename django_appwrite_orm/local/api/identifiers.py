"""Ids and keys: 1 to 36 of A-Z, a-z, 0-9, ".", "-", "_", first a letter or digit (1.9.6)."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any, Final

UNIQUE: Final = "unique()"
_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}", re.ASCII)


def is_identifier(value: Any) -> bool:
    return isinstance(value, str) and _PATTERN.fullmatch(value) is not None


def unique_id() -> str:
    """Return a new id of 20 hexadecimal digits: microseconds of the clock, then random ones."""
    return f"{time.time_ns() // 1000:013x}"[-13:] + secrets.token_hex(4)[:7]


def folded_id(value: str) -> str:
    """Return an id or key for comparison: letter case is ignored (observed for all of them)."""
    return value.upper()
