"""Filters on points, lines and polygons, under the names that GeoDjango has for them."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import ValidationError

from ...exceptions import NotSupportedError
from ...plans import EVERYTHING, NOTHING, Clause, conjunction, disjunction
from ...tables import Row
from ...tables.columns.spatial import Point, Spatial, place

_RELATIONS = {
    "exact": "equal",
    "contains": "contains",
    "crosses": "crosses",
    "intersects": "intersects",
    "overlaps": "overlaps",
    "touches": "touches",
}
_DISTANCES = {
    "distance_lt": ("distanceLessThan",),
    "distance_lte": ("distanceLessThan", "distanceEqual"),  # Appwrite has no word for both
    "distance_gt": ("distanceGreaterThan",),
    "distance_gte": ("distanceGreaterThan", "distanceEqual"),
}
PLACE_LOOKUPS = (*_RELATIONS, *_DISTANCES)


def place_clause(column: Spatial[Any], lookup: str, value: Any) -> Clause:
    """The clause for one of PLACE_LOOKUPS. `value` is a point, line or polygon; for a distance a pair of one and
    how far: a number of degrees, or GeoDjango's `D(km=5)`. Raises ValidationError."""
    try:
        if lookup in _RELATIONS:
            return Clause(_RELATIONS[lookup], column.key, (place(value),))
        asked = _distance(column, value)
    except ValidationError as error:
        raise ValidationError({column.name: error.messages}) from None
    return disjunction(Clause(method, column.key, (asked,)) for method in _DISTANCES[lookup])


def without_null_tests(table: type[Row], clause: Clause, present: frozenset[str] = frozenset()) -> Clause:
    """The same condition without `isNull` and `isNotNull` on points, lines and polygons, which Appwrite 1.9.6 answers
    with 500 (observed). A value is there if its distance to some point is 0 or more; nothing finds the rows without
    one, so that what asks for them raises NotSupportedError.

    `present` are the columns that have a value in every row that is asked for.
    """
    places = table._meta.spatial
    if not places:
        return clause
    parts = clause.values or ()
    if clause.method == "and":
        present |= {str(one.attribute) for one in parts if one.method == "isNotNull"}
        return conjunction(without_null_tests(table, one, present) for one in parts)
    if clause.method == "or":
        return disjunction(without_null_tests(table, one, present) for one in parts)
    if clause.method not in ("isNull", "isNotNull") or clause.attribute not in places:
        return clause
    column, is_null = places[clause.attribute], clause.method == "isNull"
    if column.required:
        return NOTHING if is_null else EVERYTHING
    if not is_null:
        somewhere = ((0.0, 0.0), 0.0, False)
        return disjunction(
            Clause(method, column.key, (somewhere,)) for method in ("distanceEqual", "distanceGreaterThan")
        )
    if clause.attribute in present:
        return NOTHING
    raise NotSupportedError(
        f"{table.__name__}.{column.name}: Appwrite 1.9.6 cannot find the rows without a point, line or polygon, which"
        f" isnull=True asks for, and so does exclude(). Add filter({column.name}__isnull=False) to exclude() to leave"
        " them out, or keep a Boolean column beside it that says whether there is one."
    )


def _distance(column: Spatial[Any], value: Any) -> tuple[Any, float, bool]:
    """From where, how far, and whether in metres."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValidationError("Expected a pair: a point, line or polygon, and how far.")
    there, far = place(value[0]), getattr(value[1], "m", value[1])
    if isinstance(far, bool) or not isinstance(far, (int, float)) or not 0 <= far <= sys.float_info.max:
        raise ValidationError(f"Expected a distance, a number of degrees or D(km=5), not {value[1]!r}.")
    in_metres = far is not value[1]
    if in_metres and not (isinstance(column, Point) and isinstance(there[0], float)):
        raise ValidationError("Appwrite measures metres between two points alone. Give a number of degrees.")
    return there, float(far), in_metres
