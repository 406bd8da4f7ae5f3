"""The bytes that columns take of a row on MariaDB, of 65,535. Observed as ``bytesUsed``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .column import Column

MAX_ROW_BYTES: Final = 65_535
_SYSTEM_COLUMNS: Final = 1_067
_POINTER: Final = 20  # to a value kept outside the row
_MAX_IN_ROW: Final = 16_381  # characters of a text


def row_width(columns: Iterable[Column]) -> int:
    """Return the width of a table's rows, in bytes."""
    return _SYSTEM_COLUMNS + sum(column.width for column in columns)


def fixed(width: int) -> Callable[[Column], int]:
    """Return the width function of a kind whose values take ``width`` bytes; a list is kept outside the row."""
    return lambda column: _POINTER if column.array else width


outside_row: Final = fixed(_POINTER)


def text_width(column: Column) -> int:
    """Return the width of a text of up to ``column.size`` characters."""
    if column.array or column.size > _MAX_IN_ROW:
        return _POINTER
    return column.size * 4 + (1 if column.size <= 255 else 2)


def integer_width(column: Column) -> int:
    """Return the width of an integer of 32 or 64 bits."""
    return _POINTER if column.array else 4 if column.narrow else 8
