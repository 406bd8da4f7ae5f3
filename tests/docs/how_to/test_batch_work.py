"""The batches of the guide cost the requests that its table says, and report each change."""

from __future__ import annotations

import re
import unittest
from collections.abc import Callable
from typing import Any

import django
import pytest

from django_appwrite_orm.contrib.testing import assert_cache_hit, assert_num_appwrite_requests
from tests.support.guides import Guide
from tests.support.pages import DOCS

PAGE = "how-to/batch-work.md"
_COSTS = re.findall(r"^\| (.+) \| (\d+)(?:; (\d+) before Django 6\.0)? \|$", (DOCS / PAGE).read_text(), re.MULTILINE)
COSTS = {name: int((django.VERSION < (6, 0) and before) or now) for name, now, before in _COSTS}


@pytest.fixture
def batches(guide: Guide) -> Any:
    return guide.module("shop.batches")


def test_the_costs_are_those_of_the_table(guide: Guide, batches: Any) -> None:
    rows = guide.rows("Product")

    def save_each() -> None:
        for product in products:
            product.save()

    works: dict[str, Callable[[], object]] = {
        "`load()`, new products": lambda: batches.load((f"Lamp {number}", 10 * number) for number in range(250)),
        "`total_value()`": batches.total_value,
        "`total_value()` again": batches.total_value,
        "`raise_prices(10)`, rows read before": lambda: batches.raise_prices(10),
        "`export()`": batches.export,
        "`close_shop()`": batches.close_shop,
        "`save()` of each product": save_each,
    }
    assert works.keys() == COSTS.keys()
    for name, work in works.items():
        products = list(rows.order_by("pk"))
        if name == "`total_value()`":
            rows.filter(name="Lamp 7").update(stock=3)
        with assert_num_appwrite_requests(COSTS[name]):
            work()
    assert [product.price for product in products] == [11 * number for number in range(250)]
    assert {product.stock for product in products} == {0}


def test_a_taken_name_is_skipped(guide: Guide, batches: Any) -> None:
    batches.load([("Lamp", 9)])
    batches.load([("Lamp", 8), ("Chair", 7)])
    assert sorted(batches.export()) == [("Chair", 7), ("Lamp", 9)]


def test_each_change_has_its_outcome_and_the_rows_are_cached_at_the_end(guide: Guide, batches: Any) -> None:
    customers = guide.rows("Customer", "shop.tables")
    ada = customers.create(name="Ada")
    found = batches.update_customers(
        [{"id": ada.pk, "data": {"email": "ada@example.com"}}, {"id": "nobody", "data": {"name": "x"}}]
    )
    assert [(result["id"], result["success"]) for result in found] == [(ada.pk, True), ("nobody", False)]
    assert (found[0]["error"], "nobody" in found[1]["error"]) == ("", True)
    with assert_cache_hit():
        assert [row.email for row in customers.all()] == ["ada@example.com"]


def test_the_test_of_the_guide_passes(guide: Guide) -> None:
    tests = unittest.defaultTestLoader.loadTestsFromTestCase(guide.module("shop.tests").CloseShopTests)
    result = unittest.TestResult()
    tests.run(result)
    assert (result.testsRun, result.failures, result.errors) == (1, [], [])
