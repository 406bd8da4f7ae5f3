"""Column values in their three forms: as a client sends them, as responses show them, as SQLite stores them.

``accept`` converts the first to the second and refuses what the column does not hold; ``store`` converts the second
to the third, ``show`` back. A list is stored as JSON.
"""

from __future__ import annotations

import json
from typing import Any

from .column import Column
from .values import store_json


def accept(column: Column, value: Any) -> Any:
    """Return the value as responses show it. Raises ``ValueError`` for what the column does not hold."""
    kind = column.kind
    if not column.array:
        return kind.accept(column, value)
    if isinstance(value, dict) and list(value) == [str(position) for position in range(len(value))]:
        value = list(value.values())  # PHP does not distinguish a list from such an object
    if not isinstance(value, list):
        raise ValueError("expected a list")
    return [None if item is None and not column.required else kind.accept(column, item) for item in value]


def store(column: Column, value: Any, *, exact: bool = False) -> Any:
    """Return the SQLite value for an accepted one; ``exact`` for a result of the database, which keeps all digits."""
    if value is None:
        return None
    return store_json(value) if column.array else column.kind.store(value, exact)


def show(column: Column, stored: Any) -> Any:
    """Return the value that a response shows for a stored one; an unset list is shown as an empty one."""
    if stored is None:
        return [] if column.array else None
    kind = column.kind
    return [kind.cast(item) for item in json.loads(stored)] if column.array else kind.show(stored)
