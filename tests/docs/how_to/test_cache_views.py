"""The views of the guide are cached, revalidated and invalidated as it says."""

from __future__ import annotations

from typing import Any

from django.test import Client

from django_appwrite_orm.contrib.testing import assert_num_appwrite_requests
from tests.support.guides import Guide

PAGE = "how-to/cache-views.md"


def lamp(guide: Guide) -> Any:
    return guide.rows("Product").create(name="Lamp", price="9.50")


def test_the_headers_are_those_that_curl_shows(guide: Guide) -> None:
    lamp(guide)
    shown = [line for line in guide.block("curl").text.splitlines() if line.startswith("X-Cache")]
    seen = []
    for _ in range(2):
        response = guide.get("/products/")
        seen += [f"{name}: {response[name]}" for name in ("X-Cache-Status", "X-Cache-Table")]
    assert seen == shown


def test_a_change_shows_at_once(guide: Guide) -> None:
    product = lamp(guide)
    guide.get("/products/")
    product.name = "Lantern"
    product.save()
    response = guide.get("/products/")
    assert (response["X-Cache-Status"], response.json()["products"][0]["name"]) == ("MISS", "Lantern")


def test_a_browser_gets_a_304_until_a_change(guide: Guide, monkeypatch: Any) -> None:
    product = lamp(guide)
    for path in ("/products/", "/catalogue/"):
        guide.get(path)
        first = guide.get(path)
        assert first["Cache-Control"] == "private, no-cache"
        assert guide.get(path, if_none_match=first["ETag"]).status_code == 304
        product.save()
        # The view without names of tables compares what it shows, which is the same.
        assert guide.get(path, if_none_match=first["ETag"]).status_code == (304 if path == "/products/" else 200)
    guide.get("/catalogue/")
    tag = guide.get("/catalogue/")["ETag"]
    monkeypatch.setattr(guide.module("shop.views"), "products", None)  # which the view calls
    with assert_num_appwrite_requests(0):
        assert guide.get("/catalogue/", if_none_match=tag).status_code == 304


def test_a_public_page(guide: Guide) -> None:
    lamp(guide)
    assert guide.get("/front/")["Cache-Control"] == "public, max-age=60"


def test_users_share_rows_and_no_pages(guide: Guide) -> None:
    from django.contrib.auth.models import User

    lamp(guide)
    pages = []
    for name in ("ada", "bob"):
        client = Client()
        client.force_login(User.objects.create_user(name))
        pages.append(client.get("/account/"))
    assert [page.json() for page in pages] == [{"user": "ada", "cheapest": "Lamp"}, {"user": "bob", "cheapest": "Lamp"}]
    assert {page["Cache-Control"] for page in pages} == {"private, no-cache"}
    assert pages[0]["ETag"] != pages[1]["ETag"]


def test_the_fragment_follows_the_rows(guide: Guide) -> None:
    product = lamp(guide)
    assert "<li>Lamp: 9.50</li>" in guide.get("/list/").content.decode()
    with assert_num_appwrite_requests(0):
        assert guide.get("/list/")["X-Cache-Status"] == "HIT"
    product.price = 8
    product.save()
    assert "<li>Lamp: 8.00</li>" in guide.get("/list/").content.decode()


def test_a_fresh_read_and_a_cleared_table(guide: Guide) -> None:
    lamp(guide)
    for _ in range(2):
        with assert_num_appwrite_requests(1):
            assert guide.get("/audit/")["X-Cache-Status"] == "BYPASS"
    guide.get("/products/")
    done, warning = guide.command("python manage.py clear_appwrite shop.Product").splitlines()
    assert done in guide.block("clear_appwrite").text
    assert "local to one process" in warning
    assert guide.get("/products/")["X-Cache-Status"] == "MISS"
