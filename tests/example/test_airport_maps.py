"""Maps and charts of airports: where things are drawn, and what the pages cost."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from django.test import Client

from django_appwrite_orm.contrib.testing import assert_num_appwrite_requests
from tests.support.costs import counted

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def browser(airports) -> Client:
    return Client()


def dots(path: str) -> list[tuple[int, int]]:
    """The places of the dots that a path of `m3 -2h0` draws."""
    x = y = 0
    places = []
    for across, down in re.findall(r"m(-?\d+) (-?\d+)h0", path):
        x, y = x + int(across), y + int(down)
        places.append((x, y))
    return places


def test_the_world_map_has_a_dot_where_an_airport_is(browser: Client, airports) -> None:
    svg = ET.fromstring(browser.get("/airports/map.svg").content)
    drawn = dots(svg.find(f"{SVG}path").get("d"))
    # 1000 units across 360 degrees, of which each end of the rounding may take another one.
    places = [((airport.longitude + 180) / 0.36, (90 - airport.latitude) / 0.36) for airport in airports]
    assert all(any(abs(x - left) < 0.6 and abs(y - top) < 0.6 for left, top in drawn) for x, y in places)
    assert all(any(abs(x - left) < 0.6 and abs(y - top) < 0.6 for x, y in places) for left, top in drawn)


def test_the_world_map_is_drawn_once_and_then_kept_by_the_browser(browser: Client) -> None:
    browser.get("/airports/map.svg")
    first = browser.get("/airports/map.svg")
    assert first["Content-Type"] == "image/svg+xml"
    with assert_num_appwrite_requests(0):
        again = browser.get("/airports/map.svg", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_changed_airport_moves_its_dot(browser: Client, airports) -> None:
    before = browser.get("/airports/map.svg")
    moved = airports[0]
    moved.latitude, moved.longitude = -60.0, -170.0
    moved.save()
    after = browser.get("/airports/map.svg", headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert (28, 417) in dots(after.content.decode())


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/airports/", 10),  # a count for each elevation
        ("/airports/map.svg", 1),
        ("/airports/country/US/", 4),
        ("/airports/all/", 1),
        ("/airports/all/?after=K", 1),
        ("/airports/search/?q=London&lowest=10&order=-elevation&country=GB&iata=on", 4),
        ("/airports/KJFK/", 6),
        ("/airports/add/", 1),
        ("/airports/KJFK/edit/", 2),
        ("/airports/KJFK/delete/", 1),
    ],
)
def test_a_page_asks_little_when_cold_and_nothing_when_warm(browser: Client, path: str, most: int) -> None:
    with counted() as cold:
        assert browser.get(path).status_code == 200
    assert 0 < len(cold.requests) <= most
    with assert_num_appwrite_requests(0):
        assert browser.get(path)["X-Cache-Status"] == "HIT"


def test_charts_are_tables_of_all_airports(browser: Client, airports) -> None:
    page = browser.get("/airports/").content.decode()
    chart = page[page.index("Airports by elevation") :].split("</table>")[0]
    counts = [int(number) for number in re.findall(r'class="number">(\d+)<', chart)]
    assert sum(counts) == len(airports)
    assert counts[0] == sum(airport.elevation < 0 for airport in airports)
    assert counts[-1] == sum(airport.elevation >= 8000 for airport in airports)


def test_a_country_on_the_date_line_is_not_as_wide_as_the_world(browser: Client) -> None:
    from airports.geo import box_around

    fiji = box_around([(-18.0, 177.4), (-16.8, -179.9), (-16.5, 179.3)])
    assert fiji.width < 4
    assert fiji.x(-179.9) > fiji.x(179.3) > fiji.x(177.4) > 0


def test_nearest_airports_are_the_nearest(browser: Client, airports) -> None:
    from airports.geo import distance_km

    for code in ("KJFK", "EGLL", airports[0].code):
        here = next(airport for airport in airports if airport.code == code)
        place = here.latitude, here.longitude
        others = [airport for airport in airports if airport.code != code]
        others.sort(key=lambda other: distance_km(place, (other.latitude, other.longitude)))
        nearest = browser.get(f"/airports/{code}/").context["nearest"]
        assert [other.code for other, _ in nearest] == [other.code for other in others[:8]]


def test_distances() -> None:
    from airports.geo import distance_km

    assert round(distance_km((40.6399, -73.7787), (51.4706, -0.461941))) == 5540  # New York to London
    assert distance_km((0, 179), (0, -179)) == pytest.approx(distance_km((0, 0), (0, 2)))


def test_pages_without_data_say_so(site) -> None:
    browser = Client()
    assert "None yet" in browser.get("/airports/").content.decode()
    assert browser.get("/airports/map.svg").status_code == 200
    assert "No airport comes after that" in browser.get("/airports/all/").content.decode()
