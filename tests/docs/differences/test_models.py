"""Differences between models on Appwrite and models on SQL: queries, writes, transactions."""

# ruff: noqa: PT012 -- what is tested is a block

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import (
    DataError,
    NotSupportedError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.db import models as m
from django.db.models import Avg, F
from django.utils import timezone

from django_appwrite_orm.backend.base import BackendOptions
from tests.backend.shop.models import Maker, Product
from tests.support.costs import counted

pytestmark = pytest.mark.usefixtures("models")

OPERATOR = '{"method": "increment", "attribute": "stock", "values": [1]}'


def with_options(monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    monkeypatch.setitem(vars(connections["default"]), "options", BackendOptions(**options))


# Queries


def test_sql() -> None:
    Maker.objects.create(name="Ada")
    with pytest.raises(NotSupportedError):
        list(Maker.objects.raw("SELECT * FROM shop_maker"))
    with connection.cursor() as cursor, pytest.raises(NotSupportedError):
        cursor.execute("SELECT 1")
    assert [maker.name for maker in Maker.objects.filter(name="Ada")] == ["Ada"]


def test_formats_of_explain() -> None:
    with pytest.raises(ValueError, match="format"):
        Maker.objects.all().explain(format="json")
    assert "Strategy: direct" in Maker.objects.all().explain()


def test_large_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    with_options(monkeypatch, rows=2)
    maker = Maker.objects.create(name="Ada")
    for name in "abc":
        Product.objects.create(name=name, maker=maker)
    with pytest.raises(NotSupportedError, match="shop_product"):
        list(Product.objects.values("stock").annotate(n=m.Count("pk")))
    assert Product.objects.filter(name__in="ab").values("stock").annotate(n=m.Count("pk")).get()["n"] == 2


def test_queries_in_memory_can_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with_options(monkeypatch, in_memory="refuse")
    maker = Maker.objects.create(name="Ada")
    Product.objects.create(name="a", maker=maker)
    with pytest.raises(NotSupportedError):
        list(Product.objects.filter(maker__name="Ada"))
    ids = list(Maker.objects.filter(name="Ada").values_list("pk", flat=True))
    assert [product.name for product in Product.objects.filter(maker__in=ids)] == ["a"]


def test_documents() -> None:
    Product.objects.create(name="a", data={"colour": "red", "size": 1})
    with pytest.raises(NotSupportedError):
        list(Product.objects.filter(data__contains={"colour": "red"}))
    assert [row.name for row in Product.objects.filter(data__colour="red")] == ["a"]


def test_digits_of_averages() -> None:
    for price in ("100000.01", "100000.02"):
        Product.objects.create(name=price, price=price)
    average = Product.objects.aggregate(a=Avg("price"))["a"]
    prices = list(Product.objects.values_list("price", flat=True))
    exact = sum(prices) / len(prices)
    assert exact == Decimal("100000.015")
    assert abs(average - exact) < Decimal("0.000001")


def test_current_time() -> None:
    list(Product.objects.filter(sold_at__gt=timezone.now()))
    with counted() as costs:
        list(Product.objects.filter(sold_at__gt=timezone.now()))
    assert len(costs.requests) == 1
    minute = timezone.now().replace(second=0, microsecond=0)
    list(Product.objects.filter(sold_at__gt=minute))
    with counted() as costs:
        list(Product.objects.filter(sold_at__gt=minute))
    assert costs.requests == []


# Writes


def test_operators_in_text() -> None:
    product = Product.objects.create(name="a", description=OPERATOR)
    assert product.description == OPERATOR
    with pytest.raises(DataError, match="operator"):
        Product.objects.filter(pk=product.pk).update(description=OPERATOR)
    product.delete()
    assert Product.objects.create(name="a", description=OPERATOR).pk


def test_values_that_do_not_fit() -> None:
    with pytest.raises(DataError, match="name"):
        Product.objects.create(name="x" * 101)
    with pytest.raises(ValidationError):
        Product(name="x" * 101).full_clean()


def test_locks() -> None:
    product = Product.objects.create(name="a", stock=5)
    with transaction.atomic():
        assert Product.objects.select_for_update().get(pk=product.pk).stock == 5
    Product.objects.filter(pk=product.pk).update(stock=F("stock") - 1)
    assert Product.objects.filter(pk=product.pk, stock=5).update(stock=0) == 0
    assert Product.objects.filter(pk=product.pk, stock=4).update(stock=0) == 1


def test_moment_of_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    with counted() as costs:
        with transaction.atomic():
            for name in "ab":
                Maker.objects.create(name=name)
            assert not any(request.startswith("POST") for request in costs.requests)
        assert any(request.startswith("POST") for request in costs.requests)
    with_options(monkeypatch, atomic="off")
    with counted() as costs, transaction.atomic():
        Maker.objects.create(name="c")
        assert any(request.startswith("POST") for request in costs.requests)


def test_size_of_blocks() -> None:
    products = [Product(name=f"n{number}") for number in range(101)]
    Product.objects.bulk_create(products)
    with pytest.raises(NotSupportedError), transaction.atomic():
        for number, product in enumerate(products):
            product.stock = number
            product.save()
    assert Product.objects.filter(stock=0).count() == 101
    for part in (products[:100], products[100:]):
        with transaction.atomic():
            for product in part:
                product.save()
    assert Product.objects.filter(stock=0).count() == 1


def test_conflicts_at_the_end_of_a_block() -> None:
    product = Product.objects.create(name="a", stock=1)

    with pytest.raises(OperationalError), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock=F("stock") * 2)
        _change_from_outside(product)
    with transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock=F("stock") * 2)
    assert Product.objects.get(pk=product.pk).stock == 20


def _change_from_outside(product: Product) -> None:
    from django_appwrite_orm.plans import Request
    from django_appwrite_orm.sansio import run_sync

    path = f"/tablesdb/library/tables/shop_product/rows/{product.pk:019d}"
    run_sync(connection.appwrite.send(Request("PATCH", path, body={"data": {"stock": 10}})))
