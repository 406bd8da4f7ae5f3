"""What statements of models cost: requests to Appwrite, and round trips to the cache.

Those of pages of the admin stand in tour/catalog/steps.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django
import pytest
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Sum
from django.db.models.functions import Lower

from django_appwrite_orm import orm
from tests.support.costs import Costs, counted

from .shop.models import Batch, Counter, Letter, Maker, Note, Parcel, Product, Special, Tag

pytestmark = pytest.mark.usefixtures("shop")

Read = Callable[[], Any]


def methods(costs: Costs) -> list[str]:
    """The methods of the requests, in their order."""
    return [request.split()[0] for request in costs.requests]


@contextmanager
def requests(*expected: str) -> Iterator[None]:
    """The block sends requests of these methods, in this order."""
    with counted() as costs:
        yield
    assert methods(costs) == list(expected), costs.requests


@pytest.fixture
def products() -> list[Product]:
    ada, bob = Maker.objects.bulk_create([Maker(name="Ada"), Maker(name="Bob")])
    return Product.objects.bulk_create(
        Product(name=f"p{number:03}", stock=number, maker=ada if number % 2 else bob) for number in range(60)
    )


# Reads

READS: dict[str, Callable[[Product], Any]] = {
    "get by the primary key": lambda product: Product.objects.get(pk=product.pk),
    "get by a unique value": lambda product: Maker.objects.get(name="Ada"),
    "first": lambda product: Product.objects.order_by("name").first(),
    "first without an order": lambda product: Product.objects.first(),
    "last": lambda product: Product.objects.order_by("stock").last(),
    "latest": lambda product: Product.objects.latest("stock"),
    "refresh_from_db": lambda product: product.refresh_from_db(),
    "a page of a filter": lambda product: list(Product.objects.filter(stock__gt=5).order_by("-stock")[20:45]),
    "a page of several conditions": lambda product: list(
        Product.objects.filter(name__startswith="p", maker__isnull=False).exclude(stock__in=[1, 2])[:25]
    ),
    "all rows of one page": lambda product: list(Product.objects.all()),
    "some columns": lambda product: list(Product.objects.filter(stock__lt=9).values_list("name", "stock")),
    "in_bulk": lambda product: Product.objects.in_bulk([product.pk, product.pk + 1]),
    "exists": lambda product: Product.objects.filter(stock__gt=5).exists(),
    "exists by the primary key": lambda product: Product.objects.filter(pk=product.pk).exists(),
    "contains": lambda product: Product.objects.filter(stock__gte=0).contains(product),
    "count": lambda product: Product.objects.filter(stock__gt=5).count(),
    "rows that lead to a row": lambda product: list(product.maker.product_set.all()),
    "related row": lambda product: Product.objects.get(pk=product.pk).maker_id,
    "in memory, one table": lambda product: Product.objects.aggregate(total=Sum("stock")),
    "in memory, an expression": lambda product: list(Product.objects.annotate(low=Lower("name")).order_by("low")[:5]),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_a_read_of_one_table_is_one_request_and_a_hit_one_round_trip(
    read: Callable[[Product], Any], products: list[Product]
) -> None:
    products[0].maker  # noqa: B018 -- read before the count
    with counted() as costs:
        missed = read(products[0])
    assert methods(costs) == ["GET"], costs.requests
    with counted() as costs:
        assert read(products[0]) == missed
    assert (costs.requests, costs.cache) == ([], ["get_many"])


@pytest.mark.parametrize(
    "read",
    [
        lambda: Product.objects.none().count(),
        lambda: list(Product.objects.filter(pk__in=[])),
        lambda: list(Product.objects.all()[5:5]),
        lambda: Product.objects.filter(stock__in=[]).exists(),
    ],
)
def test_a_read_that_can_have_no_rows_costs_nothing(read: Read) -> None:
    with counted() as costs:
        assert not read()
    assert (costs.requests, costs.cache) == ([], [])


def test_rows_that_are_not_there_are_a_result_too() -> None:
    for expected in (["GET"], []):
        with counted() as costs, pytest.raises(Product.DoesNotExist):
            Product.objects.get(pk=7)
        assert methods(costs) == expected


def test_a_list_is_one_request_for_each_page(products: list[Product], settings: Any) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "PAGE_SIZE": 25}}
    with requests("GET", "GET", "GET"):
        assert len(Product.objects.all()) == 60
    with counted() as costs:
        assert len(Product.objects.all()) == 60
    assert (costs.requests, costs.cache) == ([], ["get_many"] * 3)


@pytest.mark.parametrize(("rows", "expected"), [(4_999, 1), (5_000, 2), (9_999, 2), (12_001, 3)])
def test_a_count_is_one_request_for_every_5000_rows(rows: int, expected: int) -> None:
    """A table that has exactly 5,000 rows may have more: the first request cannot say."""
    insert_notes(rows)
    with counted() as costs:
        assert Note.objects.count() == rows
    assert methods(costs) == ["GET"] * expected
    with counted() as costs:
        assert Note.objects.count() == rows
    assert (costs.requests, costs.cache) == ([], ["get_many"])


def insert_notes(number: int) -> None:
    for start in range(0, number, 5_000):
        Note.objects.bulk_create(Note(text=str(place)) for place in range(start, min(start + 5_000, number)))


def test_each_selected_relation_is_one_more_request(products: list[Product]) -> None:
    product = products[1]
    tags = Tag.objects.bulk_create([Tag(slug="new"), Tag(slug="old")])
    Batch.objects.bulk_create(Batch(product=product, tag=tags[n % 2]) for n, product in enumerate(products))
    for relations, count in {("product",): 2, ("product", "tag"): 3, ("product__maker", "tag"): 4}.items():
        orm.clear_caches()
        batches = Batch.objects.select_related(*relations).order_by("pk")
        for expected in (count, 0):
            with counted() as costs:
                rows = list(batches.all())
                assert all(row.product.name for row in rows)
            assert methods(costs) == ["GET"] * expected
        assert costs.cache == ["get_many"] * count
        with counted() as costs:
            for row in rows:
                assert "tag" not in relations or row.tag.slug
                assert "product__maker" not in relations or row.product.maker.name
        assert costs.requests == []
    orm.clear_caches()
    with requests("GET", "GET"):
        assert Batch.objects.select_related("product").get(product=product.pk).product == product


def test_each_prefetched_relation_is_one_more_request(products: list[Product]) -> None:
    with requests("GET", "GET"):
        makers = list(Maker.objects.prefetch_related("product_set"))
    with requests():
        assert sorted(len(maker.product_set.all()) for maker in makers) == [30, 30]


QUERIES_IN_MEMORY: dict[str, tuple[Callable[[], models.QuerySet[Any]], int]] = {
    "a condition on a joined table": (lambda: Product.objects.filter(maker__name="Ada"), 2),
    "groups": (lambda: Maker.objects.annotate(n=Count("product")), 2),
    "a subquery": (lambda: Maker.objects.filter(Exists(Product.objects.filter(maker=OuterRef("pk"), stock=3))), 2),
    "distinct": (lambda: Product.objects.values("maker").distinct(), 1),
    "a union": (lambda: Product.objects.filter(stock=1).union(Product.objects.filter(stock=2)), 1),
    "a table twice": (lambda: Product.objects.filter(maker__product__stock=3), 2),
    "many to many": (lambda: Product.objects.filter(tags__slug="new"), 1),
    "a comparison of columns": (lambda: Product.objects.filter(stock__gt=F("weight")), 1),
}


@pytest.mark.parametrize(("query", "sources"), QUERIES_IN_MEMORY.values(), ids=QUERIES_IN_MEMORY.keys())
def test_a_query_in_memory_reads_its_sources_once_and_a_hit_is_one_round_trip(
    query: Callable[[], models.QuerySet[Any]], sources: int, products: list[Product]
) -> None:
    with counted() as costs:
        missed = list(query())
    assert methods(costs) == ["GET"] * sources, costs.requests
    with counted() as costs:
        assert list(query()) == missed
    assert (costs.requests, costs.cache) == ([], ["get_many"])


# Changes


def test_a_new_row_is_one_request() -> None:
    with requests("POST"):
        Product.objects.create(name="a")
    with requests("POST"):
        Note(text="b").save()
    with requests("POST"):
        Tag.objects.create(slug="new")
    with requests("GET", "POST"):  # Django looks whether there is a row with the key that was chosen
        Tag(slug="old").save()
    with requests("POST"):
        Batch(product_id=1).save()


def test_a_changed_row_is_one_request(products: list[Product]) -> None:
    product = products[0]
    product.stock = 100
    with requests("PATCH"):
        product.save()
    with requests("PATCH"):
        product.save(update_fields=["stock", "name"])
    product.stock = F("stock") + 1
    with requests("PATCH"):
        product.save(update_fields=["stock"])


def test_a_number_is_added_to_a_row_by_its_id_in_one_request_and_to_others_in_a_transaction(
    products: list[Product],
) -> None:
    with requests("PATCH"):
        assert Product.objects.filter(pk=products[0].pk).update(stock=F("stock") + 1) == 1
    with requests("GET", "POST", "POST", "GET", "PATCH"):  # only while the row meets the condition
        assert Product.objects.filter(name="p007").update(stock=F("stock") + 1) == 1
    with requests("GET"):
        assert Product.objects.filter(name="none").update(stock=F("stock") + 1) == 0
    with requests("GET", "POST", "POST", "GET", "PATCH"):
        assert Product.objects.filter(name__in=["p010", "p020"]).update(stock=F("stock") + 1) == 2
    with requests("GET", "POST", "POST", "GET", "PATCH"):  # both changes of the row, or none
        assert Product.objects.filter(name="p030").update(stock=F("stock") + 1, description="new") == 1
    with requests("GET"):
        assert Product.objects.filter(name="p040").update(stock=F("stock") + 0) == 1
    stocks = dict(
        Product.objects.filter(name__in=["p000", "p007", "p010", "p030", "p040"]).values_list("name", "stock")
    )
    assert stocks == {"p000": 1, "p007": 8, "p010": 11, "p030": 31, "p040": 40}


def test_get_or_create_looks_for_the_row_and_for_its_unique_values_and_creates_it() -> None:
    with requests("GET", "GET", "POST"):
        Maker.objects.get_or_create(name="Ada")
    with requests("GET"):
        Maker.objects.get_or_create(name="Ada")
    with requests():
        Maker.objects.get_or_create(name="Ada")


@pytest.mark.parametrize(("rows", "expected"), [(1, 1), (100, 1), (101, 2), (250, 3)])
def test_bulk_create_is_one_request_for_every_100_rows(rows: int, expected: int) -> None:
    with counted() as costs:
        Product.objects.bulk_create(Product(name=str(number)) for number in range(rows))
    # Before 6.0 Django opens a block for it, which commits in three requests however many there are.
    is_block = django.VERSION < (6, 0) and expected > 1
    assert methods(costs) == (["POST", "POST", "PATCH"] if is_block else ["POST"] * expected)


def test_a_change_of_the_rows_of_a_direct_queryset_is_one_request(products: list[Product]) -> None:
    with requests("PATCH"):
        assert Product.objects.filter(stock__gte=20).update(description="many") == 40
    with requests("PATCH"):
        assert Product.objects.update(description="all") == 60
    with requests("PATCH"):
        assert Product.objects.filter(pk=products[0].pk).update(description="one") == 1
    with requests():
        assert Product.objects.filter(pk__in=[]).update(description="none") == 0


def test_a_change_of_one_row_while_it_meets_conditions_is_read_twice_and_written_in_three_requests(
    products: list[Product],
) -> None:
    row = Product.objects.filter(pk=products[0].pk)
    with requests("GET", "POST", "POST", "GET", "PATCH"):
        assert row.filter(stock=0).update(stock=1) == 1
    with requests("GET"):
        assert row.filter(stock=0).update(stock=1) == 0


def test_a_deletion_of_the_rows_of_a_direct_queryset_is_one_request_to_look_and_one_to_delete() -> None:
    """Django opens a block for it, and says how many rows there were before that is committed."""
    Note.objects.bulk_create(Note(text=str(number)) for number in range(60))
    with requests("GET", "DELETE"):
        assert Note.objects.filter(text__startswith="1").delete()[0] == 11
    note = Note.objects.order_by("pk")[0]
    with requests("DELETE"):
        assert note.delete()[0] == 1
    with requests("GET", "DELETE"):
        assert Note.objects.all().delete()[0] == 48


def test_a_deletion_of_a_row_with_r_relations_is_at_most_2_and_2_r_requests(products: list[Product]) -> None:
    """Of each relation the rows are read, and their ids where rows lead to them; the commit is three requests."""
    Tag.objects.create(slug="new")
    batches = Batch.objects.bulk_create(Batch(product=product, tag_id="new") for product in products)
    Counter.objects.create(number=1, batch=batches[0])
    batch = Batch.objects.get(pk=batches[0].pk)
    with requests("GET", "POST", "POST", "PATCH"):  # 2 + 2 * 1: counters
        assert batch.delete()[1] == {"shop.Batch": 1, "shop.Counter": 1}
    product = Product.objects.get(pk=products[1].pk)
    with counted() as costs:
        assert product.delete()[1] == {"shop.Product": 1, "shop.Batch": 1}
    assert len(costs.requests) <= 2 + 2 * 4, costs.requests  # batches, their counters, tags, children
    maker = Maker.objects.get(name="Ada")
    with counted() as costs:
        assert maker.delete()[1] == {"shop.Maker": 1, "shop.Product": 29, "shop.Batch": 29}
    assert len(costs.requests) <= 2 + 2 * 5, costs.requests


def test_a_deletion_of_a_row_that_is_not_in_the_cache_is_one_more_request() -> None:
    """The block looks whether the row is still there."""
    letter = Letter.objects.create(text="a")
    Parcel.objects.create(letter=letter)
    with requests("GET", "GET", "POST", "POST", "PATCH"):  # 3 + 2 * 1
        assert letter.delete()[1] == {"shop.Letter": 1, "shop.Parcel": 1}


def test_a_deletion_of_a_queryset_with_relations_is_two_more_requests() -> None:
    """Its rows are read, and their ids in the block."""
    letters = Letter.objects.bulk_create(Letter(text=str(number)) for number in range(10))
    Parcel.objects.bulk_create(Parcel(letter=letter) for letter in letters)
    with requests("GET", "GET", "GET", "POST", "POST", "PATCH"):
        assert Letter.objects.filter(text__gte="5").delete()[1] == {"shop.Letter": 5, "shop.Parcel": 5}


# Blocks


def changed(costs: Costs) -> list[str]:
    """The requests that change something."""
    return [request for request in costs.requests if not request.startswith("GET")]


def test_a_block_without_changes_is_no_request() -> None:
    with requests(), transaction.atomic():
        pass


def test_a_block_with_one_change_is_one_request(products: list[Product]) -> None:
    product = Product.objects.get(pk=products[0].pk)
    with requests("PATCH"), transaction.atomic():
        product.save()
    with requests("GET", "PATCH"), transaction.atomic():  # whether the row is there
        Product.objects.filter(pk=products[1].pk).update(stock=1)
    with requests("POST"), transaction.atomic():
        Product.objects.create(name="a")
    with requests("GET", "POST"), transaction.atomic():  # whether the id, which was not made here, is taken
        Note.objects.create(id="one", text="a")


@pytest.mark.parametrize("operations", [2, 3, 50, 100])
def test_a_block_with_2_to_100_operations_is_three_requests(operations: int, products: list[Product]) -> None:
    """Changes of rows that were read before; alternating tables keep them apart."""
    notes = Note.objects.bulk_create(Note(text=str(number)) for number in range(50))
    list(Product.objects.all()), list(Note.objects.all())
    with counted() as costs, transaction.atomic():
        for number in range(operations):
            row = (products if number % 2 else notes)[number // 2]
            type(row).objects.filter(pk=row.pk).update(**{"stock" if number % 2 else "_order": 1000 + number})
    assert len(changed(costs)) == 3, changed(costs)
    assert Note.objects.filter(_order__gte=1000).count() + Product.objects.filter(stock__gte=1000).count() == operations


def test_a_block_of_new_rows_in_bulk_is_three_requests_and_four_where_its_rows_are_changed_later() -> None:
    with counted() as costs, transaction.atomic():
        products = Product.objects.bulk_create(Product(name=str(number)) for number in range(250))
        Note.objects.create(text="a")
    assert len(changed(costs)) == 3
    with counted() as costs, transaction.atomic():
        Product.objects.filter(stock=0).update(stock=1)
        Product.objects.filter(pk=products[0].pk).update(stock=F("stock") + 1)
        Product.objects.filter(pk=products[1].pk).delete()
    assert len(changed(costs)) <= 4
    assert Product.objects.filter(stock=1).count() == 248


def test_a_block_asks_for_rows_with_a_unique_value_only_where_the_value_changes(products: list[Product]) -> None:
    product = Product.objects.get(pk=products[0].pk)
    product.description = "new"
    with requests("PATCH"), transaction.atomic():
        product.save()
    product = Product.objects.get(pk=product.pk)
    product.name = "new"
    with requests("GET", "PATCH"), transaction.atomic():
        product.save()


def test_a_block_reads_nothing_that_is_in_the_cache(products: list[Product]) -> None:
    product = Product.objects.get(pk=products[0].pk)
    list(Maker.objects.filter(name="Ada"))
    with requests("PATCH"), transaction.atomic():
        product = Product.objects.get(pk=product.pk)
        assert Maker.objects.filter(name="Ada")
        Product.objects.filter(pk=product.pk).update(stock=5)
    orm.clear_caches()
    with requests("GET", "GET", "POST", "POST", "PATCH"), transaction.atomic():
        maker = Maker.objects.create(name="Eve")  # whether the name is taken
        Product.objects.filter(pk=product.pk).update(description=maker.name)


def test_a_child_is_created_changed_and_deleted_with_its_parent_in_three_requests() -> None:
    with counted() as costs:
        special = Special.objects.create(name="a", discount=1)
    assert len(changed(costs)) == 3
    special.name, special.discount = "b", 2
    with counted() as costs:
        special.save()
    assert len(changed(costs)) == 3
    with counted() as costs:
        special.delete()
    assert len(changed(costs)) == 3
