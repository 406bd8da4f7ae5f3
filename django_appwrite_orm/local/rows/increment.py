"""Increment and decrement of one column of one row.

Observed: the range of the column's SQL type applies, the column's own range does not. The response for
a row without a value is the step, and the row keeps null. An integer column shows a fraction in the response and stores
it rounded half to even.
"""

from __future__ import annotations

from typing import Any

from ..api.errors import AppwriteError, invalid_argument
from ..columns.column import Column
from ..columns.values import stored_range
from ..emulation.numbers import INT64, whole
from ..schema.models import Table
from .access import has_permission, unauthorized
from .context import RequestContext
from .repository import find_row, moment_after, update_row
from .serializers import permissions_of, show_row


def count_column(
    context: RequestContext, table: Table, id: str, key: str, step: int | float, bound: int | float | None
) -> tuple[dict[str, Any], str]:
    """Add ``step``, negative to decrement, up to ``bound``; return the row and its ``$updatedAt`` before.

    Raises ``column_not_found`` for a missing row too, ``attribute_type_invalid``, ``column_limit_exceeded``,
    ``user_unauthorized``.
    """
    if step == 0:
        raise invalid_argument("value", "the step must be above 0")
    column = table.by_key.get(key)
    stored = find_row(context.session, table, id, table.plain)
    if column is None or stored is None:
        raise AppwriteError("column_not_found", "There is no such row or column.")
    if not has_permission(context.caller, table, "update", permissions_of(stored)):
        raise unauthorized()
    if not column.kind.is_number or column.array:
        raise AppwriteError("attribute_type_invalid", "Only a number can be incremented.")
    present = stored[5 + table.plain.index(column)]
    result = (present or 0) + step
    if bound is not None and (result > bound if step > 0 else result < bound):
        raise AppwriteError("column_limit_exceeded", f"The value would pass its limit of {bound}.")
    moment = moment_after(stored[3], context.moment)
    row = show_row(table, table.plain, stored, context.view) | {"$updatedAt": moment}
    if present is None:
        update_row(context.session, table, stored[0], {}, {"updated": moment})
        return row | {key: whole(result)}, stored[3]
    value = _storable(column, present, step)
    update_row(context.session, table, stored[0], {}, {"updated": moment}, computed={key: value})
    exact = result if not column.kind.is_whole or INT64[0] <= result <= INT64[1] else float(result)
    return row | {key: whole(exact)}, stored[3]


def _storable(column: Column, present: int | float, step: int | float) -> int | float:
    """Return the sum as the database stores it.

    It computes with doubles: above 2**53 the last digits are lost, and 2**63 becomes the largest integer (observed).
    Raises ``column_limit_exceeded`` where the column has too few bits.
    """
    value = float(present) + float(step)
    if not column.kind.is_whole:
        return value
    low, high = stored_range(column)
    rounded = round(value)
    if rounded == high + 1 == 2**63:
        return high
    if not low <= rounded <= high:
        raise AppwriteError("column_limit_exceeded", "The value would pass what the column can hold.")
    return rounded
