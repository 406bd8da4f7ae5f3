"""Increment and decrement of one column of one row.

Observed: the column's own range does not count, what its SQL type holds does; a row without a value answers the
step and stays without; an integer column answers a fraction and stores it rounded half to even.
"""

from __future__ import annotations

from typing import Any, Final

from ..catalogue.models import NUMBER_TYPES, Column, Table
from ..protocol.errors import AppwriteError, invalid_argument
from ..values.numbers import whole
from .access import may, unauthorized
from .show import permissions_of, show_row
from .stored import find_row, moment_after, update_row
from .work import Work

_INT32: Final = (-(2**31), 2**31 - 1)
_INT64: Final = (-(2**63), 2**63 - 1)


def count_column(
    work: Work, table: Table, id: str, key: str, step: int | float, bound: int | float | None
) -> tuple[dict[str, Any], str]:
    """Add ``step`` (negative to decrement); ``bound`` is the value not to go beyond. The row, and the date of its
    change before this one.

    Raises ``column_not_found`` for a missing row too, ``attribute_type_invalid``, ``column_limit_exceeded``,
    ``user_unauthorized``.
    """
    if step == 0:
        raise invalid_argument("value", "the step must be above 0")
    column = table.by_key.get(key)
    stored = find_row(work.session, table, id, table.plain)
    if column is None or stored is None:
        raise AppwriteError("column_not_found", "There is no such row or column.")
    if not may(work.caller, table, "update", permissions_of(stored)):
        raise unauthorized()
    if column.type not in NUMBER_TYPES or column.array:
        raise AppwriteError("attribute_type_invalid", "Only a number can be counted.")
    present = stored[5 + table.plain.index(column)]
    answer = (present or 0) + step
    if bound is not None and (answer > bound if step > 0 else answer < bound):
        raise AppwriteError("column_limit_exceeded", f"The value would pass its limit of {bound}.")
    moment = moment_after(stored[3], work.moment)
    row = show_row(table, table.plain, stored, work.view) | {"$updatedAt": moment}
    if present is None:
        update_row(work.session, table, stored[0], {}, {"updated": moment})
        return row | {key: whole(answer)}, stored[3]
    value = _storable(column, answer)
    update_row(work.session, table, stored[0], {}, {"updated": moment}, computed={key: value})
    exact = answer if column.type == "double" or _fits_int64(answer) else float(answer)
    return row | {key: whole(exact)}, stored[3]


def _fits_int64(value: int | float) -> bool:
    return _INT64[0] <= value <= _INT64[1]


def _storable(column: Column, value: int | float) -> int | float:
    """What the SQL type keeps of a result. Raises ``column_limit_exceeded`` where 32 bits are too few."""
    if column.type == "double":
        return float(value)
    rounded = round(value)
    if column.options.get("narrow") and not _INT32[0] <= rounded <= _INT32[1]:
        raise AppwriteError("column_limit_exceeded", "The value would pass what the column can hold.")
    return max(_INT64[0], min(_INT64[1], rounded))
