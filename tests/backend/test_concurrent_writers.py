"""Writers at the same time: no update is lost, and no read is outdated."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Now, Random
from django.utils import timezone

from django_appwrite_orm.backend.keys import key_of
from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.connection import connections as appwrite
from django_appwrite_orm.plans import Request
from django_appwrite_orm.sansio import run_sync

from .shop.models import Maker, Product

pytestmark = pytest.mark.usefixtures("shop")

WRITERS, TIMES = 3, 8


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """Run `work` in several threads that start together; return what each returned."""
    start = threading.Barrier(WRITERS)

    def run(number: int) -> Any:
        start.wait()
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


def change_elsewhere(product: Product, **values: Any) -> None:
    """Change a row as another client of Appwrite does, of which the cache hears nothing."""
    ref = connections["default"].ref(table_of(Product)._meta)
    path = f"/tablesdb/{ref.database}/tables/{ref.table}/rows/{key_of(Product._meta.pk).row_id(product.pk)}"
    run_sync(appwrite["default"].send(Request("PATCH", path, body={"data": values})))


@pytest.mark.parametrize("expression", [F("stock") + 1, F("stock") * Value(1) + 1], ids=["added", "worked out"])
def test_no_update_by_an_expression_is_lost(expression: Any) -> None:
    product = Product.objects.create(name="a")

    def write(number: int) -> int:
        return sum(Product.objects.filter(pk=product.pk).update(stock=expression) for _ in range(TIMES))

    assert at_once(write) == [TIMES] * WRITERS
    assert Product.objects.get(pk=product.pk).stock == WRITERS * TIMES


@pytest.mark.parametrize("in_block", [False, True])
def test_no_number_is_taken_from_a_row_that_no_longer_meets_the_conditions(in_block: bool) -> None:
    product = Product.objects.create(name="a", stock=5)

    def take() -> int:
        return Product.objects.filter(pk=product.pk, stock__gte=1).update(stock=F("stock") - 1)

    def take_all(number: int) -> int:
        taken = 0
        for _ in range(TIMES):
            try:
                if in_block:
                    with transaction.atomic():
                        count = take()
                else:
                    count = take()
                taken += count
            except OperationalError:  # somebody else was faster, and nothing was written
                continue
        return taken

    taken = sum(at_once(take_all))
    assert Product.objects.get(pk=product.pk).stock == 5 - taken >= 0


def test_a_version_is_changed_by_one_of_several_writers() -> None:
    product = Product.objects.create(name="a")

    def write(number: int) -> int:
        counts = 0
        for version in range(TIMES):
            counts += Product.objects.filter(pk=product.pk, stock=version).update(stock=version + 1)
        return counts

    counts = at_once(write)
    assert sum(counts) == Product.objects.get(pk=product.pk).stock <= TIMES


@pytest.mark.parametrize("in_block", [False, True])
def test_an_update_is_worked_out_of_the_row_as_it_is_stored(in_block: bool) -> None:
    product = Product.objects.create(name="a", stock=5)
    row = Product.objects.filter(pk=product.pk)
    assert row.get().stock == 5
    assert row.values_list("pk", F("stock") * 2).get() == (product.pk, 10)
    change_elsewhere(product, stock=7)
    assert row.values_list("pk", F("stock") * 2).get() == (product.pk, 10), "the cache does not know of the change"
    with transaction.atomic() if in_block else nullcontext():
        assert Product.objects.filter(pk=product.pk).update(stock=F("stock") * 2) == 1
    assert Product.objects.get(pk=product.pk).stock == 14


@pytest.mark.parametrize("in_block", [False, True])
def test_conditions_of_an_update_are_those_of_the_row_as_it_is_stored(in_block: bool) -> None:
    product = Product.objects.create(name="a", stock=5)
    rows = Product.objects.filter(pk=product.pk, stock=5).order_by()
    assert list(rows.values_list("pk")) == [(product.pk,)]
    change_elsewhere(product, stock=6)
    assert list(rows.values_list("pk")) == [(product.pk,)], "the cache does not know of the change"
    with transaction.atomic() if in_block else nullcontext():
        assert (rows.update(stock=8), rows.update(stock=F("stock") + 1)) == (0, 0)
        assert Product.objects.filter(pk=product.pk, stock=6).update(stock=9) == 1
    assert Product.objects.get(pk=product.pk).stock == 9


@pytest.mark.parametrize("in_block", [False, True])
def test_functions_with_another_value_each_time_are_written(in_block: bool) -> None:
    products = Product.objects.bulk_create([Product(name=name, stock=5) for name in "ab"])
    before = timezone.now() - timedelta(seconds=1)
    with transaction.atomic() if in_block else nullcontext():
        assert Product.objects.update(sold_at=Now(), weight=F("stock") + Random() * 0.5) == 2
    for product in Product.objects.filter(pk__in=[product.pk for product in products]):
        assert before <= product.sold_at <= timezone.now() + timedelta(seconds=1)
        assert 4.5 <= product.weight <= 5.5


def test_a_function_with_another_value_each_time_is_worked_out_again_beside_a_changed_column() -> None:
    product = Product.objects.create(name="a")

    def add(number: int) -> int:
        return sum(Product.objects.update(weight=Coalesce("weight", 0.0) + 1 + Random() * 0) for _ in range(TIMES))

    assert at_once(add) == [TIMES] * WRITERS
    assert Product.objects.get(pk=product.pk).weight == WRITERS * TIMES


def test_one_of_several_creates_of_a_unique_value_succeeds() -> None:
    def create(number: int) -> int:
        made = 0
        for n in range(TIMES):
            try:
                with transaction.atomic():
                    Maker.objects.create(name=f"maker {n}")
                    Product.objects.create(name=f"{number} {n}")
                made += 1
            except (IntegrityError, OperationalError):
                continue
        return made

    assert sum(at_once(create)) == TIMES
    assert Maker.objects.count() == Product.objects.count() == TIMES


def test_get_or_create_makes_one_row() -> None:
    def get(number: int) -> list[int]:
        return [Maker.objects.get_or_create(name=f"maker {n}")[0].pk for n in range(TIMES)]

    first, *others = at_once(get)
    assert others == [first] * (WRITERS - 1)
    assert Maker.objects.count() == TIMES


def test_what_a_writer_has_written_is_in_its_next_read_of_any_strategy() -> None:
    maker = Maker.objects.create(name="Ada")
    products = Product.objects.bulk_create([Product(name=str(n), maker=maker) for n in range(WRITERS)])

    def write(number: int) -> bool:
        pk = products[number].pk
        seen = True
        for n in range(1, TIMES + 1):
            Product.objects.filter(pk=pk).update(stock=n)
            seen &= Product.objects.get(pk=pk).stock == n
            seen &= Product.objects.filter(name=str(number), stock=n).exists()
            seen &= Product.objects.filter(maker__name="ada", name=str(number)).values_list("stock").get() == (n,)
        return seen

    assert at_once(write) == [True] * WRITERS
