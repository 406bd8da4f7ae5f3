"""The statistics as Prometheus reads them."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from django_appwrite_orm.contrib import prometheus
from django_appwrite_orm.contrib.prometheus import StatisticsCollector, register_statistics
from django_appwrite_orm.exceptions import CacheUnavailable
from tests.backend.shop.models import Maker
from tests.support.costs import counted
from tests.support.library.tables import Book

pytestmark = pytest.mark.usefixtures("library")


@pytest.fixture
def samples() -> Any:
    """Returns the sample of a metric, with these labels."""
    registry = CollectorRegistry()
    register_statistics(registry)
    return lambda name, **labels: registry.get_sample_value(f"appwrite_orm_{name}", labels)


def test_reads_by_status(samples: Any) -> None:
    for _ in range(3):
        list(Book.objects.filter(price=1))
    list(Book.objects.uncached())
    found = {
        status: samples("reads_total", table="books", status=status) for status in ("hit", "miss", "bypass", "stale")
    }
    assert found == {"hit": 2, "miss": 1, "bypass": 1, "stale": 0}


def test_times_are_seconds_and_sizes_bytes(samples: Any) -> None:
    list(Book.objects.all())
    list(Book.objects.all())
    assert 0 < samples("read_time_seconds_total", table="books", source="appwrite") < 60
    assert 0 < samples("read_time_seconds_total", table="books", source="cache") < 60
    assert samples("json_bytes_total", table="books") >= len('{"total":0,"rows":[]}')
    assert samples("saved_seconds", table="books") >= 0


def test_invalidations_and_errors(samples: Any, settings: Any) -> None:
    Book.objects.create(title="Dune", price=1)
    assert samples("invalidations_total", table="books") == 1
    assert samples("read_errors_total", table="books") == 0


def test_models_are_there_too(samples: Any, shop: None) -> None:
    Maker.objects.count()
    assert samples("reads_total", table="shop_maker", status="miss") == 1


def test_nothing_is_read_before_a_scrape() -> None:
    with counted() as costs:
        register_statistics(CollectorRegistry(auto_describe=True))
    assert (costs.requests, costs.cache) == ([], [])


def test_names_are_those_that_are_described() -> None:
    described = [(metric.name, metric.type, metric.unit) for metric in StatisticsCollector().describe()]
    assert described == [(metric.name, metric.type, metric.unit) for metric in StatisticsCollector().collect()]


def test_the_text_can_be_parsed() -> None:
    registry = CollectorRegistry()
    register_statistics(registry)
    text = generate_latest(registry).decode()
    names = {family.name for family in text_string_to_metric_families(text)}
    assert {"appwrite_orm_reads", "appwrite_orm_saved_seconds", "appwrite_orm_statistics_up"} <= names


def test_a_cache_that_fails_is_reported(monkeypatch: pytest.MonkeyPatch, samples: Any) -> None:
    def failing(*args: Any) -> Any:
        raise CacheUnavailable("gone")

    assert samples("statistics_up") == 1
    monkeypatch.setattr(prometheus, "all_totals", failing)
    assert samples("statistics_up") == 0
    assert samples("reads_total", table="books", status="hit") is None


def test_statistics_are_registered_once() -> None:
    registry = CollectorRegistry()
    collector = register_statistics(registry)
    with pytest.raises(ValueError, match="Duplicated"):
        register_statistics(registry)
    registry.unregister(collector)
    register_statistics(registry)
