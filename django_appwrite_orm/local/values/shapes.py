"""Points, lines and polygons: ``[x, y]``, a list of points, a list of closed rings. Stored and given back."""

from __future__ import annotations

from typing import Any

from .numbers import whole


def accept_point(value: Any) -> list[int | float]:
    """Longitude and latitude. Raises ``ValueError``."""
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("a point is a list of two numbers")
    if any(isinstance(part, bool) or not isinstance(part, int | float) for part in value):
        raise ValueError("a point is a list of two numbers")
    x, y = value
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        raise ValueError("a point lies within -180..180 and -90..90")
    return [whole(x), whole(y)]


def accept_line(value: Any) -> list[list[int | float]]:
    """At least two points. Raises ``ValueError``."""
    if not isinstance(value, list) or len(value) < 2:
        raise ValueError("a line is a list of at least two points")
    return [accept_point(point) for point in value]


def accept_polygon(value: Any) -> list[list[list[int | float]]]:
    """One or more rings of at least four points, each ending where it starts. Raises ``ValueError``."""
    if not isinstance(value, list) or not value:
        raise ValueError("a polygon is a list of rings")
    if isinstance(value[0], list) and value[0] and not isinstance(value[0][0], list):
        value = [value]  # a single ring may come without its outer list
    rings = [accept_line(ring) for ring in value]
    if any(len(ring) < 4 or ring[0] != ring[-1] for ring in rings):
        raise ValueError("a ring has at least four points and ends where it starts")
    return rings
