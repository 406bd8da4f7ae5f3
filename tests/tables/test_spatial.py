"""Points, lines and polygons: valid values, and their conversions."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import FieldError, ValidationError

from django_appwrite_orm import Table, columns
from tests.support.migrations import migrated
from tests.support.migrations import table as declared

RING = [(0, 0), (0, 2), (2, 2), (0, 0)]


class Place(Table):
    point = columns.Point()
    line = columns.Line()
    polygon = columns.Polygon()


def test_values_come_back_as_tuples_of_floats() -> None:
    place = declared("places", point=columns.Point(), line=columns.Line(), polygon=columns.Polygon())
    migrated(place)
    row = place.objects.create(point=[-180, 90], line=[(0, 0), [1, 1.5]], polygon=[RING, RING])
    found = place.objects.uncached().get(pk=row.id)
    assert found.point == (-180.0, 90.0)
    assert found.line == ((0.0, 0.0), (1.0, 1.5))
    assert found.polygon == (tuple(RING), tuple(RING))
    assert isinstance(found.point[0], float)
    found.full_clean()
    assert found._changes() == {}
    assert place.objects.create().point is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"point": (181, 0)}, "A longitude must be from -180 to 180, not 181."),
        ({"point": (0, -90.1)}, "A latitude must be from -90 to 90, not -90.1."),
        ({"point": (1,)}, r"Expected a point \(longitude, latitude\) of two numbers, not \(1,\)."),
        ({"point": ("1", 2)}, "of two numbers"),
        ({"point": (True, 2)}, "of two numbers"),
        ({"point": (float("nan"), 2)}, "of two numbers"),
        ({"point": "12"}, "of two numbers"),
        ({"point": (10**400, 2)}, "of two numbers"),
        ({"point": 5}, "of two numbers"),
        ({"line": [(0, 0)]}, "at least 2 points .* not 1"),
        ({"line": [1, 2]}, "of two numbers"),
        ({"line": "ab"}, "at least 2 points"),
        ({"polygon": []}, r"at least one ring \(a list of points\), not 0"),
        ({"polygon": RING}, "at least 4 points .* not 2"),
        ({"polygon": [RING[:3]]}, "at least 4 points .* not 3"),
        ({"polygon": [[*RING[:3], (1, 0)]]}, r"A ring must end where it starts: append \(0.0, 0.0\)."),
    ],
)
def test_invalid_values_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Place(**values).full_clean()


def test_unsupported_spatial_filters_are_refused_when_the_queryset_is_built() -> None:
    assert Place.objects.filter(point__isnull=True) is not None
    for lookup in ("point__gt", "line__in", "polygon__range"):
        with pytest.raises(FieldError, match="has no lookup"):
            Place.objects.filter(**{lookup: (1, 2)})
