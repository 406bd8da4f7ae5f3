"""Columns of points, lines and polygons on the earth, in degrees of longitude and latitude.

Values are tuples, so that they cannot be changed in place. The checks are those of Appwrite (observed on 1.9.6): a
longitude from -180 to 180, a latitude from -90 to 90, rings that end where they start.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ..kinds import KINDS
from .base import Column
from .coercion import plain
from .numbers import as_float
from .typing import Common, No, Value, Yes

PointValue = tuple[float, float]
LineValue = tuple[PointValue, ...]
PolygonValue = tuple[LineValue, ...]

Part = TypeVar("Part")

_LIMITS = (
    (180, _("A longitude must be from -180 to 180, not %(value)s.")),
    (90, _("A latitude must be from -90 to 90, not %(value)s.")),
)
_POINTS = _("Expected a list of at least %(min)d points (longitude, latitude), not %(found)s.")
_RINGS = _("Expected a list of at least one ring (a list of points), not %(found)s.")


class Spatial(Column[Value]):
    """Base of the three kinds. Appwrite has no arrays of them: it creates a single one instead, without an error."""

    def encode(self, value: Any) -> Any:
        return [self.encode(part) for part in value] if isinstance(value, tuple) else value

    def decode(self, raw: Any) -> Any:
        return tuple(self.decode(part) for part in raw) if isinstance(raw, list) else float(raw)


class Point(Spatial[Value]):
    """`(longitude, latitude)`, in degrees: a tuple of two floats."""

    kind = KINDS["point"]

    if TYPE_CHECKING:

        @overload
        def __init__(self: Point[PointValue], *, required: Yes, **options: Unpack[Common]) -> None: ...
        @overload
        def __init__(self: Point[PointValue | None], *, required: No = False, **options: Unpack[Common]) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def clean_one(self, value: Any) -> PointValue:
        return _point(value)


class Line(Spatial[Value]):
    """A tuple of two points or more, in order."""

    kind = KINDS["line"]

    if TYPE_CHECKING:

        @overload
        def __init__(self: Line[LineValue], *, required: Yes, **options: Unpack[Common]) -> None: ...
        @overload
        def __init__(self: Line[LineValue | None], *, required: No = False, **options: Unpack[Common]) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def clean_one(self, value: Any) -> LineValue:
        return _line(value)


class Polygon(Spatial[Value]):
    """A tuple of rings: the outline first, then its holes.

    Each ring is a tuple of at least four points that ends where it starts.
    """

    kind = KINDS["polygon"]

    if TYPE_CHECKING:

        @overload
        def __init__(self: Polygon[PolygonValue], *, required: Yes, **options: Unpack[Common]) -> None: ...
        @overload
        def __init__(
            self: Polygon[PolygonValue | None], *, required: No = False, **options: Unpack[Common]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def clean_one(self, value: Any) -> PolygonValue:
        return _polygon(value)


def place(value: Any) -> PointValue | LineValue | PolygonValue:
    """Return a point, line or polygon, by the depth of its lists. Raises ValidationError."""
    value = plain(value)
    if not _is_sequence(value) or not value or not _is_sequence(value[0]):
        return _point(value)
    return _polygon(value) if value[0] and _is_sequence(value[0][0]) else _line(value)


def _point(value: Any) -> PointValue:
    numbers = [as_float(plain(number)) for number in value] if _is_sequence(value) and len(value) == 2 else []
    if not numbers or not all(map(_is_number, numbers)):
        message = _("Expected a point (longitude, latitude) of two numbers, not %(value)s.")
        raise ValidationError(message, code="invalid", params={"value": repr(value)})
    for number, (limit, message) in zip(numbers, _LIMITS, strict=True):
        if not -limit <= number <= limit:
            raise ValidationError(message, code="invalid", params={"value": repr(number)})
    return float(numbers[0]), float(numbers[1])


def _line(value: Any) -> LineValue:
    return _parts(value, _point, 2, _POINTS)


def _polygon(value: Any) -> PolygonValue:
    return _parts(value, _ring, 1, _RINGS)


def _ring(value: Any) -> LineValue:
    ring = _parts(value, _point, 4, _POINTS)
    if ring[0] != ring[-1]:
        params = {"point": repr(ring[0])}
        raise ValidationError(_("A ring must end where it starts: append %(point)s."), code="invalid", params=params)
    return ring


def _parts(value: Any, clean: Callable[[Any], Part], min_count: int, message: Any) -> tuple[Part, ...]:
    if not _is_sequence(value) or len(value) < min_count:
        found = len(value) if _is_sequence(value) else type(value).__name__
        raise ValidationError(message, code="invalid", params={"min": min_count, "found": found})
    return tuple(map(clean, value))


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _is_number(value: Any) -> bool:
    # A whole number may be too large to be a float at all.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
