"""Parameters of statements, as SQLite takes them."""

from __future__ import annotations

import sqlite3
from typing import Any

from django.db import DataError, ProgrammingError


def adapted(value: Any) -> Any:
    """Return a parameter as SQLite takes it. Raises DataError or ProgrammingError for one it does not take."""
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise DataError(f"{value} is beyond the 64 bits of a whole number.")
        return int(value)
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise DataError("A text has half a surrogate pair, which is not valid in UTF-8.") from None
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    try:
        return sqlite3.adapt(value, sqlite3.PrepareProtocol)
    except sqlite3.ProgrammingError:
        raise ProgrammingError(f"A value of type {type(value).__name__} cannot be compared in a query.") from None
