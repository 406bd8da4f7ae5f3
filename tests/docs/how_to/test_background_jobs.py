"""The job of the guide writes, its report is a hit, and the schedule fills the cache."""

from __future__ import annotations

import datetime
from unittest import mock

import pytest

from django_appwrite_orm import orm
from django_appwrite_orm.contrib.testing import assert_cache_hit, assert_num_appwrite_requests
from tests.support.guides import Guide

PAGE = "how-to/background-jobs.md"


@pytest.fixture
def report(guide: Guide):
    guide.rows("Product").create(name="Lamp", price=9, stock=4)
    return guide.module("shop.analytics")


def test_a_job_invalidates_its_report_and_nothing_else(guide: Guide, report) -> None:
    products = guide.rows("Product").all()
    list(products)
    assert guide.command("python manage.py record_stock") == "Recorded.\n"
    with assert_cache_hit():
        list(products.all())
    assert report.average("stock") == 4
    with assert_cache_hit():
        assert report.average("stock") == 4
    guide.rows("Product").update(stock=6)
    guide.command("python manage.py record_stock")
    assert report.average("stock") == 5


def test_a_range_from_now_is_never_a_hit(report) -> None:
    """The rounded hour is what makes the report a hit at another moment of it."""
    start = datetime.datetime(2030, 1, 1, 12, 5, tzinfo=datetime.UTC)
    clock = mock.patch.object(report.timezone, "now", side_effect=lambda: start)
    with clock:
        report.average("stock")
        start += datetime.timedelta(minutes=20)
        with assert_cache_hit():
            report.average("stock")
        start += datetime.timedelta(hours=1)
        with assert_num_appwrite_requests(1):
            report.average("stock")


def test_the_schedule_fills_the_cache_for_the_next_visitor(guide: Guide, report) -> None:
    guide.command("python manage.py record_stock")
    guide.command("python manage.py clear_appwrite shop.Metric")
    assert "shop.tables.stock_report" in guide.command("python manage.py warm_appwrite shop.tables.stock_report")
    with assert_cache_hit():
        report.average("stock", days=7)


def test_the_statistics_grow(guide: Guide, report) -> None:
    orm.reset_stats()
    guide.command("python manage.py record_stock")
    for _ in range(2):
        report.average("stock")
    assert "shop_metric" in guide.command("python manage.py stats_appwrite shop.Metric")
    counts = orm.stats("shop.Metric")["shop_metric"]
    assert (counts["hits"], counts["invalidations"]) == (1, 1)
