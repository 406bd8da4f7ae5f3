"""How many of a row's 65,535 bytes a column takes on MariaDB. Observed as ``bytesUsed``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..schema.models import RELATIONSHIP, SPATIAL_TYPES, Column

MOST_BYTES: Final = 65_535
EMPTY_ROW: Final = 1_067  # the system columns
_POINTER: Final = 20  # a text kept outside the row, or a list
_LONGEST_IN_ROW: Final = 16_381
_WIDE_FROM: Final = 2**31 - 1


def row_width(columns: Iterable[Column]) -> int:
    """The width of a table's rows, in bytes."""
    return EMPTY_ROW + sum(map(column_width, columns))


def column_width(column: Column) -> int:
    if column.type == RELATIONSHIP:
        return 1_021
    if column.array or column.type in ("text", "mediumtext", "longtext"):
        return _POINTER
    if column.type in ("string", "varchar"):
        if column.size > _LONGEST_IN_ROW:
            return _POINTER
        return column.size * 4 + (1 if column.size <= 255 else 2)
    if column.type == "integer":
        return 4 if column.options.get("narrow") else 8
    if column.type in SPATIAL_TYPES:
        return 25 if column.type == "point" else _POINTER
    return {"bigint": 8, "double": 8, "boolean": 1, "datetime": 7}[column.type]
