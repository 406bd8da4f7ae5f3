"""Airports: countries, pages, search, one by one, and loading them."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.support.costs import counted


@pytest.fixture
def browser(airports) -> Client:
    return Client()


def test_countries_and_exact_counts(browser: Client, airports) -> None:
    page = browser.get("/airports/").content.decode()
    assert f"{len(airports)} airports and landing strips" in page
    assert '<a href="/airports/country/GB/">' in page


def test_the_index_may_be_kept_by_anybody(browser: Client) -> None:
    assert browser.get("/airports/")["Cache-Control"] == "public, max-age=60"
    assert browser.get("/airports/country/GB/")["Cache-Control"] == "private, no-cache"


def test_pages_of_a_country(browser: Client, airports) -> None:
    american = [airport for airport in airports if airport.country == "US"]
    codes: set[str] = set()
    pages = -(-len(american) // 50)
    for number in range(1, pages + 1):
        page = browser.get(f"/airports/country/US/?page={number}").context["page"]
        codes |= {airport.code for airport in page}
        assert page.paginator.count == len(american)
    assert codes == {airport.code for airport in american}
    assert browser.get("/airports/country/US/?page=2")["X-Cache-Status"] == "HIT"


@pytest.mark.parametrize("page", ["0", "-1", "99999", "x", "1e9", ""])
def test_pages_that_are_not_there_lead_to_one_that_is(browser: Client, page: str) -> None:
    assert browser.get("/airports/country/US/", {"page": page}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/airports/XXXX/",
        "/airports/country/XX/",
        "/airports/%00/",
        "/airports/a%2fb/",
        "/airports/" + "x" * 5000 + "/",
        "/airports/country/" + "x" * 5000 + "/",
    ],
)
def test_unknown_pages_are_404(browser: Client, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_a_code_that_is_no_appwrite_id(browser: Client) -> None:
    assert "<code>_AYM</code>" in browser.get("/airports/_AYM/").content.decode()


@pytest.mark.parametrize("words", ["heathrow", "LHR", "lhr", "EGLL", "London"])
def test_search(browser: Client, words: str) -> None:
    assert "/airports/EGLL/" in browser.get("/airports/search/", {"q": words}).content.decode()


@pytest.mark.parametrize(
    "words",
    [
        "",
        "   ",
        "\0",
        "zzzzqqqq",
        '"',
        "+-*()~<>@",
        "x" * 5000,
        "é",
        '{"method":"x"}',
        "a",
        "%",
        "\ufffd",
        "\u200b",
        "😀",
        "_",
    ],
)
def test_odd_searches_find_nothing_and_break_nothing(browser: Client, words: str) -> None:
    response = browser.get("/airports/search/", {"q": words})
    assert response.status_code == 200
    assert "<table>" not in response.content.decode() or response.context["page"].paginator.count


def test_warm_pages_ask_nothing(browser: Client) -> None:
    from django_appwrite_orm import warming

    done = list(warming.warm(warming.jobs()))
    assert {job.problem for job in done if job.label != "books"} == {None}
    with counted() as costs:
        for path in ("/", "/airports/", "/airports/country/US/", "/shop/", "/products"):
            assert browser.get(path)["X-Cache-Status"] == "HIT"
    assert costs.requests == []


def test_loading_goes_on_where_it_stopped(site, monkeypatch) -> None:
    from airports import source
    from airports.tables import Airport
    from demo import loading

    some = dict(list(source.airports().items())[:350])
    monkeypatch.setattr(source, "airports", lambda: _fresh(some))
    full = loading.load_samples()
    kept = [airport.code for airport in Airport.objects.all()]
    assert Airport.objects.filter(code__in=kept[100:220]).delete()[0] == 120
    with counted() as costs:
        assert loading.load_samples() == 120
    assert [request for request in costs.requests if request.startswith("POST")] == [
        "POST /tablesdb/example/tables/airports/rows"
    ] * 2
    assert sorted(airport.code for airport in Airport.objects.all()) == sorted(some)
    assert loading.load_samples() == 0
    assert full > 350


def _fresh(rows: dict) -> dict:
    """New rows with the same values, as reading the package again gives."""
    return {code: type(row)(**{name: getattr(row, name) for name in row._meta.columns}) for code, row in rows.items()}
