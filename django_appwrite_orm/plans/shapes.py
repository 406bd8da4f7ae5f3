"""What an answer has to look like to be one, so that what reads it need not ask.

A proxy's page in JSON, or a server that is no Appwrite, answers well-formed nonsense.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Shape = Callable[[Any], bool]


def any_object(data: Any) -> bool:
    return isinstance(data, dict)


def entity(data: Any) -> bool:
    """A row, a transaction: something with an id."""
    return isinstance(data, dict) and isinstance(data.get("$id"), str)


def listing(data: Any) -> bool:
    """Rows, and how many there are in all."""
    return summary(data) and all(map(entity, data["rows"]))


def summary(data: Any) -> bool:
    """Rows that need not be a table's, such as sums."""
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list):
        return False
    total = data.get("total")
    return isinstance(total, int) and not isinstance(total, bool) and all(map(any_object, data["rows"]))


def version(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("version"), str)
