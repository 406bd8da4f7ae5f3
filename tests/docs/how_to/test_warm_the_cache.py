"""What the guide warms is a hit for the first visitor."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import django
import pytest
from django.test import override_settings

from django_appwrite_orm.contrib.testing import assert_num_appwrite_requests
from django_appwrite_orm.web import warm_start
from tests.support.guides import Guide
from tests.support.waiting import until, warming_ended

PAGE = "how-to/warm-the-cache.md"


@pytest.fixture
def shop(guide: Guide, monkeypatch: pytest.MonkeyPatch) -> Guide:
    """With the rows of the guide, in a process that has been warmed."""
    monkeypatch.setattr(warm_start, "_claims", {os.getpid(): object()})
    guide.rows("Category").bulk_create([guide.rows("Category").model(name=name) for name in ("Home", "Garden")])
    products = guide.rows("Product")
    products.bulk_create([products.model(name=f"Lamp {price}", price=price) for price in range(10)])
    return guide


def without_times(output: str) -> list[str]:
    return [re.sub(r"in [\d.]+ m?s$", "", line) for line in output.splitlines()]


def test_the_command_says_what_the_guide_shows_and_the_page_is_a_hit(shop: Guide) -> None:
    *lines, warning = without_times(shop.command("python manage.py warm_appwrite"))
    assert lines == without_times(shop.block("Total:").text)[1:]
    assert "local to one process" in warning
    with assert_num_appwrite_requests(0):
        response = shop.get("/")
    assert f"X-Cache-Status: {response['X-Cache-Status']}\n" in shop.block("curl").text
    assert response.json()["rows"] == ["Home", "Garden", *(f"Lamp {price}" for price in range(8))]


def test_the_options(shop: Guide) -> None:
    assert "shop_category: 2 rows" in shop.command("python manage.py warm_appwrite shop --concurrency 4")
    assert "shop_category: current" in shop.command("python manage.py warm_appwrite --if-stale")
    shop.rows("Category").create(name="Toys")
    assert "shop_category: 3 rows" in shop.command("python manage.py warm_appwrite --if-stale")


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Django has tasks from 6.0 on")
@override_settings(TASKS={"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}})
def test_the_task(shop: Guide) -> None:
    assert shop.module("shop.schedule").warm_shop().return_value == {
        "shop_category": None,
        "shop.tables.front_page": None,
    }
    assert shop.get("/")["X-Cache-Status"] == "HIT"


def test_the_first_request_warms_its_process(shop: Guide) -> None:
    warm_start._claims.clear()
    shop.get("/nowhere/")
    warming_ended()
    with assert_num_appwrite_requests(0):
        assert shop.get("/")["X-Cache-Status"] == "HIT"


def test_an_expired_entry_is_returned_while_it_is_read_again(shop: Guide, later: Callable[[float], None]) -> None:
    shop.get("/")
    later(310)
    assert shop.get("/")["X-Cache-Status"] == "STALE"
    until(lambda: shop.get("/")["X-Cache-Status"] == "HIT")
    later(310)
    shop.rows("Category").create(name="Toys")
    assert shop.get("/").json()["rows"][2] == "Toys"
