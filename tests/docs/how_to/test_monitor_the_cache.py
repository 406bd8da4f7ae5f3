"""The numbers of the guide are counted, exported and logged; its alerts name metrics that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from django_appwrite_orm import orm, signals
from tests.support.guides import Guide, guide_project
from tests.support.prometheus import unregister_statistics

PAGE = "how-to/monitor-the-cache.md"


@pytest.fixture
def shop(tmp_path: Path, django_db_blocker: Any) -> Iterator[Guide]:
    """The guide's project, whose metrics and receiver are removed again."""
    with mock.patch.object(signals.cache_read, "receivers", [*signals.cache_read.receivers]):
        try:
            with guide_project(PAGE, tmp_path, django_db_blocker) as guide:
                orm.reset_stats()
                yield guide
        finally:
            signals.cache_read.sender_receivers_cache.clear()
            unregister_statistics()


def read_twice(shop: Guide) -> None:
    for _ in range(2):
        list(shop.rows("Product").all())


def test_the_statistics(shop: Guide) -> None:
    read_twice(shop)
    assert shop.module("shop.monitoring").hit_rates() == {"shop_product": 50.0}
    names = set(orm.stats("shop.Product")["shop_product"])
    shown = {
        name for line in re.findall(r"^\| (`.*?) \|", shop.text, re.MULTILINE) for name in re.findall(r"`(\w+)`", line)
    }
    assert {"hit_rate", "saved", "stale"} <= names & shown
    assert "shop_product" in shop.command("python manage.py stats_appwrite shop.Product")
    assert '"hits": 1' in shop.command("python manage.py stats_appwrite --json")
    assert shop.command("python manage.py stats_appwrite --reset") in shop.block("--reset").text
    assert shop.module("shop.monitoring").hit_rates() == {}


def test_the_metrics_are_those_of_the_guide_and_of_its_alerts(shop: Guide) -> None:
    read_twice(shop)
    response = shop.get("/metrics")
    lines = response.content.decode().splitlines()
    for line in shop.block('status="miss"').text.splitlines():
        assert line in lines
    metrics = {re.split("[{ ]", line)[0] for line in lines}
    alerts = set(re.findall(r"appwrite_orm_\w+", shop.block("- alert").text))
    assert len(alerts) == 3
    assert alerts <= metrics


def test_slow_reads_are_logged_and_fast_ones_are_not(shop: Guide, caplog: pytest.LogCaptureFixture) -> None:
    read_twice(shop)
    assert [record for record in caplog.records if record.name == "shop.reads"] == []
    with mock.patch.object(shop.module("shop.monitoring"), "SLOW", 0):
        read_twice(shop)
    said = [record.getMessage() for record in caplog.records if record.name == "shop.reads"]
    assert [re.sub(r"\d+ ms", "N ms", line) for line in said] == ["HIT of shop_product took N ms"] * 2
