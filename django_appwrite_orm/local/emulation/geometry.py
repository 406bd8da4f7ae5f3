"""Points, lines and polygons: their checks, and their relations as MariaDB's ST_ functions evaluate them.

Filters need shapely (GEOS), which is imported at first use: `pip install 'django-appwrite-orm[spatial]'`.
"""

from __future__ import annotations

import json
import math
import sqlite3
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from .numbers import whole

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


# Metres; the constant that Appwrite's database library gives to ST_DISTANCE_SPHERE.
EARTH_RADIUS: Final = 6_371_000


def accept_geometry(value: Any) -> Any:
    """Check a point, line or polygon of a filter, distinguished by the depth of its lists. Raises ``ValueError``."""
    try:
        import shapely  # noqa: F401
    except ImportError:
        message = "a spatial filter of the local Appwrite needs shapely: pip install 'django-appwrite-orm[spatial]'"
        raise ValueError(message) from None
    if isinstance(value, list) and value and isinstance(value[0], list):
        return accept_polygon(value) if value[0] and isinstance(value[0][0], list) else accept_line(value)
    return accept_point(value)


def is_point(value: Any) -> bool:
    """Return whether a checked geometry is a point."""
    return not isinstance(value[0], list)


def install(connection: sqlite3.Connection) -> None:
    """Define the two SQL functions that compiled filters call."""
    connection.create_function("spatial_relation", 3, _relation, deterministic=True)
    connection.create_function("spatial_distance", 3, _distance, deterministic=True)


def _relation(name: str, stored: str | None, operand: str) -> bool | None:
    """Return whether the stored geometry has the relation ``name`` to the operand.

    None where nothing is stored, and for a polygon or a point, which cannot cross; ``notCrosses`` does not find these
    either (MariaDB's manual).
    """
    if stored is None:
        return None
    geometry, operand_geometry = _geometry(stored), _geometry(operand)
    if name == "crosses" and (geometry.geom_type == "Polygon" or operand_geometry.geom_type == "Point"):
        return None
    return bool(getattr(geometry, name)(operand_geometry))


def _distance(stored: str | None, operand: str, meters: int) -> float | None:
    """Return the distance in the plane, in degrees; in ``meters``, that of two points on the sphere."""
    if stored is None:
        return None
    if not meters:
        return float(_geometry(stored).distance(_geometry(operand)))
    (x1, y1), (x2, y2) = (map(math.radians, json.loads(point)) for point in (stored, operand))
    half = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, half)))


@lru_cache(maxsize=256)
def _geometry(text: str) -> BaseGeometry:
    from shapely import LineString, Point, Polygon

    value = json.loads(text)
    if is_point(value):
        return Point(value)
    return Polygon(value[0], value[1:]) if isinstance(value[0][0], list) else LineString(value)


def accept_point(value: Any) -> list[int | float]:
    """Check a point: longitude and latitude. Raises ``ValueError``."""
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("a point is a list of two numbers")
    if any(isinstance(part, bool) or not isinstance(part, int | float) for part in value):
        raise ValueError("a point is a list of two numbers")
    x, y = value
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        raise ValueError("a point lies within -180..180 and -90..90")
    return [whole(x), whole(y)]


def accept_line(value: Any) -> list[list[int | float]]:
    """Check a line: two points or more. Raises ``ValueError``."""
    if not isinstance(value, list) or len(value) < 2:
        raise ValueError("a line is a list of at least two points")
    return [accept_point(point) for point in value]


def accept_polygon(value: Any) -> list[list[list[int | float]]]:
    """Check a polygon: rings of four points or more, each ending where it starts. Raises ``ValueError``."""
    if not isinstance(value, list) or not value:
        raise ValueError("a polygon is a list of rings")
    if isinstance(value[0], list) and value[0] and not isinstance(value[0][0], list):
        value = [value]  # a single ring may come without its outer list
    rings = [accept_line(ring) for ring in value]
    if any(len(ring) < 4 or ring[0] != ring[-1] for ring in rings):
        raise ValueError("a ring has at least four points and ends where it starts")
    return rings
