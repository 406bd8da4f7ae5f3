"""Filters on points, lines and polygons, under the names that GeoDjango has for them."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import ValidationError

from ...plans import Clause, disjunction
from ...tables.columns import Column
from ...tables.columns.spatial import Point, place

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
    "distance_lte": ("distanceLessThan", "distanceEqual"),  # Appwrite has no method for both
    "distance_gt": ("distanceGreaterThan",),
    "distance_gte": ("distanceGreaterThan", "distanceEqual"),
}


def place_clause(column: Column, lookup: str, value: Any) -> Clause:
    """Return the clause for one of SHAPE_LOOKUPS. Raises ValidationError.

    `value` is a point, line or polygon; for a distance a pair of a shape and a number of degrees or GeoDjango's
    `D(km=5)`.
    """
    try:
        if lookup in _RELATIONS:
            return Clause(_RELATIONS[lookup], column.key, (place(value),))
        distance = _distance(column, value)
    except ValidationError as error:
        raise ValidationError({column.name: error}) from None
    return disjunction(Clause(method, column.key, (distance,)) for method in _DISTANCES[lookup])


def _distance(column: Column, value: Any) -> tuple[Any, float, bool]:
    """Return the shape, the distance, and whether it is in metres."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValidationError("Expected a pair: a point, line or polygon, and a distance.")
    there, far = place(value[0]), getattr(value[1], "m", value[1])
    if isinstance(far, bool) or not isinstance(far, (int, float)) or not 0 <= far <= sys.float_info.max:
        raise ValidationError(f"Expected a distance, a number of degrees or D(km=5), not {value[1]!r}.")
    in_metres = far is not value[1]
    if in_metres and not (isinstance(column, Point) and isinstance(there[0], float)):
        raise ValidationError("Appwrite measures distances in metres between two points only. Use a number of degrees.")
    return there, float(far), in_metres
