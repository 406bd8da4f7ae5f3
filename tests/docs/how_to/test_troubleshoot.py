"""Each cause on the page has the symptom that it is listed under, and what it says to do helps."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import checks
from django.db import transaction
from django.utils import timezone

from django_appwrite_orm import CachePolicy, cache_policy
from django_appwrite_orm.cache import recording
from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib.recording import recording as recording_of_reads
from django_appwrite_orm.plans import TableRef, UpdateRow
from django_appwrite_orm.sansio import run_sync
from tests.support.guides import Guide
from tests.support.pages import DOCS

PAGE = "how-to/troubleshoot.md"


@pytest.fixture
def products(guide: Guide) -> Any:
    manager = guide.rows("Product")
    manager.bulk_create([manager.model(name=f"Lamp {number}", price=number) for number in range(3)])
    return manager


def statuses(read: Any, times: int = 2) -> list[str]:
    """Return the status of each of these reads."""
    found = []
    for _ in range(times):
        with recording() as log:
            list(read())
        found.append(log.worst.name)
    return found


def test_causes_of_misses(products: Any) -> None:
    assert statuses(products.all) == ["MISS", "HIT"]
    assert statuses(lambda: products.filter(name__lt=timezone.now().isoformat())) == ["MISS", "MISS"]

    def changed_before() -> Any:
        products.filter(name="Lamp 1").update(stock=1)
        return products.all()

    assert statuses(changed_before) == ["MISS", "MISS"]
    with cache_policy(CachePolicy(largest=10)):
        products.update(stock=2)
        assert statuses(products.all) == ["MISS", "MISS"]
    list(products.all())
    with transaction.atomic():
        products.filter(name="Lamp 1").update(stock=3)
        assert sorted(product.stock for product in products.all()) == [2, 2, 3]
        assert "HIT" not in statuses(products.all)


def test_one_read_without_the_cache_is_a_bypass(products: Any) -> None:
    list(products.all())
    with recording() as log:
        list(products.all())
        with cache_policy(ttl=0):
            products.count()
    assert log.worst.name == "BYPASS"


def test_a_change_made_elsewhere_shows_after_clear_appwrite(guide: Guide, products: Any) -> None:
    row = products.get(name="Lamp 1")
    update = UpdateRow(TableRef("guide", "shop_product"), f"{row.pk:019d}", {"name": "Lantern"})
    run_sync(connections["default"].send(update.request))
    assert products.get(name="Lamp 1").pk == row.pk
    guide.command("python manage.py clear_appwrite")
    assert not products.filter(name="Lamp 1").exists()
    assert products.get(pk=row.pk).name == "Lantern"


def test_rows_together_are_one_read(guide: Guide, products: Any) -> None:
    slow = guide.module("shop.slow")
    pks = [product.pk for product in products.order_by("pk")]
    reads = []
    for names in (slow.names_one_by_one, slow.names_together):
        with recording_of_reads() as made:
            assert sorted(names(pks)) == ["Lamp 0", "Lamp 1", "Lamp 2"]
        reads.append(len(made.outermost("read")))
    assert reads == [3, 1]


def test_the_strategies_are_those_of_the_guide(guide: Guide, products: Any, capsys: Any) -> None:
    guide.run("explain()", Product=products.model)
    found = re.findall(r"^Strategy: (direct|in memory)", capsys.readouterr().out, re.MULTILINE)
    assert found == re.findall(r"`Strategy: ([a-z ]+)`", guide.text) == ["direct", "in memory"]


def test_the_log_shows_each_read_and_its_status(products: Any, caplog: pytest.LogCaptureFixture, settings: Any) -> None:
    assert list(settings.LOGGING["loggers"]) == ["django_appwrite_orm.queries"]
    caplog.set_level("DEBUG", "django_appwrite_orm.queries")
    statuses(lambda: products.filter(stock=0))
    said = [record.getMessage() for record in caplog.records if record.name == "django_appwrite_orm.queries"]
    assert [status for line in said for status in re.findall(r"\b(?:MISS|HIT)\b", line)] == ["MISS", "HIT"]
    assert all("stock" in line for line in said)


def test_the_checks_are_those_of_the_catalogue(guide: Guide) -> None:
    shown = set(re.findall(r"`(appwrite_orm\.[EW]\d+)`", guide.text))
    catalogue = (DOCS / "reference" / "checks.md").read_text()
    assert len(shown) == 8
    assert all(f"| `{name}` |" in catalogue for name in shown)


def test_check_reports_a_cache_of_one_process_and_a_wrong_order(guide: Guide, settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.gzip.GZipMiddleware"]
    found = {problem.id for problem in checks.run_checks(tags=["appwrite_orm"])}
    assert {"appwrite_orm.W001", "appwrite_orm.W004"} <= found
