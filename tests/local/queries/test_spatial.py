"""Filters on points, lines and polygons: the rows they match, and those that are refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from django_appwrite_orm.local import LocalAppwrite
from tests.support.local_client import Client, query

BERLIN, PARIS, QUITO = [13.4, 52.5], [2.35, 48.85], [-78.5, -0.2]
SQUARE = [[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]]
HOLE = [[4, 4], [4, 6], [6, 6], [6, 4], [4, 4]]
COLUMNS: list[dict[str, Any]] = [
    {"key": "at", "type": "point"},
    {"key": "way", "type": "linestring"},
    {"key": "area", "type": "polygon"},
    {"key": "name", "type": "string", "size": 10},
]
ROWS = [
    {"$id": "a", "at": BERLIN, "way": [[0, 0], [10, 10]], "area": [SQUARE]},
    {"$id": "b", "at": PARIS, "way": [[-5, 5], [5, 5]], "area": [SQUARE, HOLE]},
    {"$id": "c", "at": QUITO, "way": [[20, 20], [30, 30]], "area": [[[x + 5, y + 5] for x, y in SQUARE]]},
    {"$id": "d"},
]


@pytest.fixture(scope="module")
def places() -> Iterator[tuple[Client, str]]:
    app = LocalAppwrite(":memory:")
    client = Client(app)
    rows = client.table(COLUMNS)
    client(f"POST {rows}", {"rows": ROWS})
    yield client, rows
    app.close()


MATCHES: list[tuple[Any, str]] = [
    (query("equal", "at", PARIS), "b"),
    (query("notEqual", "at", PARIS), "ac"),  # as with any null, a row without a point is in neither
    (query("isNull", "at"), "d"),
    (query("isNotNull", "at"), "abc"),
    (query("equal", "area", [SQUARE]), "a"),
    # 878 km as the crow flies
    (query("distanceLessThan", "at", [PARIS, 900_000, True]), "ab"),
    (query("distanceLessThan", "at", [PARIS, 850_000, True]), "b"),
    (query("distanceGreaterThan", "at", [PARIS, 900_000, True]), "c"),
    (query("distanceEqual", "at", [PARIS, 0, True]), "b"),
    (query("distanceNotEqual", "at", [PARIS, 0, True]), "ac"),
    # in degrees, and from any shape to any other
    (query("distanceLessThan", "at", [PARIS, 12, False]), "ab"),
    (query("distanceLessThan", "area", [[12, 0], 2.5, False]), "ab"),
    (query("distanceEqual", "way", [[[0, 1], [0, 9]], 0, False]), "b"),
    (query("contains", "area", [5, 5]), "a"),  # in the hole of b, on the corner of c
    (query("notContains", "area", [5, 5]), "bc"),
    (query("intersects", "area", [5, 5]), "ac"),
    (query("notIntersects", "area", [5, 5]), "b"),
    (query("touches", "area", [5, 5]), "c"),
    (query("notTouches", "area", [5, 5]), "ab"),
    (query("crosses", "way", [SQUARE]), "b"),
    (query("notCrosses", "way", [SQUARE]), "ac"),
    (query("notCrosses", "area", [SQUARE]), ""),  # an area crosses nothing, and cannot be asked whether it does not
    (query("notCrosses", "way", PARIS), ""),
    (query("overlaps", "area", [[[8, 8], [8, 20], [20, 20], [20, 8], [8, 8]]]), "abc"),
    (query("notOverlaps", "area", [SQUARE]), "ab"),
]


@pytest.mark.parametrize(("condition", "expected"), MATCHES)
def test_spatial_filters(places: tuple[Client, str], condition: Any, expected: str) -> None:
    client, rows = places
    response = client(f"GET {rows}", queries=[condition])
    assert "".join(row["$id"] for row in response["rows"]) == expected
    assert response["total"] == len(expected)


def test_spatial_filters_nest(places: tuple[Client, str]) -> None:
    client, rows = places
    both = {"method": "or", "values": [query("equal", "at", QUITO), query("contains", "area", [5, 5])]}
    assert [row["$id"] for row in client(f"GET {rows}", queries=[both])["rows"]] == ["a", "c"]


@pytest.mark.parametrize(
    "condition",
    [
        query("equal", "at"),
        query("equal", "at", PARIS, BERLIN),
        query("equal", "at", 5),
        query("equal", "at", [1]),
        query("equal", "at", [1, "2"]),
        query("equal", "at", [181, 0]),
        query("contains", "area", []),
        query("contains", "area", [[]]),
        query("contains", "area", [[[0, 0], [1, 1]]]),
        query("distanceLessThan", "at", PARIS, 5, True),
        query("distanceLessThan", "at", [PARIS, 5]),
        query("distanceLessThan", "at", [PARIS, "5", True]),
        query("distanceLessThan", "at", [PARIS, True, True]),
        query("distanceLessThan", "way", [PARIS, 5, True]),
        query("distanceLessThan", "at", [[PARIS, BERLIN], 5, True]),
        query("lessThan", "at", PARIS),
        query("search", "at", "x"),
        query("spatialEquals", "at", PARIS),
        query("crosses", "name", [[0, 0], [1, 1]]),
        query("distanceEqual", "name", [PARIS, 5, True]),
    ],
)
def test_invalid_spatial_filters_are_refused(places: tuple[Client, str], condition: Any) -> None:
    client, rows = places
    assert client.refusal(f"GET {rows}", queries=[condition]) == (400, "general_query_invalid")


def test_a_missing_shapely_is_named_in_the_error(places: tuple[Client, str], monkeypatch: pytest.MonkeyPatch) -> None:
    client, rows = places
    monkeypatch.setitem(sys.modules, "shapely", None)
    response = client.send(f"GET {rows}", queries=[query("equal", "at", PARIS)])
    assert response.status == 400
    assert b"pip install 'django-appwrite-orm[spatial]'" in response.body
