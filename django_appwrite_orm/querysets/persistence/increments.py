"""Updates with operators, on tables where Appwrite fails to apply them.

Observed on Appwrite 1.9.6: where a table has an encrypted column, a point, a line or a polygon, an update of a row
that holds an operator is applied and then refused with 500, so that repeating it counts twice; a transaction with
one stays `committing`. The increment route works there, and the increment of a transaction is the same code.
"""

from __future__ import annotations

import json

from ...exceptions import NotSupportedError
from ...plans import IncrementRow, UpdateRow
from ...tables import Row
from ...tables.validation import has_operators

_SIGNS = {"increment": 1, "decrement": -1}


def operator_obstacles(table: type[Row]) -> list[str]:
    """Return the columns because of which Appwrite fails on updates with operators."""
    meta = table._meta
    return [column.name for column in meta.columns.values() if column.encrypted or column.key in meta.spatial]


def workable(table: type[Row], plan: UpdateRow) -> UpdateRow | IncrementRow:
    """Return the same change as a plan that Appwrite carries out. Raises NotSupportedError without one."""
    if not has_operators(plan.data) or not operator_obstacles(table):
        return plan
    if len(plan.data) == 1 and plan.permissions is None:
        operator = json.loads(next(iter(plan.data.values())))
        match operator.get("values"):
            case [value] if value and operator["method"] in _SIGNS:
                return IncrementRow(plan.table, plan.row_id, plan.data, _SIGNS[operator["method"]] * value)
    raise NotSupportedError(_refusal(table))


def _refusal(table: type[Row]) -> str:
    obstacles = ", ".join(operator_obstacles(table))
    reason = (
        f"{table.__name__} has an encrypted or spatial column ({obstacles}), and Appwrite 1.9.6 applies an update with"
        " an operator to such a row and then responds with 500."
    )
    if table._meta.version is not None:
        return f"{reason} Remove the Version column {table._meta.version.name}."
    return (
        f"{reason} Only an addition to one number column works, without other changes: update(n=F('n') + 1). Otherwise"
        " read the row, change it, and call save(if_unchanged=True)."
    )
