"""What the page says about limits is what the package does."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
from django.contrib.sessions.models import Session
from django.db import NotSupportedError, OperationalError, connection, transaction
from django.db.models import Sum

from django_appwrite_orm.backend import router as routing
from django_appwrite_orm.backend.router import AppwriteRouter
from tests.support.guides import Guide

PAGE = "how-to/choose-a-database.md"


def test_what_sql_is_for(guide: Guide) -> None:
    product = guide.rows("Product").create(name="Lamp", price=9)
    with transaction.atomic():  # without a lock, as the page says
        assert guide.rows("Product").select_for_update().get(pk=product.pk) == product
    with pytest.raises(NotSupportedError), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_transaction_has_100_operations(guide: Guide) -> None:
    rows = guide.rows("Product")
    products = [rows.create(name=f"p{number}", price=1) for number in range(101)]

    def change_all() -> None:
        with transaction.atomic():
            for number, product in enumerate(products):
                rows.filter(pk=product.pk).update(price=number)

    with pytest.raises((NotSupportedError, OperationalError)):
        change_all()
    assert rows.aggregate(total=Sum("price"))["total"] == 101


def test_the_strategy_of_a_query(guide: Guide) -> None:
    rows = guide.rows("Product")
    assert "Strategy: direct" in rows.filter(price__lt=20).explain()
    assert "Strategy: in memory" in rows.values("stock").annotate(total=Sum("price")).explain()
    command = next(line for line in guide.block("explain()").text.splitlines() if line.startswith("$ "))
    assert "Product.objects.filter(price__lt=20).explain()" in command
    assert connection.settings_dict["OPTIONS"].get("rows", 20000) == 20000  # "up to 20,000 rows each"


def test_both(guide: Guide, tmp_path: Path) -> None:
    """The apps that are named are on Appwrite, the others in SQL."""
    names = guide.run("DATABASE_ROUTERS", BASE_DIR=tmp_path)
    product = guide.module("shop.models").Product
    chooser = AppwriteRouter()
    with mock.patch.object(routing.settings, "DATABASES", names["DATABASES"]):
        assert names["DATABASE_ROUTERS"] == ["django_appwrite_orm.backend.router.AppwriteRouter"]
        assert chooser.db_for_write(product) == "appwrite"
        assert chooser.db_for_write(Session) in (None, "default")
