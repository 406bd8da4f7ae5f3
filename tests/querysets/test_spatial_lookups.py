"""Filters on points, lines and polygons."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.gis.measure import D
from django.core.exceptions import FieldError, ValidationError
from django.db.models import Q

from django_appwrite_orm import QuerySet, Table, columns
from django_appwrite_orm.exceptions import NotSupportedError
from tests.support.costs import counted
from tests.support.tables import prepare

BERLIN, PARIS, QUITO = (13.4, 52.5), (2.35, 48.85), (-78.5, -0.2)
SQUARE = ((0.0, 0.0), (0.0, 10.0), (10.0, 10.0), (10.0, 0.0), (0.0, 0.0))
HOLE = ((4.0, 4.0), (4.0, 6.0), (6.0, 6.0), (6.0, 4.0), (4.0, 4.0))


class Site(Table):
    at = columns.Point()
    way = columns.Line()
    area = columns.Polygon()

    class Meta:
        name = "sites"


@pytest.fixture(autouse=True)
def sites() -> None:
    prepare(Site)
    Site.objects.bulk_create(
        [
            Site(id="berlin", at=BERLIN, way=[(0, 0), (10, 10)], area=[SQUARE]),
            Site(id="paris", at=PARIS, way=[(-5, 5), (5, 5)], area=[SQUARE, HOLE]),
            Site(id="quito", at=QUITO, way=[(20, 20), (30, 30)]),
            Site(id="none"),
        ]
    )


@pytest.mark.parametrize(
    ("lookups", "found", "others"),
    [
        ({"at": PARIS}, "paris", "berlin quito"),
        ({"at__distance_lt": (PARIS, D(km=900))}, "berlin paris", "quito"),
        ({"at__distance_lte": (PARIS, D(m=0))}, "paris", "berlin quito"),
        ({"at__distance_gt": (PARIS, D(mi=1000))}, "quito", "berlin paris"),
        ({"at__distance_gte": (PARIS, D(m=0))}, "berlin paris quito", ""),
        ({"at__distance_lt": (PARIS, 12)}, "berlin paris", "quito"),  # degrees
        ({"way__distance_gt": ([(0, 1), (0, 9)], 0)}, "berlin quito", "paris"),
        ({"area__contains": (5, 5)}, "berlin", "paris"),
        ({"area__intersects": [(4.5, 4.5), (5.5, 5.5)]}, "berlin", "paris"),
        ({"area__touches": (10, 10)}, "berlin paris", ""),
        ({"way__crosses": [SQUARE]}, "paris", "berlin quito"),
        ({"area__overlaps": [[(x + 5, y + 5) for x, y in SQUARE]]}, "berlin paris", ""),
    ],
)
def test_rows_that_each_spatial_lookup_matches(lookups: dict[str, Any], found: str, others: str) -> None:
    assert sorted(Site.objects.filter(**lookups).values_list("id", flat=True)) == found.split()
    (column,) = {lookup.partition("__")[0] for lookup in lookups}
    there = {f"{column}__isnull": False}
    for excluded in (Site.objects.filter(**there).exclude(**lookups), Site.objects.exclude(**lookups).filter(**there)):
        assert sorted(excluded.values_list("id", flat=True)) == others.split()


@pytest.mark.parametrize("column", ["at", "way", "area"])
def test_rows_with_a_value_are_found_by_their_distance(column: str) -> None:
    """Appwrite answers isNotNull on these columns with 500."""
    assert {row.pk for row in Site.objects.filter(**{f"{column}__isnull": False})} == {
        row.pk for row in Site.objects.all() if getattr(row, column) is not None
    }
    assert "Null" not in str(Site.objects.filter(**{f"{column}__isnull": False}).filters[0])


@pytest.mark.parametrize(
    "query",
    [
        Q(at__isnull=True),
        ~Q(at__isnull=False),
        ~Q(area__contains=(5, 5)),
        ~Q(at=PARIS) | Q(id="berlin"),
        Q(way__isnull=False) & ~Q(area__contains=(5, 5)),
        ~Q(at__distance_lt=(PARIS, 12)),
    ],
)
def test_rows_without_a_value_cannot_be_found(query: Q) -> None:
    with counted() as costs:
        for ask in (list, QuerySet.count, QuerySet.exists, QuerySet.delete):
            with pytest.raises(NotSupportedError, match=r"add a Boolean column"):
                ask(Site.objects.filter(query))
    assert costs.requests == []


def test_a_required_shape_is_never_null() -> None:
    class Landmark(Table):
        at = columns.Point(required=True)

        class Meta:
            name = "landmarks"

    prepare(Landmark)
    Landmark.objects.create(id="eiffel", at=PARIS)
    with counted() as costs:
        assert list(Landmark.objects.filter(at__isnull=True)) == []
    assert costs.requests == []
    assert [row.pk for row in Landmark.objects.filter(at__isnull=False)] == ["eiffel"]
    assert [row.pk for row in Landmark.objects.exclude(at=BERLIN)] == ["eiffel"]


@pytest.mark.parametrize(
    ("lookups", "message"),
    [
        ({"at": 5}, "Expected a point"),
        ({"at": (181, 0)}, "A longitude must be from -180 to 180"),
        ({"area__contains": [[(0, 0), (1, 1)]]}, "at least 4 points"),
        ({"at__distance_lt": PARIS}, "Expected a point"),
        ({"at__distance_lt": (PARIS,)}, "Expected a pair"),
        ({"at__distance_lt": (PARIS, "5 km")}, "Expected a distance"),
        ({"at__distance_lt": (PARIS, -1)}, "Expected a distance"),
        ({"at__distance_lt": (PARIS, 10**400)}, "Expected a distance"),
        ({"way__distance_lt": (PARIS, D(km=5))}, "two points only"),
        ({"at__distance_lt": ([PARIS, BERLIN], D(km=5))}, "two points only"),
    ],
)
def test_invalid_shapes_are_refused(lookups: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Site.objects.filter(**lookups)


def test_a_lookup_of_another_kind_is_refused() -> None:
    with pytest.raises(FieldError, match="has no lookup 'lt'"):
        Site.objects.filter(at__lt=PARIS)
