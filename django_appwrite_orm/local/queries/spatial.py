"""Filters on points, lines and polygons: validation and SQL.

On these columns `equal` and `contains` are geometric too, and a value is one point, line or polygon (the SQL adapter
of Appwrite's database library).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..emulation.geometry import accept_geometry, is_point
from .fields import Field
from .parser import DISTANCES, LOGICAL, NULLS, SPATIAL_RELATIONS, Query

# The relation of each method.
_RELATIONS: Final = {"equal": "equals", "contains": "contains", **{name: name for name in SPATIAL_RELATIONS}}
_NEGATED: Final = {f"not{name.capitalize()}": relation for name, relation in _RELATIONS.items()}
_OPERATORS: Final = dict(zip(DISTANCES, ("=", "!=", ">", "<"), strict=True))


def check_spatial(query: Query, field: Field) -> None:
    """Validate a filter on a spatial column. Raises ``ValueError``."""
    if query.method in _OPERATORS:
        _distance(query, field)
    elif query.method in _RELATIONS or query.method in _NEGATED:
        if len(query.values) != 1:
            raise ValueError(f"`{query.method}` on `{field.name}` takes one point, line or polygon")
        accept_geometry(query.values[0])
    else:
        raise ValueError(f"`{field.name}` is spatial; `{query.method}` does not apply")


def compares_spatial_with_null(queries: Iterable[Query], fields: Mapping[str, Field]) -> bool:
    """Return whether validated filters, nested ones included, compare a spatial column with null."""
    return any(
        compares_spatial_with_null(query.values, fields)
        if query.method in LOGICAL
        else query.method in NULLS and fields[query.attribute].kind.is_spatial
        for query in queries
    )


def spatial_condition(query: Query, field: Field) -> tuple[str, list[Any]]:
    """Return the SQL of a validated filter, and its values. Rows without a value never match, negated or not."""
    if query.method in _OPERATORS:
        geometry, distance, meters = _distance(query, field)
        condition = f"spatial_distance({field.sql}, ?, ?) {_OPERATORS[query.method]} ?"
        return condition, [json.dumps(geometry), meters, distance]
    negated = _NEGATED.get(query.method)
    relation = negated or _RELATIONS[query.method]
    condition = f"{'NOT ' if negated else ''}spatial_relation(?, {field.sql}, ?)"
    return condition, [relation, json.dumps(accept_geometry(query.values[0]))]


def _distance(query: Query, field: Field) -> tuple[Any, float, bool]:
    """Return the geometry, the distance, and whether it is in metres."""
    operand = query.values[0] if len(query.values) == 1 else None
    if not isinstance(operand, list) or len(operand) != 3:
        raise ValueError(f"`{query.method}` takes a geometry, a distance and whether it is in metres")
    geometry, distance, meters = accept_geometry(operand[0]), operand[1], operand[2] is True
    if isinstance(distance, bool) or not isinstance(distance, int | float) or not math.isfinite(distance):
        raise ValueError(f"a distance of `{query.method}` is a number")
    if meters and not (field.kind.has_distance_in_metres and is_point(geometry)):
        raise ValueError("a distance in metres is between two points")
    return geometry, float(distance), meters
