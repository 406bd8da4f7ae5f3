"""The limits of the guide hold, and a full Redis misleads nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client
from django.core import checks
from django.core.cache import caches

from django_appwrite_orm.cache import backend
from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib.testing import assert_cache_hit, assert_num_appwrite_requests
from tests.support import redis_server
from tests.support.guides import Guide, guide_project
from tests.support.pages import code_blocks

PAGE = "how-to/limit-memory.md"
REDIS = dict(
    line.split(" ") for block in code_blocks(PAGE, "text") for line in block.text.splitlines() if "maxmemory" in line
)


def test_the_settings_hold(guide: Guide) -> None:
    policy = connections["default"].settings.cache.policy
    assert (policy.ttl, policy.largest, connections["default"].settings.cache.memory) == (120, 500_000, 8 << 20)
    assert caches["default"]._max_entries == 10_000


@pytest.mark.parametrize(("length", "requests"), [(100, 0), (1000, 1)])
def test_a_large_result_of_a_model_is_not_stored(guide: Guide, length: int, requests: int) -> None:
    visits = guide.rows("Visit")
    visits.bulk_create([visits.model(page="x" * 200) for _ in range(length)])
    list(visits.all()[:500])
    with assert_num_appwrite_requests(requests):
        list(visits.all()[:500])


def test_an_export_stores_nothing(guide: Guide) -> None:
    guide.rows("Product").create(name="Lamp", price=9, stock=1)
    for _ in range(2):
        with assert_num_appwrite_requests(1):
            assert guide.module("shop.reports").stock_list() == [("Lamp", 1)]


@pytest.fixture
def full(tmp_path: Path, django_db_blocker: Any) -> Iterator[tuple[Guide, redis_client.Redis]]:
    """A site whose Redis has the limits of the guide, but of a size that is full at once."""
    with redis_server.server() as server, redis_client.Redis.from_url(server.url) as client:
        cache = {**redis_server.BACKENDS["django-redis"], "LOCATION": server.url}
        with guide_project(PAGE, tmp_path, django_db_blocker, CACHES={"default": cache}) as made:
            yield made, client


def test_a_full_redis_stores_nothing_and_misleads_nobody(
    full: tuple[Guide, redis_client.Redis], caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    guide, client = full
    monkeypatch.setattr(backend, "QUIET", 0)
    products = guide.rows("Product")
    lamp = products.create(name="Lamp", price=9)
    list(products.all())
    with assert_cache_hit():
        list(products.all())
    client.config_set("maxmemory-policy", REDIS["maxmemory-policy"])
    client.config_set("maxmemory", 1)
    lamp.price = 10
    lamp.save()
    for _ in range(2):
        with assert_num_appwrite_requests(1):
            assert [product.price for product in products.all()] == [10]
    assert "used memory > 'maxmemory'" in caplog.text
    client.config_set("maxmemory", REDIS["maxmemory"])
    list(products.all())
    with assert_cache_hit():
        assert [product.price for product in products.all()] == [10]


@pytest.mark.parametrize(("policy", "reported"), [("noeviction", False), ("allkeys-lru", True)])
def test_the_check_reports_another_policy(full: tuple[Guide, Any], policy: str, reported: bool) -> None:
    _, client = full
    client.config_set("maxmemory", REDIS["maxmemory"])
    client.config_set("maxmemory-policy", policy)
    found = checks.run_checks(tags=["appwrite_orm"], include_deployment_checks=True)
    assert ("appwrite_orm.W041" in {problem.id for problem in found}) == reported
