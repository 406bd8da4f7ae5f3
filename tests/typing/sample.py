"""What type checkers make of a project's code: `test_checkers.py` lets them say it."""

from __future__ import annotations

import datetime
from typing import Any, assert_type

from django_appwrite_orm import Manager, QuerySet, Table, atomic, columns, orm


class Product(Table):
    name = columns.String(size=128, required=True)
    note = columns.Text()
    price = columns.Float(min=0, required=True)
    weight = columns.Float(max=9.5, db_default=1)
    stock = columns.Integer(min=0)
    serial = columns.BigInt(required=True)
    sold = columns.Boolean(required=True)
    made = columns.Datetime()
    category = columns.Enum(["books", "music"], default="books")
    mail = columns.Email(required=True)
    tags = columns.String(size=32, array=True)
    sizes = columns.Integer(array=True, required=True)
    days = columns.Datetime(array=True)
    secret = columns.String(size=200, encrypt=True, required=True)
    place = columns.Point(required=True)
    way = columns.Line()
    revision = columns.Version()


def use(product: Product) -> None:
    assert_type(product.name, str)
    assert_type(product.note, str | None)
    assert_type(product.price, float)
    assert_type(product.weight, float | None)
    assert_type(product.stock, int | None)
    assert_type(product.serial, int)
    assert_type(product.sold, bool)
    assert_type(product.made, datetime.datetime | None)
    assert_type(product.category, str | None)
    assert_type(product.mail, str)
    assert_type(product.tags, list[str])
    assert_type(product.sizes, list[int])
    assert_type(product.days, list[datetime.datetime])
    assert_type(product.secret, str)
    assert_type(product.place, tuple[float, float])
    assert_type(product.way, tuple[tuple[float, float], ...] | None)
    assert_type(product.revision, int | None)
    assert_type(product.id, str | None)
    product.price = 3


def ask() -> None:
    assert_type(Product.objects.get(pk="p1"), Product)
    assert_type(Product.objects.filter(price__lt=3).exclude(stock=0).order_by("-price"), QuerySet[Product])
    assert_type(Product.objects.first(), Product | None)
    assert_type(Product.objects.create(name="x", price=1).save(), Product)
    assert_type(Product.objects.get_or_create(name="x"), tuple[Product, bool])
    assert_type(orm.create_table("products"), int)
    assert_type(orm.table("products").list_indexes(), list[dict[str, Any]])
    assert_type(Product.objects.in_bulk(["a"]), dict[Any, Product])
    assert_type(Product.objects.bulk_create([Product(name="x", price=1)]), list[Product])
    assert_type(Product.objects.count(), int)
    for product in Product.objects.as_guest():
        assert_type(product, Product)


async def aask() -> None:
    assert_type(await Product.objects.aget(pk="p1"), Product)
    assert_type(await Product.objects.afirst(), Product | None)
    assert_type(await orm.acreate_table("products"), int)
    async for product in Product.objects.all():
        assert_type(product, Product)


class LoanQuerySet(QuerySet["Loan"]):
    def open(self) -> LoanQuerySet:
        return self.filter(returned=False)


class Loan(Table):
    returned = columns.Boolean(default=False)

    objects = Manager(LoanQuerySet)
    by_class = LoanQuerySet.as_manager()
    made = Manager.from_queryset(LoanQuerySet)()
    plain = Manager()


def lend() -> None:
    assert_type(Loan.objects, LoanQuerySet)
    assert_type(Loan.objects.open().filter(pk="x").open(), LoanQuerySet)
    assert_type(Loan.by_class.open().get(), Loan)
    assert_type(Loan.made.open().first(), Loan | None)
    assert_type(Loan.plain.all(), QuerySet[Loan])
    assert_type(Loan.objects.get(pk="x").delete(), tuple[int, dict[str, int]])


@atomic
def sell(product: Product) -> int:
    return product.save().stock or 0


@atomic(seconds=60)
async def asell(product: Product) -> int:
    return (await product.asave(if_unchanged=True)).stock or 0


async def sold(product: Product) -> None:
    assert_type(sell(product), int)
    assert_type(await asell(product), int)
