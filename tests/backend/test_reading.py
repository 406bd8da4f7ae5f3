"""Queries that Appwrite answers, directly or by joins."""

from __future__ import annotations

import datetime
import decimal
import re
import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F, Q
from django.test.utils import CaptureQueriesContext

from tests.support.costs import counted

from .shop.models import Batch, Counter, Maker, Note, Product, Special, Tag

UTC = datetime.UTC
CODE = uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e")

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
def shelf(shop: None) -> list[Product]:
    """Three products: a, b and c."""
    ada, bob = Maker.objects.create(name="Ada", country="gb"), Maker.objects.create(name="Bob")
    return Product.objects.bulk_create([
        Product(name="a", stock=1, price=decimal.Decimal("1.50"), weight=0.5, maker=ada, is_sold=True,
                made_on=datetime.date(2024, 1, 1), sold_at=datetime.datetime(2024, 1, 1, 12, tzinfo=UTC)),
        Product(name="b", stock=2, price=decimal.Decimal("2.00"), maker=bob, code=CODE,
                made_on=datetime.date(2024, 2, 1), lasts=datetime.timedelta(hours=1)),
        Product(name="c", stock=3, description="100% a\\b", opens_at=datetime.time(9, 30), address="10.0.0.1"),
    ])  # fmt: skip


def names(**conditions: Any) -> str:
    return "".join(Product.objects.filter(**conditions).order_by("name").values_list("name", flat=True))


def test_a_row_comes_back_with_the_values_that_it_was_created_with() -> None:
    maker = Maker.objects.create(name="Ada")
    values = {
        "name": "x", "description": "long", "stock": 2**62, "price": decimal.Decimal("12.34"), "weight": 1.25,
        "is_sold": True, "made_on": datetime.date(2024, 1, 2), "opens_at": datetime.time(1, 2, 3, 4),
        "sold_at": datetime.datetime(2024, 1, 1, 12, 0, 0, 123_000, tzinfo=UTC), "lasts": datetime.timedelta(days=1),
        "code": CODE, "data": {"a": [1, None]}, "picture": b"\0\xff", "address": "10.0.0.1", "maker": maker,
    }  # fmt: skip
    product = Product.objects.create(**values)
    read = Product.objects.get(pk=product.pk)
    assert {name: getattr(read, name) for name in values} == values
    assert read == product


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"name": "a"}, "a"),
        ({"name__in": ["a", "c", None]}, "ac"),
        ({"name__in": []}, ""),
        ({"name__iexact": "A"}, "a"),
        ({"name__gt": "a"}, "bc"),
        ({"stock__lt": 2}, "a"),
        ({"stock__gte": 2}, "bc"),
        ({"stock__range": (2, 3)}, "bc"),
        ({"stock": 2**70}, ""),
        ({"stock__lt": 2.5}, "ab"),
        ({"price": decimal.Decimal("1.5")}, "a"),
        ({"price__gt": decimal.Decimal("1.999")}, "b"),
        ({"price__lte": decimal.Decimal("1.999")}, "a"),
        ({"price__isnull": True}, "c"),
        ({"weight__isnull": False}, "a"),
        ({"weight": None}, "bc"),
        ({"is_sold": True}, "a"),
        ({"made_on__gte": datetime.date(2024, 1, 15)}, "b"),
        ({"sold_at__lt": datetime.datetime(2025, 1, 1, tzinfo=UTC)}, "a"),
        ({"lasts": datetime.timedelta(hours=1)}, "b"),
        ({"code": CODE}, "b"),
        ({"address": "10.0.0.1"}, "c"),
        ({"opens_at__gt": datetime.time(9)}, "c"),
        ({"description__contains": "0%"}, "c"),
        ({"description__contains": "\\"}, "c"),
        ({"description__startswith": ""}, "abc"),
        ({"description__icontains": "A\\B"}, "c"),
        ({"description__endswith": "\\b"}, "c"),
        ({"name": "nul\0"}, ""),
    ],
)
@pytest.mark.usefixtures("shelf")
def test_lookups(conditions: dict[str, Any], expected: str) -> None:
    assert names(**conditions) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Q(stock=1) | Q(name="c"), "ac"),
        (~Q(stock=1), "bc"),
        (~Q(price=decimal.Decimal("2.00")), "ac"),
        (~(Q(stock__gt=1) & Q(price__isnull=False)), "ac"),
        (Q(stock__gt=0) & ~Q(name__in=["a", "b"]), "c"),
        (~Q(stock=2**70), "abc"),
        (~Q(name__in=[]), "abc"),
        (Q(pk__in=[]) | Q(stock=3), "c"),
    ],
)
@pytest.mark.usefixtures("shelf")
def test_conditions_are_combined_and_negated_as_in_sql(condition: Q, expected: str) -> None:
    assert "".join(Product.objects.filter(condition).order_by("name").values_list("name", flat=True)) == expected


def test_keys_of_every_kind_are_looked_up(shelf: list[Product]) -> None:
    first, second, third = shelf
    assert Product.objects.get(pk=first.pk) == first
    assert set(Product.objects.filter(pk__in=[first.pk, third.pk])) == {first, third}
    assert set(Product.objects.filter(pk__gt=first.pk)) == {second, third}
    assert list(Product.objects.filter(pk__lt=0)) == []
    assert Product.objects.filter(pk__gte=-5).count() == 3
    assert list(Product.objects.filter(maker=second.maker)) == list(Product.objects.filter(maker__id=second.maker_id))
    tag = Tag.objects.create(slug="A Tag")
    batch = Batch.objects.create(product=first, tag=tag)
    note = Note.objects.create(text="n")
    counter = Counter.objects.create(number=5, batch=batch)
    assert Tag.objects.get(pk="A Tag") == tag
    assert not Tag.objects.filter(pk="a tag").exists()
    assert Batch.objects.get(pk=batch.pk, tag=tag, product=first) == batch
    assert Note.objects.get(pk=note.pk) == note
    assert not Note.objects.filter(pk=note.pk.upper()).exists()
    assert Counter.objects.get(batch=batch) == counter
    assert batch.counter == counter


def test_orders_and_slices_are_the_servers(shelf: list[Product]) -> None:
    assert [p.name for p in Product.objects.order_by("-stock")[:2]] == ["c", "b"]
    assert [p.name for p in Product.objects.order_by("price", "name")] == ["c", "a", "b"]
    assert [p.name for p in Product.objects.order_by("-price")] == ["b", "a", "c"]
    assert [p.name for p in Product.objects.order_by("pk")[1:]] == ["b", "c"]
    assert Product.objects.order_by("name").last() == shelf[2]
    assert Product.objects.order_by("name")[2] == shelf[2]
    assert list(Product.objects.order_by("name").values_list("stock", "maker__id")[:1]) == [(1, shelf[0].maker_id)]


def test_a_list_of_several_pages_comes_whole_and_in_order(settings: Any) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "PAGE_SIZE": 7}}
    Product.objects.bulk_create([Product(name=f"{n:03}", stock=n % 3) for n in range(50)])
    assert [p.name for p in Product.objects.order_by("name")] == [f"{n:03}" for n in range(50)]
    assert [p.name for p in Product.objects.order_by("stock", "-name")[3:20]] == [
        p.name for p in sorted(Product.objects.all(), key=lambda p: (p.stock, -int(p.name)))[3:20]
    ]
    assert len(list(Product.objects.iterator(chunk_size=5))) == 50
    assert Product.objects.count() == 50


def test_more_values_than_a_request_takes_are_asked_in_parts() -> None:
    made = Product.objects.bulk_create([Product(name=str(n)) for n in range(300)])
    with counted() as costs:
        assert len(Product.objects.filter(pk__in=[p.pk for p in made])) == 300
    assert len(costs.requests) == 2


def test_related_rows_are_read_by_one_request_for_each_relation(shelf: list[Product]) -> None:
    batch = Batch.objects.create(product=shelf[0])
    with counted() as costs:
        found = {p.name: p.maker and p.maker.name for p in Product.objects.select_related("maker")}
    assert found == {"a": "Ada", "b": "Bob", "c": None}
    assert len(costs.requests) == 2
    with counted() as costs:
        assert Batch.objects.select_related("product__maker").get().product.maker.name == "Ada"
    assert len(costs.requests) == 1 + 2
    counter = Counter.objects.create(number=1, batch=batch)
    assert Batch.objects.select_related("counter").get().counter == counter


def test_a_child_is_read_with_its_parent() -> None:
    special = Special.objects.create(name="s", stock=4, discount=5)
    read = Special.objects.get(pk=special.pk)
    assert (read.name, read.stock, read.discount) == ("s", 4, 5)
    assert Product.objects.get().special == special
    assert [s.name for s in Special.objects.filter(discount__gt=1)] == ["s"]


def test_deferred_fields_are_read_when_they_are_used(shelf: list[Product]) -> None:
    product = Product.objects.only("name").order_by("name")[0]
    with counted() as costs:
        assert product.name == "a"
    assert costs.requests == []
    assert product.stock == 1
    assert Product.objects.defer("name").get(stock=1).name == "a"


@pytest.mark.usefixtures("shelf")
def test_costs_of_reads() -> None:
    pk = Product.objects.order_by("name")[0].pk
    for ask in (
        lambda: Product.objects.get(pk=pk),
        lambda: list(Product.objects.filter(stock__gt=0)),
        lambda: Product.objects.filter(stock__gt=0).count(),
        lambda: Product.objects.filter(stock__gt=0).exists(),
        lambda: Product.objects.filter(stock=2).first(),
    ):
        with counted() as costs:
            ask()
        assert len(costs.requests) == 1
        with counted() as costs:
            ask()
        assert (costs.requests, costs.cache) == ([], ["get_many"])


def test_select_for_update_locks_nothing_and_needs_no_other_requests(shelf: list[Product]) -> None:
    with counted() as costs, transaction.atomic():
        locked = Product.objects.select_for_update().get(pk=shelf[0].pk)
    assert locked == shelf[0]
    assert [request.split()[0] for request in costs.requests] == ["GET"]


def test_a_statement_in_a_block_is_staged_after_its_reads(shelf: list[Product]) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        Product.objects.filter(pk=shelf[0].pk).update(name="x")
        Product.objects.filter(pk=shelf[0].pk).update(name="y")
    assert [re.findall("status: ([a-z +]+), requests", query["sql"]) for query in queries] == [
        ["miss + staged"],
        ["hit + miss + staged"],
    ]


def test_each_statement_is_one_entry_in_the_log(shelf: list[Product]) -> None:
    with CaptureQueriesContext(connection) as queries:
        list(Product.objects.filter(stock=1))
        Product.objects.select_related("maker").count()
        list(Product.objects.select_related("maker"))
    assert [query["sql"] for query in queries] == [
        'list shop_product {"method":"equal","attribute":"stock","values":[1]}'
        " (strategy: direct, status: miss, requests: 1, rows: 1)",
        "count shop_product (strategy: direct, status: miss, requests: 1)",
        "list shop_product (strategy: joined, status: miss, requests: 2, rows: 5)",
    ]
    assert all(float(query["time"]) >= 0 for query in queries)
    with CaptureQueriesContext(connection) as queries:
        list(Product.objects.filter(stock=1))
        Product.objects.filter(stock=1).update(name="x")
    assert [query["sql"].partition("(")[2] for query in queries] == [
        "strategy: direct, status: hit, requests: 0, rows: 1)",
        "strategy: direct, status: written, requests: 1, rows: 1)",
    ]
    seen: list[str] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        Product.objects.exists()
    assert seen == ["list shop_product"]


def test_what_was_written_through_a_model_is_read_at_once() -> None:
    product = Product.objects.create(name="x")
    assert Product.objects.get(pk=product.pk).stock == 0
    Product.objects.filter(pk=product.pk).update(stock=F("stock") + 5)
    assert Product.objects.get(pk=product.pk).stock == 5
    assert Product.objects.filter(stock=5).count() == 1
    product.delete()
    assert not Product.objects.filter(pk=product.pk).exists()


def test_one_row_by_its_id_with_a_row_that_it_names_by_a_value() -> None:
    batch = Batch.objects.create(product=Product.objects.create(name="a"), tag=Tag.objects.create(slug="Not/an id"))
    assert Batch.objects.select_related("tag").get(pk=batch.pk).tag == batch.tag
