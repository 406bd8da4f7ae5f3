"""The products API of the caching guide, and what it answers to bad input."""

from __future__ import annotations

import json

import pytest
from django.test import Client

GOOD = {"name": "A Thing", "price": 7.5, "category": "games"}


@pytest.fixture
def api(products) -> Client:
    return Client()


def post(api: Client, body, content_type: str = "application/json"):
    return api.post(
        "/products", body if isinstance(body, (str, bytes)) else json.dumps(body), content_type=content_type
    )


def names(api: Client) -> list[str]:
    return [product["name"] for product in api.get("/products").json()]


def test_the_list_has_every_product_and_is_cached(api: Client, products) -> None:
    assert len(names(api)) == len(products)
    assert api.get("/products")["X-Cache-Status"] == "HIT"


def test_create_is_seen_at_once(api: Client) -> None:
    names(api)
    created = post(api, GOOD)
    assert created.status_code == 201
    assert created.json()["stock"] == 0
    assert api.get("/products")["X-Cache-Status"] == "MISS"
    assert "A Thing" in names(api)
    assert api.get(f"/products/{created.json()['id']}").json()["name"] == "A Thing"


def test_refresh_reads_past_the_cache(api: Client, products) -> None:
    names(api)
    assert api.post("/products/refresh").json() == {"message": "Cache refreshed", "count": len(products)}
    assert api.post("/products/refresh")["X-Cache-Status"] == "MISS"
    assert api.get("/products")["X-Cache-Status"] == "HIT"
    assert api.get("/products/refresh").status_code == 405


@pytest.mark.parametrize("address", ["/products", "/products/refresh", "/shop/add/"])
@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""]
)
def test_what_another_site_can_make_a_browser_send_changes_nothing(products, address: str, content_type: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    for headers in ({}, {"Origin": "https://elsewhere.example"}):
        answer = browser.post(address, json.dumps(GOOD), content_type=content_type, headers=headers)
        assert answer.status_code in (403, 415)
        assert answer.get("X-Cache-Status") is None  # nothing was read or written


def test_a_program_needs_no_token_to_refresh(products) -> None:
    program = Client(enforce_csrf_checks=True)
    answer = program.post("/products/refresh", content_type="application/json")
    assert answer.json() == {"message": "Cache refreshed", "count": len(products)}


def test_no_token_is_needed(products) -> None:
    assert post(Client(enforce_csrf_checks=True), GOOD).status_code == 201


@pytest.mark.parametrize("product_id", ["nowhere", "a" * 40, "_x", "..", "%00", "a b"])
def test_an_unknown_id(api: Client, product_id: str) -> None:
    response = api.get(f"/products/{product_id}")
    assert response.status_code == 404
    assert response.json() == {"error": "There is no such product."}


@pytest.mark.parametrize(
    ("body", "columns"),
    [
        ("{", ["__all__"]),
        (" ", ["__all__"]),
        ("[1]", ["__all__"]),
        ('"text"', ["__all__"]),
        (b"\xff\xfe", ["__all__"]),
        ("[" * 100_000, ["__all__"]),
        ('{"name": "x", "category": "games", "price": NaN}', ["__all__"]),
        ('{"name": "x", "category": "games", "price": 1e999}', ["price"]),
        ({}, ["category", "name", "price"]),
        ({**GOOD, "price": "7.5"}, ["price"]),
        ({**GOOD, "price": -1}, ["price"]),
        ({**GOOD, "price": None}, ["price"]),
        ({**GOOD, "name": 5}, ["name"]),
        ({**GOOD, "name": "x" * 81}, ["name"]),
        ({**GOOD, "name": "a\0b"}, ["name"]),
        ({**GOOD, "stock": 1.5}, ["stock"]),
        ({**GOOD, "stock": True}, ["stock"]),
        ({**GOOD, "category": "cars"}, ["category"]),
        ({**GOOD, "tags": "new"}, ["tags"]),
        ({**GOOD, "tags": ["x" * 25]}, ["tags"]),
        ({**GOOD, "colour": "red"}, ["colour"]),
        ({**GOOD, "id": "mine", "$id": "mine", "pk": "mine"}, ["$id", "id", "pk"]),
        ({"price": -1, "category": "cars", "colour": "red"}, ["category", "colour", "name", "price"]),
    ],
)
def test_a_bad_body_is_refused_by_column_and_nothing_written(api: Client, products, body, columns: list[str]) -> None:
    response = post(api, body)
    assert response.status_code == 400
    errors = response.json()["errors"]
    assert sorted(errors) == columns
    assert all(isinstance(text, str) for messages in errors.values() for text in messages)
    assert len(names(api)) == len(products)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"]
)
def test_another_content_type(api: Client, products, content_type: str) -> None:
    """Those a page of another site can make a browser send without asking."""
    response = post(api, json.dumps(GOOD), content_type)
    assert response.status_code == 415
    assert "Content-Type: application/json" in response.json()["errors"]["__all__"][0]
    assert len(names(api)) == len(products)


def test_a_body_that_is_too_large(api: Client, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert post(api, {**GOOD, "description": "x" * 2000}).status_code == 413


def test_a_name_that_is_taken(api: Client) -> None:
    assert post(api, GOOD).status_code == 201
    again = post(api, GOOD)
    assert (again.status_code, list(again.json()["errors"])) == (409, ["name"])
    assert names(api).count("A Thing") == 1


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods(api: Client, method: str) -> None:
    assert getattr(api, method)("/products").status_code == 405
