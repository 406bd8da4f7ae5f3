"""All airports in pages, the search by several conditions, and adding, changing and deleting an airport."""

from __future__ import annotations

import re

import pytest
from django.test import Client

GOOD = {
    "code": "xy_1",
    "iata": "xy1",
    "name": "A Strip",
    "city": "",
    "region": "",
    "country": "FJ",
    "elevation": "12.5",
    "latitude": "-17.5",
    "longitude": "178",
    "timezone": "Pacific/Fiji",
}


@pytest.fixture
def browser(airports) -> Client:
    return Client()


def airport(code: str):
    from airports.tables import Airport

    return Airport.objects.get(code=code)


def count(country: str) -> int:
    from airports.tables import Country

    return Country.objects.get(code=country).airports


def opened(browser: Client, code: str) -> dict[str, str]:
    """The values of the form as a browser would send them unchanged."""
    form = browser.get(f"/airports/{code}/edit/").context["form"]
    return {field.name: "" if field.value() is None else str(field.value()) for field in form}


def test_links_lead_through_all_airports_and_back(browser: Client, airports) -> None:
    path, codes, pages = "/airports/all/", [], 0
    while path:
        page = browser.get(path)
        codes += [row.code for row in page.context["page"].rows]
        pages += 1
        following = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        path = following and f"/airports/all/{following[1]}"
    assert sorted(codes) == sorted(row.code for row in airports)
    assert pages == -(-len(airports) // 50)
    back = browser.get(f"/airports/all/?before={codes[60]}").context["page"]
    assert [row.code for row in back.rows] == codes[10:60]
    assert (back.before, back.after) == (codes[10], codes[59])


def test_a_country_that_is_too_long_to_be_one_is_an_error_of_its_field(browser: Client) -> None:
    page = browser.get("/airports/search/", {"country": "x" * 5000})
    assert (page.status_code, list(page.context["form"].errors)) == (400, ["country"])


def test_conditions_of_a_search_hold_together(browser: Client, airports) -> None:
    query = {"country": "US", "lowest": "1000", "highest": "3000", "order": "-elevation"}
    page = browser.get("/airports/search/", query)
    expected = [a for a in airports if a.country == "US" and 1000 <= a.elevation <= 3000]
    assert page.context["page"].paginator.count == len(expected) > 0
    elevations = [row.elevation for row in page.context["page"]]
    assert elevations == sorted(elevations, reverse=True)


def test_links_to_further_pages_keep_the_conditions(browser: Client) -> None:
    page = browser.get("/airports/search/", {"lowest": "0", "order": "elevation"}).content.decode()
    assert 'href="?lowest=0&amp;order=elevation&amp;page=2"' in page


@pytest.mark.parametrize(
    ("query", "field"),
    [({"lowest": "high"}, "lowest"), ({"country": "XX"}, "country"), ({"order": "code"}, "order")],
)
def test_a_condition_that_makes_no_sense_is_reported_beside_its_field(browser: Client, query, field: str) -> None:
    page = browser.get("/airports/search/", query)
    assert page.status_code == 400
    assert list(page.context["form"].errors) == [field]
    swapped = browser.get("/airports/search/", {"lowest": "5", "highest": "4"})
    assert list(swapped.context["form"].errors) == ["highest"]


def test_an_airport_is_added_and_counted(browser: Client, airports) -> None:
    before = count("FJ")
    assert browser.get("/airports/add/?country=FJ").context["form"]["country"].value() == "FJ"
    added = browser.post("/airports/add/", GOOD)
    assert (added.status_code, added["Location"]) == (302, "/airports/XY_1/")
    row = airport("XY_1")
    assert (row.iata, row.city, row.elevation, row.country) == ("XY1", None, 12.5, "FJ")
    assert count("FJ") == before + 1


def test_a_code_that_is_taken_adds_nothing(browser: Client, airports) -> None:
    before = count("FJ")
    refused = browser.post("/airports/add/", {**GOOD, "code": "kjfk"})
    assert refused.status_code == 400
    assert refused.context["form"].errors == {"code": ["There is an airport with this code already."]}
    assert count("FJ") == before


def test_all_errors_stand_beside_their_fields(browser: Client) -> None:
    bad = {**GOOD, "code": "a b", "iata": "x", "name": "", "country": "XX", "latitude": "91", "longitude": "west"}
    refused = browser.post("/airports/add/", bad)
    assert refused.status_code == 400
    assert sorted(refused.context["form"].errors) == ["code", "country", "iata", "latitude", "longitude", "name"]


def test_an_airport_is_changed(browser: Client) -> None:
    browser.get("/airports/KJFK/")
    values = opened(browser, "KJFK")
    assert browser.post("/airports/KJFK/edit/", {**values, "name": "Idlewild", "city": ""}).status_code == 302
    assert "Idlewild" in browser.get("/airports/KJFK/").content.decode()
    assert airport("KJFK").city is None


def test_moving_an_airport_to_another_country_changes_both_counts(browser: Client) -> None:
    before = count("US"), count("FJ")
    moved = browser.post("/airports/KJFK/edit/", {**opened(browser, "KJFK"), "country": "FJ"})
    assert moved.status_code == 302
    assert (count("US"), count("FJ")) == (before[0] - 1, before[1] + 1)


def test_an_airport_that_was_changed_meanwhile_is_not_overwritten(browser: Client) -> None:
    values = opened(browser, "KJFK")
    other = airport("KJFK")
    other.city = "Queens"
    other.save()
    refused = browser.post("/airports/KJFK/edit/", {**values, "city": "Brooklyn"})
    assert refused.status_code == 400
    assert "Somebody has changed this airport" in refused.content.decode()
    assert airport("KJFK").city == "Queens"


def test_text_that_appwrite_would_execute_is_refused_beside_its_field(browser: Client) -> None:
    operator = '{"method": "increment", "values": [1]}'
    refused = browser.post("/airports/KJFK/edit/", {**opened(browser, "KJFK"), "city": operator})
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["city"])


def test_an_airport_is_deleted_after_a_question(browser: Client) -> None:
    before = count("US")
    assert "Delete it" in browser.get("/airports/KJFK/delete/").content.decode()
    assert browser.post("/airports/KJFK/delete/")["Location"] == "/airports/country/US/"
    assert browser.get("/airports/KJFK/").status_code == 404
    assert count("US") == before - 1


def test_changes_need_the_token_of_their_form(airports) -> None:
    browser = Client(enforce_csrf_checks=True)
    for path in ("/airports/add/", "/airports/KJFK/edit/", "/airports/KJFK/delete/"):
        assert browser.post(path, GOOD).status_code == 403
    assert airport("KJFK").name


@pytest.mark.parametrize("path", ["/airports/XXXX/edit/", "/airports/XXXX/delete/"])
def test_what_is_not_there_is_not_changed(browser: Client, path: str) -> None:
    assert browser.get(path).status_code == browser.post(path, GOOD).status_code == 404
