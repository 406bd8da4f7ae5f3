"""The counts on the page about costs: requests to Appwrite, and round trips to the cache."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from django.core.cache import caches
from django.db.models import Avg, F, Sum
from django.test import Client

from django_appwrite_orm import orm
from django_appwrite_orm.plans import ColumnarRows
from tests.support import redis_server
from tests.support.costs import Costs, counted
from tests.support.guides import Guide, guide_project
from tests.support.pages import DOCS, code_blocks

PAGE = "explanation/cost-model.md"
TEXT = (DOCS / PAGE).read_text()


def table(after: str) -> list[list[str]]:
    """The cells of the first table after this text, without its head."""
    lines = TEXT.split(after)[1].split("\n| --- ")[1].splitlines()[1:]
    rows = [line.strip("| ").split(" | ") for line in lines[: lines.index("")]]
    assert rows
    return rows


def code(cell: str) -> str:
    return cell.strip("`")


@pytest.fixture
def shop(guide: Guide) -> dict[str, Any]:
    return stocked(guide)


def stocked(guide: Guide) -> dict[str, Any]:
    """Fill the shop; return the names that the code of the page uses."""
    models = guide.module("shop.models")
    products = models.Product.objects.bulk_create(
        models.Product(name=f"Product {number}", price=number, stock=number % 3) for number in range(40)
    )
    lamp = models.Product.objects.create(name="Lamp", price=10, stock=5)
    models.Review.objects.bulk_create(
        models.Review(product=product, stars=1 + place) for place, product in enumerate([*products[:4], lamp])
    )
    orm.clear_caches()
    return {"Product": models.Product, "Review": models.Review, "lamp": lamp, "Avg": Avg, "F": F, "Sum": Sum}


def cost_of(work: Callable[[], object]) -> Costs:
    with counted() as costs:
        work()
    return costs


@pytest.mark.parametrize("row", table("<!-- costs: reads -->"), ids=lambda row: code(row[0]))
def test_a_query_costs_what_the_page_says(shop: dict[str, Any], row: list[str]) -> None:
    query, strategy, cold, warm = row
    costs = [cost_of(lambda: eval(code(query), shop)) for _ in range(2)]
    assert [len(cost.requests) for cost in costs] == [int(cold), 0], costs
    assert costs[1].cache == ["get_many"] * int(warm)
    if made := re.fullmatch(r"list\((.*)\)", code(query)):
        queryset = eval(made[1], shop)
        assert queryset.explain().startswith(f"Strategy: {strategy.removesuffix(', twice')}")


def test_a_write_costs_what_the_page_says(shop: dict[str, Any]) -> None:
    for write, expected in table("<!-- costs: writes -->"):
        costs = cost_of(lambda write=write: eval(code(write), shop))
        if "bulk_create" in write and django.VERSION < (6, 0):
            expected = re.findall(r"Before Django 6.0, `bulk_create\(\)` .* (\d) requests", TEXT)[0]
        assert len(costs.requests) == int(expected), (write, costs.requests)


def cases(shop: dict[str, Any]) -> Iterator[tuple[str, Costs]]:
    product = shop["Product"].objects
    yield "first read after a write", cost_of(lambda: list(product.filter(stock=1)))
    yield "hit", cost_of(lambda: list(product.filter(stock=1)))
    yield "miss", cost_of(lambda: list(product.filter(stock=2)))
    yield "write", cost_of(lambda: product.create(name="New", price=1))


def test_the_four_cases_in_one_process(shop: dict[str, Any]) -> None:
    check_cases(shop, 2)


def test_the_four_cases_in_a_shared_cache(tmp_path: Path, django_db_blocker: Any) -> None:
    with redis_server.server() as server:
        cache = {**redis_server.BACKENDS["django-redis"], "LOCATION": server.url}
        with guide_project(PAGE, tmp_path, django_db_blocker, CACHES={"default": cache}) as guide:
            check_cases(stocked(guide), 3)


def check_cases(shop: dict[str, Any], column: int) -> None:
    expected = {row[0]: (int(row[1]), int(row[column])) for row in table("## The four cases")}
    assert {name: (len(cost.requests), len(cost.cache)) for name, cost in cases(shop)} == expected


@pytest.fixture
def catalogue(guide: Guide) -> str:
    """The address of the page that is estimated."""
    from django.urls import path

    address = "catalogue/"
    guide.module("config.urls").urlpatterns.append(path(address, guide.module("shop.views").catalogue))
    return f"/{address}"


def test_the_page_costs_what_was_estimated(shop: dict[str, Any], catalogue: str) -> None:
    def visit() -> Costs:
        def get() -> None:
            response = Client().get(catalogue)
            assert response.status_code == 200
            assert "Lamp" in response.content.decode()

        return cost_of(get)

    seen = [visit(), visit()]
    shop["Review"].objects.create(product=shop["lamp"], stars=1)
    seen.append(visit())
    shop["Product"].objects.create(name="A new one", price=1)
    seen.append(visit())
    counts = [(len(cost.requests), len(cost.cache)) for cost in seen]
    assert counts == [(int(requests), int(trips)) for _, requests, trips in table("<!-- costs: page -->")], seen


@pytest.mark.usefixtures("shop", "catalogue")
def test_the_check_of_the_estimate_passes(guide: Guide) -> None:
    guide.run("Client().get")


def test_the_sums_are_right() -> None:
    [shown] = [block.text for block in code_blocks(PAGE, "text") if "0.3 ms" in block.text]
    counts = {tuple(row[1:]) for row in table("<!-- costs: page -->")}
    for line in shown.splitlines():
        requests, trips, total = re.findall(r"(\d+) \* 20 ms \+ +(\d+) \* 0.3 ms = +(\d+) ms", line)[0]
        assert (requests, trips) in counts
        assert round(int(requests) * 20 + int(trips) * 0.3) == int(total)


def test_an_entry_is_as_large_as_the_page_says(shop: dict[str, Any]) -> None:
    caches["default"].clear()
    list(shop["Product"].objects.all()[:25])
    [entry] = [text for text in map(pickle.loads, caches["default"]._cache.values()) if "\n" in str(text)]
    head, rows = entry.split("\n")
    total, *columns = json.loads(rows)
    sent = {"total": total, "rows": list(ColumnarRows.from_json(*columns))}
    assert len(sent["rows"]) == 25
    assert round(len(rows), -2) == 1_400
    assert round(len(json.dumps(sent, separators=(",", ":"))), -3) == 6_000
    assert round(len(head), -1) == 60
