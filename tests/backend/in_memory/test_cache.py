"""What queries in memory cost, and that their results are never older than an acknowledged change."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.core.cache import caches
from django.db import NotSupportedError
from django.db.models import Count, QuerySet

from django_appwrite_orm import CachePolicy, cache_policy
from django_appwrite_orm.backend.in_memory.fetch import NestedRead
from django_appwrite_orm.cache import PolicyOverride, Status
from django_appwrite_orm.connection import Connection, connections
from django_appwrite_orm.sansio import run_sync
from tests.backend.shop.models import Maker, Product
from tests.support.costs import counted

from .support import compiler, insert, rows, table_of


@pytest.fixture(autouse=True)
def stock(shop: None) -> None:
    insert(Maker, id=1, name="Ada")
    insert(Maker, id=2, name="Bob")
    insert(Product, id=1, name="Anvil", stock=3, maker_id=1)
    insert(Product, id=2, name="Bolt", stock=5, maker_id=1)


def counts() -> QuerySet[Any]:
    return Maker.objects.annotate(n=Count("product")).order_by("pk").values_list("name", "n")


def test_a_hit_is_one_round_trip_and_no_request() -> None:
    assert rows(counts()) == [("Ada", 2), ("Bob", 0)]
    with counted() as costs:
        assert rows(counts()) == [("Ada", 2), ("Bob", 0)]
    assert (costs.requests, costs.cache) == ([], ["get_many"])


def test_a_miss_is_one_request_for_each_source() -> None:
    with counted() as costs:
        rows(counts())
    assert sorted(costs.requests) == [
        "GET /tablesdb/library/tables/shop_maker/rows",
        "GET /tablesdb/library/tables/shop_product/rows",
    ]


def test_a_source_that_has_not_changed_is_not_fetched_again() -> None:
    rows(counts())
    insert(Product, id=3, name="Crate", maker_id=2)
    with counted() as costs:
        assert rows(counts()) == [("Ada", 2), ("Bob", 1)]
    assert costs.requests == ["GET /tablesdb/library/tables/shop_product/rows"]


def test_another_query_over_the_same_tables_sends_no_request() -> None:
    rows(counts())
    with counted() as costs:
        assert rows(Product.objects.values_list("maker__name").distinct()) == [("Ada",)]
    assert costs.requests == []


def test_the_report_says_what_was_done() -> None:
    made = compiler(counts())
    list(made.results_iter())
    read = made.connection.memory_query.read
    assert (read.report.requests, read.report.rows) == (2, 4)
    list((made := compiler(counts())).results_iter())
    read = made.connection.memory_query.read
    assert (read.report.requests, read.report.rows) == (0, 0)


def test_a_result_lasts_no_longer_than_its_sources() -> None:
    """Its age counts from the fetch of the oldest source, not from when it was made of them."""
    rows(Product.objects.values_list("maker__name").distinct(), override=PolicyOverride(changes=(("ttl", 60),)))
    made = compiler(counts())
    list(made.results_iter())
    read = made.connection.memory_query.read
    assert read.report.requests == 0
    found = run_sync(connections["default"].read(read, CachePolicy(ttl=300)))
    assert found.status is Status.HIT
    assert found.expires <= time.time() + 60


def test_a_source_that_is_not_cached_keeps_the_result_out_of_the_cache() -> None:
    override = PolicyOverride(changes=(("ttl", 0),))
    rows(counts(), override=override)
    with counted() as costs:
        rows(counts(), override=override)
    assert len(costs.requests) == 2
    assert costs.cache == []


def test_blocks_of_code_with_a_policy_hold_for_queries_in_memory() -> None:
    with cache_policy(ttl=0), counted() as costs:
        rows(counts())
    assert costs.cache == []


def test_a_table_that_changes_during_the_fetch_is_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = threading.Event()

    def change_once(read: NestedRead, connection: Connection) -> Any:
        found = yield from run(read, connection)
        if not changed.is_set() and read.plan.table.table == "shop_maker":
            changed.set()
            insert(Maker, id=3, name="Eve")
            insert(Product, id=3, name="Crate", maker_id=3)
        return found

    run = NestedRead.run
    monkeypatch.setattr(NestedRead, "run", change_once)
    assert rows(counts()) == [("Ada", 2), ("Bob", 0), ("Eve", 1)]
    with counted() as costs:
        rows(counts())
    assert costs.requests == []


def test_a_result_that_never_settles_is_returned_and_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = iter(range(10, 20))

    def change(read: NestedRead, connection: Connection) -> Any:
        found = yield from run(read, connection)
        if read.plan.table.table == "shop_maker":
            insert(Maker, id=(number := next(ids)), name=f"Maker {number}")
        return found

    run = NestedRead.run
    monkeypatch.setattr(NestedRead, "run", change)
    assert len(rows(counts())) == 4  # the third attempt saw two changes
    monkeypatch.undo()
    with counted() as costs:
        assert len(rows(counts())) == 5
    assert len(costs.requests) == 1


def test_under_a_fence_the_result_is_not_stored() -> None:
    keys = connections["default"].table_keys(table_of(Maker)._meta.ref("library"))
    caches["default"].set(keys.leases[0], "somebody", 30)
    rows(counts())
    with counted() as costs:
        rows(counts())
    assert costs.requests == ["GET /tablesdb/library/tables/shop_maker/rows"]


def test_pages_of_a_large_source_are_read_one_after_the_other(settings: Any) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "PAGE_SIZE": 2}}
    insert(Product, id=3, name="Crate", maker_id=2)
    with counted() as costs:
        assert rows(counts()) == [("Ada", 2), ("Bob", 1)]
    assert len([request for request in costs.requests if "product" in request]) == 2


def test_too_many_rows_are_refused_with_the_way_out() -> None:
    expected = (
        "Maker: this query has to be answered in memory and would read more than 1 rows of shop_maker; narrow it,"
        " or raise OPTIONS['rows']."
    )
    with pytest.raises(NotSupportedError, match="would read more than 1 rows") as error:
        rows(counts(), rows=1)
    assert str(error.value) == expected
    assert rows(counts(), rows=2) == [("Ada", 2), ("Bob", 0)]
