"""Queries that Appwrite cannot answer, answered in memory."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any
from unittest import mock

import pytest
from django.db import DataError, NotSupportedError, connection, connections
from django.db.models import Avg, Count, Exists, F, IntegerField, Max, OuterRef, Q, Sum, Value, Window
from django.db.models.functions import Concat, Lower, RowNumber, TruncMonth
from django.db.models.lookups import PostgresOperatorLookup
from django.test.utils import CaptureQueriesContext, register_lookup
from django.utils import timezone

from tests.backend.shop.models import Batch, Maker, Product, Special, Tag
from tests.support.costs import counted

from .support import insert, rows

NOON = datetime.datetime(2024, 5, 31, 12, 0, 0, 250_000, datetime.UTC)
CODE = uuid.UUID("12345678-1234-5678-1234-567812345678")


@pytest.fixture(autouse=True)
def stock(shop: None) -> None:
    for number, name in enumerate(["Ada", "Bob", "Éva"], 1):
        insert(Maker, id=number, name=name, country="at" if number < 3 else "hu")
    insert(
        Product,
        id=1,
        name="Anvil",
        stock=3,
        price=decimal.Decimal("12.30"),
        weight=2.5,
        is_sold=True,
        made_on=datetime.date(2024, 5, 30),
        sold_at=NOON,
        opens_at=datetime.time(9, 30),
        lasts=datetime.timedelta(hours=1, microseconds=5),
        code=CODE,
        data={"a": [1, 2.5, None, "x"]},
        picture=b"\x00\xff",
        address="10.0.0.1",
        maker_id=1,
    )
    insert(Product, id=2, name="bolt", stock=5, price=decimal.Decimal("0.10"), maker_id=1)
    insert(Product, id=3, name="Crate", stock=0, maker_id=3)
    insert(Product, id=4, name="dowel", stock=7)


def test_a_row_comes_back_with_the_values_of_every_field() -> None:
    fields = [field.attname for field in Product._meta.concrete_fields]
    row = dict(zip(fields, rows(Product.objects.filter(pk=1).values_list(*fields))[0], strict=True))
    assert row == {
        "id": 1,
        "name": "Anvil",
        "description": "",
        "stock": 3,
        "price": decimal.Decimal("12.30"),
        "weight": 2.5,
        "is_sold": True,
        "made_on": datetime.date(2024, 5, 30),
        "sold_at": NOON,
        "opens_at": datetime.time(9, 30),
        "lasts": datetime.timedelta(hours=1, microseconds=5),
        "code": CODE,
        "data": {"a": [1, 2.5, None, "x"]},
        "picture": b"\x00\xff",
        "address": "10.0.0.1",
        "maker_id": 1,
    }


def test_joins_groups_and_orders() -> None:
    query = Maker.objects.annotate(n=Count("product"), s=Sum("product__stock")).order_by("-n", "name")
    assert rows(query.values_list("name", "n", "s")) == [("Ada", 2, 8), ("Éva", 1, 0), ("Bob", 0, None)]
    assert rows(Product.objects.filter(maker__country="AT").order_by("name").values_list("name")) == [
        ("Anvil",),
        ("bolt",),
    ]
    having = Maker.objects.annotate(n=Count("product")).filter(n__gt=1).values_list("name")
    assert rows(having) == [("Ada",)]


def test_conditions_on_rows_that_are_not_there() -> None:
    """Bob has no products, and no row of Ada's or Éva's would make them match too."""
    assert list(Maker.objects.filter(product__isnull=True).values_list("name")) == [("Bob",)]
    light = Maker.objects.filter(product__weight__isnull=True).order_by("name", "product__name")
    assert list(light.values_list("name", "product__name")) == [("Ada", "bolt"), ("Bob", None), ("Éva", "Crate")]
    insert(Product, id=5, name="Egg", weight=1.0, maker_id=2)
    assert list(light.values_list("name", "product__name")) == [("Ada", "bolt"), ("Éva", "Crate")]


def test_subqueries_windows_and_unions() -> None:
    sold = Product.objects.filter(maker=OuterRef("pk"), is_sold=True)
    assert rows(Maker.objects.filter(Exists(sold)).values_list("name")) == [("Ada",)]
    assert rows(Maker.objects.exclude(product__stock__gt=1).order_by("pk").values_list("pk")) == [(2,), (3,)]
    numbered = Product.objects.annotate(place=Window(RowNumber(), partition_by="maker", order_by="-stock"))
    assert rows(numbered.order_by("pk").values_list("place")) == [(2,), (1,), (1,), (1,)]
    both = Maker.objects.values_list("name").union(Product.objects.values_list("name")).order_by("name")
    assert [name for (name,) in rows(both)] == ["Ada", "Anvil", "Bob", "bolt", "Crate", "dowel", "Éva"]


def test_expressions_and_dates() -> None:
    query = Product.objects.filter(sold_at__month=5).annotate(
        m=TruncMonth("sold_at"), label=Concat(Lower("name"), Value("!")), double=F("stock") * 2
    )
    month = datetime.datetime(2024, 5, 1, tzinfo=timezone.get_default_timezone())
    assert rows(query.values_list("m", "label", "double")) == [(month, "anvil!", 6)]
    assert rows(Product.objects.filter(data__a__1=2.5).values_list("pk")) == [(1,)]
    assert rows(Product.objects.filter(price__gt=decimal.Decimal("0.1")).values_list("pk")) == [(1,)]


def test_the_comparison_of_texts_is_the_servers() -> None:
    for text, expected in [("ADA", [1]), ("ada ", [1]), ("eva", [3]), ("adá", [1])]:
        assert [pk for (pk,) in rows(Maker.objects.filter(name=text).values_list("pk"))] == expected
        assert [pk for (pk,) in rows(Maker.objects.filter(name__iexact=text).values_list("pk"))] == expected
    assert rows(Maker.objects.filter(name__contains="V").values_list("pk")) == [(3,)]
    assert rows(Maker.objects.filter(name__startswith="é").values_list("pk")) == [(3,)]
    assert rows(Maker.objects.filter(Q(name__endswith="B") | Q(name__contains="%")).values_list("pk")) == [(2,)]


def test_parents_and_relations_to_many() -> None:
    insert(Tag, slug="new")
    insert(Product.tags.through, id=1, product_id=2, tag_id="new")
    insert(Batch, id=CODE, product_id=2, tag_id="new")
    insert(Special, product_ptr_id=3, discount=5)
    assert rows(Product.objects.filter(tags="new").values_list("name")) == [("bolt",)]
    assert rows(Batch.objects.filter(product__tags__slug="new").values_list("pk", "product__maker__name")) == [
        (CODE, "Ada")
    ]
    assert rows(Special.objects.filter(maker__name="eva").values_list("name", "discount")) == [("Crate", 5)]


def test_aggregates_over_a_query() -> None:
    assert rows(
        Product.objects.filter(maker__isnull=False)
        .values("maker")
        .annotate(a=Avg("stock"))
        .order_by("maker")
        .values_list("maker", "a")
    ) == [(1, 4.0), (3, 0.0)]


def test_querysets_are_answered_in_memory_where_appwrite_cannot() -> None:
    makers = Maker.objects.annotate(n=Count("product")).order_by("pk")
    assert [(maker.name, maker.n) for maker in makers] == [("Ada", 2), ("Bob", 0), ("Éva", 1)]
    assert makers.aggregate(most=Max("n"), all=Sum("n")) == {"most": 2, "all": 3}
    assert Product.objects.filter(maker__country="at").count() == 2
    assert Product.objects.filter(maker__country="at").exists()
    assert not Product.objects.filter(maker__country="xx").exists()
    assert list(Product.objects.filter(maker__name="Ada").order_by("pk").iterator(chunk_size=1)) == [
        Product(pk=1),
        Product(pk=2),
    ]
    assert list(Maker.objects.values_list("country", flat=True).distinct().order_by("country")) == ["at", "hu"]
    assert Product.objects.filter(maker__in=[1]).order_by("pk").first().data == {"a": [1, 2.5, None, "x"]}
    (product,) = Product.objects.filter(maker__name="Éva").select_related("maker")
    assert product.maker.country == "hu"


def test_a_query_is_one_entry_among_the_queries_of_the_connection() -> None:
    makers = Maker.objects.annotate(n=Count("product"))
    with CaptureQueriesContext(connection) as queries:
        list(makers.all())
        list(makers.all())
    first, second = (query["sql"] for query in queries)
    assert first.startswith('SELECT "shop_maker"."id"')
    assert first.endswith("(strategy: in memory, reason: groups, status: miss, requests: 2, rows: 7)")
    assert second.endswith("(strategy: in memory, reason: groups, status: hit, requests: 0, rows: 0)")


def test_explain_says_what_is_read_and_why() -> None:
    with counted() as costs:
        lines = Product.objects.filter(maker__name="Ada", stock__gt=1).explain().splitlines()
    assert costs.requests == []
    stock = '{"method":"greaterThan","attribute":"stock","values":[1]}'
    name = '{"method":"equal","attribute":"name","values":["Ada"]}'
    assert lines[:4] == [
        "Strategy: in memory (a condition on a joined table)",
        f"Source shop_maker: rows with {name} (if that is too much, $id among maker_id of shop_product), one request"
        " for each 500 rows",
        f"Source shop_product: rows with {stock}, maker_id among $id of shop_maker, one request for each 500 rows",
        "Limit: 20,000 rows of each source; pages that the cache has are not asked for again",
    ]
    assert lines[4].startswith('SQLite: SELECT "shop_product"."id"')
    assert Product.objects.order_by("name")[2:5].explain().splitlines() == [
        "Strategy: direct",
        'Table shop_product: all rows, in the order {"method":"orderAsc","attribute":"name"}, from 2 to 5, one request'
        " for each 500 rows",
    ]
    assert Product.objects.filter(pk=1).select_related("maker").explain().splitlines() == [
        "Strategy: joined",
        'Table shop_product: rows with {"method":"equal","attribute":"$id","values":["0000000000000000001"]},'
        " one request",
        "Table shop_maker: by $id, for each page the values of maker_id",
    ]
    assert Product.objects.filter(pk__in=[]).explain() == "Strategy: none, for no row can meet the conditions"
    with pytest.raises(ValueError, match="JSON is not a recognized format"):
        Product.objects.explain(format="json")


def test_queries_in_memory_can_be_refused() -> None:
    with mock.patch.dict(connections.settings["default"]["OPTIONS"], in_memory="refuse"):
        other = connections.create_connection("default")
        assert other.options.in_memory == "refuse"
    query = Maker.objects.annotate(n=Count("product")).query
    with pytest.raises(NotSupportedError) as error:
        query.get_compiler(connection=other).execute_sql()
    assert str(error.value) == (
        "shop.Maker: Appwrite cannot answer this query by itself (groups), and OPTIONS['in_memory'] of"
        " DATABASES['default'] refuses to answer it in memory."
    )


def test_a_value_that_sqlite_cannot_take_is_an_error() -> None:
    with pytest.raises(DataError, match="half a surrogate pair"):
        list(Product.objects.filter(maker__name="\ud800"))
    with pytest.raises(DataError, match="beyond the 64 bits"):
        list(Product.objects.annotate(big=Value(2**70)).filter(big=F("stock")))


def test_a_lookup_of_another_database_is_refused() -> None:
    """Those of django.contrib.postgres are there for every model once it is imported."""

    class ContainedBy(PostgresOperatorLookup):
        lookup_name = "contained_by"
        postgres_operator = "<@"

    refused = "the lookup 'contained_by' is for another database"
    with register_lookup(IntegerField, ContainedBy):
        with pytest.raises(NotSupportedError, match=f"shop.Product.stock: {refused}"):
            Product.objects.filter(stock__contained_by=1).count()
        with pytest.raises(NotSupportedError, match=refused):
            Product.objects.annotate(more=F("stock") + 1).filter(more__contained_by=1).count()


def test_a_query_without_a_model_reads_the_tables_of_its_subqueries() -> None:
    ada = Maker.objects.filter(name="Ada")
    assert Q(Exists(ada)).check({})
    assert not Q(Exists(ada.filter(country="xx"))).check({})


@pytest.mark.parametrize("zone", ["Europe/Vienna", "UTC", "America/Chicago"])
def test_naive_datetimes_are_in_the_projects_time_zone(settings: Any, zone: str) -> None:
    settings.USE_TZ, settings.TIME_ZONE = False, zone
    moments = [datetime.datetime(2024, 1, 31, 23, 30), datetime.datetime(2024, 7, 1, 0, 30, 0, 5_000)]
    for number, moment in enumerate(moments, 10):
        Product.objects.create(pk=number, name=f"Product {number}", sold_at=moment)
    products = Product.objects.filter(pk__gte=10)
    assert list(products.order_by("pk").values_list("sold_at", flat=True)) == moments
    assert list(products.values_list("sold_at", flat=True).distinct().order_by("sold_at")) == moments
    assert [month for (month,) in products.values_list("sold_at__month").distinct().order_by("sold_at__month")] == [
        1,
        7,
    ]
    assert products.annotate(n=Count("tags")).filter(sold_at__gt=moments[0]).count() == 1


def test_many_values_of_a_condition_are_taken() -> None:
    numbers = [*range(1, 5), *range(100, 20_000)]
    assert Product.objects.filter(pk__in=numbers).annotate(n=Count("tags")).count() == 4
    assert [product.pk for product in Product.objects.filter(pk__in=numbers).order_by("name")] == [1, 2, 3, 4]
