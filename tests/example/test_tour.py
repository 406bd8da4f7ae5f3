"""The frame of the example: the bar, the code of pages, error pages, security headers."""

from __future__ import annotations

import re

import django
import pytest
from django.test import Client

from tests.support.costs import counted


@pytest.fixture
def browser(products) -> Client:
    return Client(enforce_csrf_checks=True)


def bar_in(page: str) -> str:
    """The text of the bar, without markup."""
    (bar,) = re.findall(r'<aside class="bar".*?</aside>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", bar).split())


def test_the_bar_says_what_was_read_and_what_that_saved(browser: Client) -> None:
    with counted() as cold:
        first = bar_in(browser.get("/shop/").content.decode())
    with counted() as warm:
        second = bar_in(browser.get("/shop/").content.decode())
    assert first.startswith("From Appwrite")
    assert f"{len(cold.requests)} request" in first
    assert "Reload the page" in first
    assert warm.requests == []
    assert second.startswith("All from the cache")
    assert "0 requests to Appwrite" in second
    assert re.search(r"saved \d+\.\d ms", second)
    assert "Reload" not in second


def test_the_bar_tells_the_cache_from_that_of_the_process(browser: Client) -> None:
    from django_appwrite_orm.connection import connections

    browser.get("/shop/makers/")
    connections.reset()  # with what this process holds, but not the cache
    assert "shop_maker cache 0" in re.sub(r"\d+\.\d+ ", "", bar_in(browser.get("/shop/makers/").content.decode()))
    assert "cache of the process" in bar_in(browser.get("/shop/makers/").content.decode())


def test_reads_at_the_same_time_count_once_in_the_time_of_all(site) -> None:
    from tour.bar import elapsed_ms

    from django_appwrite_orm.signals.observers import Activity

    times = [(10.0, 2.0), (11.0, 2.0), (10.5, 0.5), (20.0, 1.0), (30.0, None)]
    assert elapsed_ms(Activity("read", "", "default", started=start, duration=took) for start, took in times) == 4000
    assert elapsed_ms([]) == 0


def test_a_join_of_tables_that_are_cached_is_not_from_appwrite(browser: Client, products) -> None:
    address = f"/shop/{products[0].pk}/"
    browser.get(f"{address}edit/")  # reads the same tags by another query
    reads = bar_in(browser.get(address).content.decode())
    assert re.search(r"shop_product_tags, shop_tag cache, computed here \d+\.\d+ 0 ", reads)


def test_a_page_that_a_304_confirms_does_not_ask_for_a_reload(browser: Client) -> None:
    browser.get("/shop/add/")  # has the cookie of forms set, which the page of the API varies by
    page = browser.get("/api/products/", headers={"Accept": "text/html"})
    bar = bar_in(page.content.decode())
    assert "a 304 keeps this copy" in bar
    assert "Reload the page" not in bar
    again = browser.get("/api/products/", headers={"Accept": "text/html", "If-None-Match": page["ETag"]})
    assert again.status_code == 304


def test_a_hit_on_what_this_process_never_fetched_saves_an_unknown_time(browser: Client) -> None:
    from tour.fetch_times import fetch_times

    browser.get("/shop/")
    fetch_times.forget()
    assert "not known yet" in bar_in(browser.get("/shop/").content.decode())


def test_the_times_of_the_latest_reads_are_kept(site, monkeypatch) -> None:
    from tour import fetch_times as module

    from django_appwrite_orm.signals.observers import Activity

    monkeypatch.setattr(module, "LIMIT", 2)
    times = module.FetchTimes()
    reads = [Activity("read", plan, "default", status="MISS", duration=1.0) for plan in ("a", "b", "a", "c")]
    for read in reads:
        times.ended(read)
    assert [times.of(read) for read in reads] == [1.0, None, 1.0, 1.0]


def test_a_page_without_reads_says_so(browser: Client) -> None:
    assert bar_in(browser.get("/nowhere/").content.decode()) == "This page reads nothing from Appwrite"


def test_a_browser_gets_a_304_until_the_source_changes(browser: Client) -> None:
    first = browser.get("/airports/search/?q=x")
    second = browser.get("/airports/search/?q=x", headers={"If-None-Match": first["ETag"]})
    third = browser.get("/airports/search/?q=x", headers={"If-None-Match": second["ETag"]})
    assert (second.status_code, third.status_code) == (200, 304)  # the bar of the first one says: from Appwrite


def test_each_page_of_this_project_has_its_code(browser: Client) -> None:
    from tour.code import _views

    assert {"home", "shop:products", "shop:add", "airports:index", "code"} <= set(_views())
    for name in _views():
        page = browser.get(f"/code/{name}/")
        assert page.status_code == 200, name
        assert page.context["parts"], name


def test_the_code_of_a_view_has_its_form_its_table_and_its_template(browser: Client) -> None:
    page = browser.get("/code/shop:add/")
    titles = [part.title for part in page.context["parts"]]
    assert titles[0] == "AddProduct"
    assert {"AddView", "ProductForm", "Product", "shop/form.html"} <= set(titles)
    assert all(not part.file.startswith(("/", "..")) for part in page.context["parts"])


def test_a_page_leads_to_its_code(browser: Client) -> None:
    assert 'href="/code/shop:products/"' in browser.get("/shop/").content.decode()
    assert "/code/" not in browser.get("/nowhere/").content.decode()


@pytest.mark.parametrize(
    "name",
    ["nowhere", "admin:index", "../config/settings.py", "config.settings", "shop:", "%00", "tour.code", "x" * 3000],
)
def test_code_of_anything_else_is_not_found(browser: Client, name: str) -> None:
    assert browser.get(f"/code/{name}/").status_code == 404


def test_what_is_not_there(browser: Client) -> None:
    response = browser.get("/nowhere/")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_a_form_without_its_token(browser: Client) -> None:
    response = browser.post("/shop/add/", {})
    assert response.status_code == 403
    assert "The form was not accepted" in response.content.decode()


def test_an_error_of_the_site(browser: Client, monkeypatch) -> None:
    monkeypatch.setattr("shop.views.products.Product", None)
    browser.raise_request_exception = False
    response = browser.get("/shop/")
    assert response.status_code == 500
    assert "An error of this site" in response.content.decode()


def test_an_unavailable_appwrite_has_a_page_of_the_site(browser: Client, settings) -> None:
    account = {"PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "example", "RETRIES": 0}
    settings.APPWRITE_ORM = {"default": {"ENDPOINT": "http://127.0.0.1:9/v1", **account}}
    response = browser.get("/shop/")
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    page = response.content.decode()
    assert "Appwrite cannot be reached" in page
    assert "127.0.0.1:9" not in page
    assert "failed" in bar_in(page)


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Django has this middleware since 6.0")
def test_scripts_and_styles_of_this_site_alone(browser: Client) -> None:
    assert "default-src 'self'" in browser.get("/")["Content-Security-Policy"]


def test_files_are_served_without_debug(browser: Client) -> None:
    for name in ("style.css", "bar.css"):
        response = browser.get(f"/static/{name}")
        assert response.status_code == 200
        assert b"--" in b"".join(response)
        response.close()
