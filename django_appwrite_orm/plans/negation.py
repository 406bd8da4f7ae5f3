"""The opposite of a condition, which keeps rows with nulls as Django's `exclude()` does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .clauses import EVERYTHING, NOTHING, Clause, conjunction, disjunction

_OPPOSITE = {
    "equal": "notEqual",
    "lessThan": "greaterThanEqual",
    "greaterThan": "lessThanEqual",
    "between": "notBetween",
    "isNull": "isNotNull",
    "contains": "notContains",
    "startsWith": "notStartsWith",
    "endsWith": "notEndsWith",
    "search": "notSearch",
    "crosses": "notCrosses",
    "intersects": "notIntersects",
    "overlaps": "notOverlaps",
    "touches": "notTouches",
    "distanceEqual": "distanceNotEqual",
    "follows": "followsNot",  # of relation filters and subqueries, which are resolved before anything is sent
}
_OPPOSITE |= {opposite: method for method, opposite in _OPPOSITE.items()}
# Appwrite has no "at most this distance": the opposite of "greater than" takes two methods.
_OTHER_DISTANCES = {
    "distanceLessThan": ("distanceEqual", "distanceGreaterThan"),
    "distanceGreaterThan": ("distanceEqual", "distanceLessThan"),
}


def negation(clause: Clause, nullable: Callable[[str], bool]) -> Clause:
    """Return the condition for every row that `clause` leaves out, nulls included.

    Appwrite's negated methods skip rows with a null in the attribute, as SQL does; Django's `exclude()` keeps them. So
    the result also matches nulls of attributes for which `nullable` returns True. Raises ValueError for a method
    without an opposite.
    """
    if clause in (EVERYTHING, NOTHING):
        return NOTHING if clause == EVERYTHING else EVERYTHING
    values = clause.values or ()
    if clause.method in ("and", "or"):
        opposites = [negation(part, nullable) for part in values]
        return disjunction(opposites) if clause.method == "and" else conjunction(opposites)
    if clause.method in ("containsAny", "containsAll"):
        items = [Clause("contains", clause.attribute, (value,)) for value in values]
        return negation(disjunction(items) if clause.method == "containsAny" else conjunction(items), nullable)
    if clause.method not in _OPPOSITE | _OTHER_DISTANCES or clause.attribute is None:
        raise ValueError(f"Appwrite has no opposite of {clause.method!r}")
    if clause.method in _OTHER_DISTANCES:
        others = _OTHER_DISTANCES[clause.method]
        opposite = disjunction(Clause(method, clause.attribute, clause.values) for method in others)
    elif clause.method in ("isNull", "isNotNull"):
        return Clause(_OPPOSITE[clause.method], clause.attribute)
    else:
        method = _OPPOSITE[clause.method]
        # notEqual takes one value only
        parts = [(value,) for value in values] if method == "notEqual" else [clause.values]
        opposite = conjunction(replace(clause, method=method, values=part) for part in parts)
    return disjunction([opposite, Clause("isNull", clause.attribute)]) if nullable(clause.attribute) else opposite
