"""The REST API of the shop: pages, 304, errors, who may write, and the browsable pages."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from rest_framework.test import APIClient

from django_appwrite_orm.contrib.testing import assert_num_appwrite_requests

HTML = {"accept": "text/html"}


@pytest.fixture
def api(products) -> APIClient:
    return APIClient(SERVER_NAME="localhost")


def all_pages(api: APIClient, path: str) -> list[dict]:
    rows = []
    while path:
        page = api.get(path).json()
        rows += page["results"]
        path = page["next"]
    return rows


@pytest.mark.parametrize("ordering", ["name", "-price", "stock"])
def test_links_lead_through_all_products(api: APIClient, products, ordering: str) -> None:
    rows = all_pages(api, f"/api/products/?ordering={ordering}&size=4")
    assert len({row["id"] for row in rows}) == len(rows) == len(products)
    key = ordering.lstrip("-")
    values = [float(row[key]) if key == "price" else row[key] for row in rows]
    if key != "name":  # the order of texts is that of the server
        assert values == sorted(values, reverse=ordering.startswith("-"))


@pytest.mark.parametrize("path", ["/api/products/", "/api/makers/", "/api/tags/", "/api/reviews/", "/api/orders/"])
def test_cold_warm_and_304(api: APIClient, path: str) -> None:
    first = api.get(path)
    assert (first.status_code, first["X-Cache-Status"]) == (200, "MISS")
    with assert_num_appwrite_requests(0):
        second = api.get(path)
        again = api.get(path, headers={"If-None-Match": second["ETag"]})
    assert (second["X-Cache-Status"], again.status_code, again.content) == ("HIT", 304, b"")


def test_a_product_is_made_changed_and_deleted(api: APIClient, products) -> None:
    made = api.post("/api/products/", {"name": "A Thing", "price": "7.50", "category": "games"}, format="json")
    assert (made.status_code, made.json()["maker_name"]) == (201, None)
    address = f"/api/products/{made.json()['id']}/"
    maker = api.get("/api/makers/").json()["results"][0]
    changed = api.patch(address, {"stock": 3, "maker": maker["id"]}, format="json")
    assert (changed.json()["stock"], changed.json()["maker_name"]) == (3, maker["name"])
    assert "A Thing" in [row["name"] for row in all_pages(api, "/api/products/")]
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


def test_errors_by_field(api: APIClient, products) -> None:
    bad = {"name": products[0].name, "price": "-1", "category": "cars"}
    refused = api.post("/api/products/", bad, format="json")
    assert (refused.status_code, sorted(refused.json())) == (400, ["category", "name", "price"])


def test_a_maker_with_products_stays(api: APIClient, products) -> None:
    maker = next(product.maker_id for product in products if product.maker_id)
    assert api.delete(f"/api/makers/{maker}/").status_code == 409


def test_orders_are_for_reading(api: APIClient) -> None:
    assert api.post("/api/orders/", {"customer": "x"}, format="json").status_code == 405


@pytest.mark.parametrize(
    "environ",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_FORWARDED": "for=192.0.2.7"},
        {"HTTP_VIA": "1.1 proxy"},
        {"SERVER_NAME": "shop.example"},
    ],
)
def test_others_than_this_machine_may_only_read(api: APIClient, settings, environ: dict) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert api.get("/api/tags/", **environ).status_code == 200
    assert api.post("/api/tags/", {"name": "evil"}, format="json", **environ).status_code == 403
    assert "evil" not in [row["name"] for row in api.get("/api/tags/").json()["results"]]


def test_the_staff_may_write_from_anywhere(api: APIClient) -> None:
    from django.contrib.auth.models import User

    staff = User.objects.create_user("editor", password="-", is_staff=True)
    somebody = User.objects.create_user("somebody", password="-")
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    for user, status in ((staff, 201), (somebody, 403)):
        api.force_authenticate(user)
        assert api.post("/api/tags/", {"name": user.username}, format="json", **elsewhere).status_code == status


def test_a_form_of_another_site_changes_nothing(products) -> None:
    browser = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    for headers in ({}, {"Origin": "https://elsewhere.example"}):
        refused = browser.post("/api/tags/", {"name": "evil"}, headers=headers)
        assert refused.status_code == 403
    text = browser.post("/api/tags/", '{"name": "evil"}', content_type="text/plain")
    assert text.status_code in (403, 415)


def test_browsable_pages_have_their_form_and_the_bar(products) -> None:
    browser = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    page = browser.get("/api/tags/", headers=HTML).content.decode()
    assert '<aside class="bar"' in page
    assert 'href="/code/tag-list/"' in page
    assert not re.search(r"<script>|<style|\son\w+=", page)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    made = browser.post("/api/tags/", {"name": "by a form", "csrfmiddlewaretoken": token}, headers=HTML)
    assert made.status_code == 201
    assert "TagViewSet" in browser.get("/code/tag-list/").content.decode()


@pytest.mark.parametrize("path", ["/api/", "/api/products/", "/api/orders/", "/api/nothing/"])
def test_every_page_has_a_browsable_form(api: APIClient, path: str) -> None:
    status = 404 if "nothing" in path else 200
    assert api.get(path, headers=HTML).status_code == status
