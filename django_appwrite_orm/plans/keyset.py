"""Keyset pagination: the condition for the page after a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .clauses import Clause, conjunction, disjunction
from .splitting import fits

BY_SEQUENCE = (Clause("orderAsc", "$sequence"),)


def beyond(order: Sequence[Clause], last: Mapping[str, Any], is_comparable: Callable[[str], bool]) -> Clause | None:
    """Return the condition for the rows after `last` in this order; None where there is no such condition.

    The order ends in the sequence, as the server's does. There is no condition for a random order, and none for a
    column that is not `is_comparable`, such as a float: Appwrite shows 14 of its digits only.
    """
    condition = Clause("greaterThan", "$sequence", (str(last["$sequence"]),))
    for clause in reversed(order):
        key, descending = clause.attribute, clause.method == "orderDesc"
        comparison = "lessThan" if descending else "greaterThan"
        if key == "$sequence":
            condition = Clause(comparison, key, (str(last[key]),))
        elif key is None or not is_comparable(key) or key not in last:
            return None
        elif last[key] is None:  # nulls come first ascending and last descending
            further = [] if descending else [Clause("isNotNull", key)]
            condition = disjunction([*further, conjunction([Clause("isNull", key), condition])])
        else:
            further = [Clause(comparison, key, (last[key],))]
            if descending and not key.startswith("$"):
                further.append(Clause("isNull", key))
            condition = disjunction([*further, conjunction([Clause("equal", key, (last[key],)), condition])])
    return condition if fits(condition) else None
