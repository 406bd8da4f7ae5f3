"""`bulk_update()`: a CASE with a constant for each primary key, read as the values of single rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.expressions import Case, Col, Value, When
from django.db.models.functions import Cast
from django.db.models.lookups import Exact

from ..columns import column_of, saved_constant
from ..keys import key_of


def constants_by_row(
    expressions: Sequence[tuple[Any, Any]], connection: Any
) -> dict[str, list[tuple[Any, Any]]] | None:
    """Return the values of each row by its id, as pairs of a field and what it gives a database.

    None where an expression is something else than a CASE over primary keys.
    """
    rows: dict[str, list[tuple[Any, Any]]] = {}
    for field, expression in expressions:
        case = expression.source_expressions[0] if isinstance(expression, Cast) else expression
        if type(case) is not Case or not _is_null(case.default):
            return None
        seen: set[str] = set()
        for when in case.cases:
            row_id = _row_id(when)
            if row_id is None or not isinstance(when.result, Value):
                return None
            if row_id not in seen:  # the first that matches counts
                rows.setdefault(row_id, []).append((field, saved_constant(field, when.result, connection)))
            seen.add(row_id)
    return rows if all(len(values) == len(expressions) for values in rows.values()) else None


def _is_null(default: Any) -> bool:
    return isinstance(default, Value) and default.value is None


def _row_id(when: When) -> str | None:
    """Return the id of the row that a condition is about, if it compares the primary key with a constant."""
    condition: Any = when.condition
    children: Any = condition.children if getattr(condition, "connector", "AND") == "AND" else ()
    if condition.negated or len(children) != 1 or not isinstance(children[0], Exact):
        return None
    lookup = children[0]
    if not isinstance(lookup.lhs, Col) or not lookup.lhs.target.primary_key or not lookup.rhs_is_direct_value():
        return None
    column, key = column_of(lookup.lhs.target), key_of(lookup.lhs.target)
    raw = column.encode(lookup.rhs)
    return key.row_id(raw) if key.has_column else str(raw)
