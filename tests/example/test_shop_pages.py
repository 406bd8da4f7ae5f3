"""The shop as pages: list, detail, the form and its errors."""

from __future__ import annotations

import re

import pytest
from django.test import Client

GOOD = {"name": "A Thing", "price": "7.5", "stock": "3", "category": "games", "tags": "new, odd ,", "description": ""}


@pytest.fixture
def browser(products) -> Client:
    return Client(enforce_csrf_checks=True)


def submit(browser: Client, **values: str):
    page = browser.get("/shop/add/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token is not None
    return browser.post("/shop/add/", {**GOOD, **values, "csrfmiddlewaretoken": token[1]})


def test_list_and_its_status_for_people(browser: Client) -> None:
    first, second = (browser.get("/shop/") for _ in range(2))
    assert "Cello Alone" in first.content.decode()
    assert '<span class="source is-miss">From Appwrite</span>' in first.content.decode()
    assert '<span class="source is-hit">All from the cache</span>' in second.content.decode()
    assert (first["X-Cache-Status"], second["X-Cache-Status"]) == ("MISS", "HIT")


def test_products_are_filtered_by_category(browser: Client) -> None:
    page = browser.get("/shop/?category=music").content.decode()
    assert "Cello Alone" in page
    assert "Pocket Go" not in page
    assert browser.get("/shop/?category=cars").status_code == 404


def test_a_product_and_an_unknown_one(browser: Client, products) -> None:
    assert products[0].name in browser.get(f"/shop/{products[0].id}/").content.decode()
    assert browser.get("/shop/nowhere/").status_code == 404


def test_add(browser: Client) -> None:
    browser.get("/shop/")
    response = submit(browser)
    assert response.status_code == 302
    assert "A Thing" in browser.get(response["Location"]).content.decode()
    assert "A Thing" in browser.get("/shop/").content.decode()
    (added,) = [row for row in browser.get("/products").json() if row["name"] == "A Thing"]
    assert (added["price"], added["stock"], added["tags"]) == (7.5, 3, ["new", "odd"])


def test_all_errors_stand_beside_their_fields_at_once(browser: Client, products) -> None:
    response = submit(browser, name="", price="-3", stock="many", tags="x" * 30, category="cars")
    assert response.status_code == 400
    fields = response.content.decode().split('<div class="field">')[1:]
    wrong = [re.search(r'for="id_(\w+)"', field)[1] for field in fields if "errorlist" in field]
    assert wrong == ["name", "price", "stock", "category", "tags"]
    assert "At least 0, not -3.0." in fields[1]
    assert len(browser.get("/products").json()) == len(products)


def test_a_name_that_is_taken(browser: Client) -> None:
    submit(browser)
    response = submit(browser)
    assert response.status_code == 400
    assert "There is a product of this name already." in response.content.decode()


def test_the_form_needs_its_token(browser: Client, products) -> None:
    assert browser.post("/shop/add/", GOOD).status_code == 403
    assert len(browser.get("/products").json()) == len(products)


def test_text_stays_text(browser: Client) -> None:
    response = submit(browser, name="<script>alert(1)</script>", description='"><img src=x>')
    page = browser.get(response["Location"]).content.decode()
    assert "<script>" not in page
    assert "<img" not in page


@pytest.mark.parametrize("path", ["/", "/shop/", "/shop/add/", "/airports/", "/airports/search/?q=x"])
def test_no_inline_style_or_script(browser: Client, path: str) -> None:
    page = browser.get(path).content.decode()
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)


def test_the_front_page_reads_two_tables(browser: Client) -> None:
    assert browser.get("/")["X-Cache-Table"] == "products, countries"
    assert browser.get("/")["X-Cache-Status"] == "HIT"


def test_an_appwrite_that_is_gone(browser: Client, settings) -> None:
    account = {"PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "example", "RETRIES": 0}
    settings.APPWRITE_ORM = {"default": {"ENDPOINT": "http://127.0.0.1:9/v1", **account}}
    assert browser.get("/shop/").status_code == 503
    refused = browser.get("/products", headers={"accept": "application/json"})
    assert (refused.status_code, list(refused.json())) == (503, ["error"])
