"""What a statement inside `transaction.atomic()` refuses at once: unique sets of several columns, and sums."""

# ruff: noqa: PT012 -- what is tested is a block

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import DataError, IntegrityError, transaction
from django.db.migrations.state import ProjectState
from django.db.models import F

from django_appwrite_orm.connection import connections
from django_appwrite_orm.plans import TableRef, UpdateRow
from django_appwrite_orm.sansio import run_sync
from tests.support.costs import counted

from .shop.models import Maker, Note, Product

pytestmark = pytest.mark.usefixtures("shop")


def rename(product: Product, **options: Any) -> None:
    product.name = "A"
    product.save(**options)


@pytest.mark.parametrize(
    "change",
    [
        lambda product: rename(product),
        lambda product: rename(product, update_fields=["name"]),
        lambda product: Product.objects.filter(pk=product.pk).update(name="A"),
        lambda product: Product.objects.filter(name="b").update(name="A"),
        lambda product: Product.objects.update(name="new"),
        lambda product: Product.objects.bulk_update([Product(pk=product.pk, name="A")], ["name"]),
    ],
    ids=["save", "update_fields", "update by id", "update", "update of all", "bulk_update"],
)
def test_a_unique_set_is_checked_by_the_statement_that_writes_one_of_its_columns(
    change: Callable[[Product], object],
) -> None:
    maker = Maker.objects.create(name="Ada")
    Product.objects.create(name="a", maker=maker)
    product = Product.objects.create(name="b", maker=maker)
    with transaction.atomic():
        with pytest.raises(IntegrityError, match="maker_name"), transaction.atomic():
            change(product)
        Note.objects.create(text="the block goes on")
    assert sorted(Product.objects.values_list("name", flat=True)) == ["a", "b"]
    assert Note.objects.count() == 1


def test_a_row_that_leaves_a_unique_set_makes_room_in_the_block() -> None:
    maker = Maker.objects.create(name="Ada")
    first, second = (Product.objects.create(name=name, maker=maker) for name in "ab")
    with transaction.atomic():
        Product.objects.filter(pk=first.pk).update(maker=None)
        Product.objects.filter(pk=second.pk).update(name="a")
    assert list(Product.objects.values_list("name", "maker")) == [("a", None), ("a", maker.pk)]


def test_a_historical_model_of_an_app_without_migrations_knows_its_unique_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Product._meta, "unique_together", (("name", "stock"),))
    stub: Any = ProjectState(real_apps={"shop"}).apps.get_model("shop", "Product")
    assert not stub._meta.unique_together
    stub.objects.create(name="a")
    product = stub.objects.create(name="b")
    product.name = "a"
    with pytest.raises(IntegrityError, match="name='a' with stock=0"), transaction.atomic():
        product.save(update_fields=["name"])


def test_a_sum_that_another_row_has_is_refused_at_the_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Product._meta, "unique_together", (("name", "stock"),))
    products: Any = ProjectState(real_apps={"shop"}).apps.get_model("shop", "Product").objects
    first, _ = (products.create(name="a", stock=stock) for stock in (1, 2))
    with transaction.atomic():
        with pytest.raises(IntegrityError, match="stock=2"), transaction.atomic():
            products.filter(pk=first.pk).update(stock=F("stock") + 1)
        products.filter(pk=first.pk).update(stock=F("stock") + 2)
        products.filter(stock=2).update(stock=F("stock") - 1)
    assert sorted(products.values_list("stock", flat=True)) == [1, 3]


@pytest.mark.parametrize(("stock", "by"), [(2**53 - 1, 2), (-(2**53) + 1, -2)], ids=["above", "below"])
def test_a_sum_beyond_the_exact_numbers_is_refused_at_the_statement(stock: int, by: int) -> None:
    product = Product.objects.create(name="a", stock=stock)
    with transaction.atomic():
        Note.objects.create(text="n")
        with counted() as costs, pytest.raises(DataError, match=r"shop\.Product\.stock"), transaction.atomic():
            Product.objects.filter(pk=product.pk).update(stock=F("stock") + by)
        assert [request for request in costs.requests if not request.startswith("GET")] == []
    assert Product.objects.get().stock == stock


def test_sums_of_one_block_are_refused_together() -> None:
    product = Product.objects.create(name="a", stock=2**53 - 2)
    with transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock=F("stock") + 1)
        Product.objects.filter(pk=product.pk).update(stock=F("stock") + 1)
        with pytest.raises(DataError, match="stock"), transaction.atomic():
            Product.objects.filter(pk=product.pk).update(stock=F("stock") + 1)
    assert Product.objects.get().stock == 2**53


@pytest.mark.parametrize("others", [0, 1], ids=["alone", "with another change"])
def test_a_sum_that_another_writer_takes_beyond_the_limit_is_refused_at_the_end(others: int) -> None:
    product = Product.objects.create(name="a", stock=5)
    appwrite = connections["default"]
    table = TableRef(appwrite.settings.database_id, "shop_product")
    raised = UpdateRow(table, f"{product.pk:019}", {"stock": 2**53})
    with pytest.raises(DataError), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock=F("stock") + 1)
        for _ in range(others):
            Note.objects.create(text="n")
        run_sync(appwrite.send(raised.request))
    assert Product.objects.get().stock == 2**53
    assert not Note.objects.exists()


@pytest.mark.parametrize("in_a_block", [True, False])
def test_rows_that_exchange_their_values_in_one_statement_are_refused_at_it(in_a_block: bool) -> None:
    ada, bob = Maker.objects.bulk_create([Maker(name="Ada"), Maker(name="Bob")])
    ada.name, bob.name = "Bob", "Cid"
    with transaction.atomic() if in_a_block else nullcontext():
        with pytest.raises(IntegrityError, match="Bob"), transaction.atomic():
            Maker.objects.bulk_update([ada, bob], ["name"])  # Bob is taken until the second row is written
        Maker.objects.bulk_update([bob, ada], ["name"])
    ada.name, bob.name = "Cid", "Bob"
    with pytest.raises(IntegrityError, match="Cid"):
        Maker.objects.bulk_update([ada, bob], ["name"])
    assert dict(Maker.objects.values_list("pk", "name")) == {ada.pk: "Bob", bob.pk: "Cid"}
