"""The same query has one result, whether Appwrite, SQLite over copies of rows, or SQLite over the values answers it.

The third is the reference: Django's SQLite backend with the server's comparison of texts, over rows that went through
the fields of their models and never were in Appwrite.
"""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core.cache import caches
from django.core.exceptions import EmptyResultSet
from django.db import NotSupportedError, models, transaction
from django.db.models import Avg, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Lower
from hypothesis import given, settings
from hypothesis import strategies as st

from django_appwrite_orm.backend.in_memory.compiler import MemoryDatabaseWrapper, compiler_for
from django_appwrite_orm.backend.in_memory.decimals import exact_name
from django_appwrite_orm.backend.in_memory.load import MemoryDatabase, memory_database
from django_appwrite_orm.backend.in_memory.tables import memory_table
from django_appwrite_orm.transport import IN_MEMORY, open_local
from tests.backend.shop.models import Batch, Maker, Product, Tag

from .support import OPTIONS, insert

TEXTS = ["Ada", "ada", "ADA ", "Áda", "b", "B%", "b_x", "", "ß", "s", "a\\b", "\U0001f600", "Éva"]
NUMBERS = [-1, 0, 1, 2, 7]
FLOATS = [None, 0.1, 1.5, -2.25, 3.0]
DECIMALS = [None, Decimal("0.10"), Decimal("1.00"), Decimal("-2.50"), Decimal("12.34")]
DAYS = [None, datetime.date(2024, 2, 29), datetime.date(2024, 3, 1), datetime.date(1999, 12, 31)]
MOMENTS = [None] + [
    datetime.datetime(2024, 5, 31, 12, 0, 0, milliseconds * 1000, datetime.UTC) for milliseconds in (0, 1, 250)
]
TIMES = [None, datetime.time(9, 30), datetime.time(9, 30, 0, 5), datetime.time(23, 59, 59)]
SPANS = [None, datetime.timedelta(0), datetime.timedelta(seconds=-1), datetime.timedelta(days=2, microseconds=3)]
CODES = [None, uuid.UUID(int=1), uuid.UUID(int=2**127 + 5)]
ADDRESSES = [None, "10.0.0.1", "::1"]


def stock(seed: int) -> dict[type[models.Model], list[models.Model]]:
    """Create rows of every model, and return them."""
    choose = random.Random(seed).choice
    made: dict[type[models.Model], list[models.Model]] = {model: [] for model in (Maker, Tag, Product, Batch)}

    def add(model: type[models.Model], **values: Any) -> None:
        made.setdefault(model, []).append(insert(model, **values))

    for number, name in enumerate(["Ada", "b", "Éva", "s"], 1):
        add(Maker, id=number, name=name, country=choose(["at", "AT", "", "hu"]))
    for slug in ("new", "old", "x_y"):
        add(Tag, slug=slug)
    for number in range(1, 25):
        add(
            Product,
            id=number,
            name=f"{choose(TEXTS)}{number}" if choose([True, False]) else choose(TEXTS),
            description=choose(TEXTS),
            stock=choose(NUMBERS),
            price=choose(DECIMALS),
            weight=choose(FLOATS),
            is_sold=choose([True, False]),
            made_on=choose(DAYS),
            sold_at=choose(MOMENTS),
            opens_at=choose(TIMES),
            lasts=choose(SPANS),
            code=choose(CODES),
            address=choose(ADDRESSES),
            maker_id=None,
        )
    for number in range(1, 25, 2):
        add(Product.tags.through, id=number, product_id=number, tag_id=choose(["new", "old"]))
        add(Batch, id=uuid.UUID(int=number), product_id=choose(range(1, 25)), tag_id=choose([None, "new", "x_y"]))
    return made


@contextmanager
def reference(rows: dict[type[models.Model], list[models.Model]]) -> Iterator[MemoryDatabase]:
    """The rows as Django's SQLite backend would have stored them."""
    connection = MemoryDatabaseWrapper({"NAME": ":memory:", "OPTIONS": {}, "TIME_ZONE": None}, "default")
    with memory_database() as database:
        for model, made in rows.items():
            fields = model._meta.concrete_fields
            decimals = [field for field in fields if isinstance(field, models.DecimalField)]
            names = [field.column for field in fields] + [exact_name(field.column) for field in decimals]
            table = memory_table([model], connection, " ".join(names))
            database.create(table)
            quoted = ", ".join(map(connection.ops.quote_name, names))
            for row in made:
                values = [
                    field.get_db_prep_save(getattr(row, field.attname), connection=connection)
                    for field in (*fields, *decimals)
                ]
                database.run(f"INSERT INTO {table.name} ({quoted}) VALUES ({', '.join('?' * len(names))})", values)
        yield database


def lookups(prefix: str = "") -> st.SearchStrategy[Q]:
    def of(name: str, kinds: list[str], values: list[Any]) -> st.SearchStrategy[Q]:
        value = st.sampled_from([value for value in values if value is not None])
        return st.one_of(
            st.builds(lambda kind, value: Q(**{f"{prefix}{name}__{kind}": value}), st.sampled_from(kinds), value),
            st.builds(lambda some: Q(**{f"{prefix}{name}__in": some}), st.lists(value, max_size=3)),
            st.builds(lambda low, high: Q(**{f"{prefix}{name}__range": (low, high)}), value, value),
            st.builds(lambda null: Q(**{f"{prefix}{name}__isnull": null}), st.booleans()),
        )

    compared = ["exact", "gt", "gte", "lt", "lte"]
    patterns = ["iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"]
    finer = [Decimal("0.105"), Decimal("0.095"), Decimal("-2.501"), Decimal("1"), Decimal("12.34000000000000000001")]
    odd = datetime.datetime(2024, 5, 31, 12, 0, 0, 1500, datetime.UTC)
    return st.one_of(
        of("name", compared + patterns, TEXTS),
        of("description", compared + patterns, TEXTS),
        of("stock", compared, NUMBERS),
        of("price", compared, DECIMALS + finer),
        of("weight", compared, FLOATS),
        of("is_sold", ["exact"], [True, False]),
        of("made_on", compared, DAYS),
        of("sold_at", compared, [*MOMENTS, odd]),
        of("opens_at", compared, TIMES),
        of("lasts", compared, SPANS),
        of("code", ["exact"], CODES),
        of("address", ["exact"], ADDRESSES),
        of("pk", compared, [0, 1, 5, 24, 99]),
        of("made_on__year", compared, [1999, 2024]),
        of("made_on__month", compared, [2, 12]),
        of("sold_at__date", compared, [datetime.date(2024, 5, 31)]),
        of("sold_at__hour", compared, [11, 12]),
    )


def tags(prefix: str) -> st.SearchStrategy[Q]:
    return st.sampled_from([Q(**{f"{prefix}tags": "new"}), Q(**{f"{prefix}tags__isnull": True}), Q(tag="x_y")])


def conditions(leaves: st.SearchStrategy[Q]) -> st.SearchStrategy[Q]:
    return st.recursive(
        leaves,
        lambda some: st.one_of(
            st.builds(lambda one, other: one & other, some, some),
            st.builds(lambda one, other: one | other, some, some),
            st.builds(lambda one: ~one, some),
        ),
        max_leaves=4,
    )


# Made once: Hypothesis looks through a strategy when it is first drawn from, which takes longer than a query.
CONDITIONS = conditions(lookups())
JOINED_CONDITIONS = conditions(st.one_of(lookups("product__"), tags("product__")))

ORDERS = [
    *("name", "-name", "stock", "-price", "weight", "made_on", "-sold_at", "opens_at", "-lasts", "description"),
    *(F("price").asc(nulls_last=True), F("made_on").desc(nulls_first=True), F("lasts").desc(nulls_last=True)),
]


AGGREGATES = [
    *(Count("pk"), Sum("stock"), Max("sold_at"), Min("price"), Avg("weight"), Sum("price"), Avg("lasts")),
    *(Count("name", distinct=True), Max("made_on"), Min("opens_at")),
]


@st.composite
def plain_queries(draw: Any) -> QuerySet[Any]:
    """Queries of one table that Appwrite mostly answers."""
    query = Product.objects.filter(draw(CONDITIONS))
    query = query.order_by(*draw(st.lists(st.sampled_from(ORDERS), max_size=2)), draw(st.sampled_from(["pk", "-pk"])))
    if draw(st.booleans()):
        start = draw(st.integers(0, 4))
        query = query[start : start + draw(st.integers(0, 9))]
    return query.values_list(*draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=5, unique=True)))


@st.composite
def other_queries(draw: Any) -> QuerySet[Any]:
    """Queries that only SQLite can answer: joins, groups, subqueries, distinct values, unions."""
    where = draw(CONDITIONS)
    kinds = ["join", "joined", "group", "exists", "distinct", "union", "aggregate", "expression", "tags"]
    kind = draw(st.sampled_from(kinds))
    if kind == "join":
        return (
            Batch.objects.filter(draw(JOINED_CONDITIONS))
            .order_by("pk")
            .values_list("pk", "product__name", "product__price")
        )
    if kind == "joined":
        tagged = draw(st.sampled_from([Q(), Q(tag="new"), ~Q(tag="x_y"), Q(tag__isnull=True)]))
        batches = Batch.objects.filter(tagged).order_by("-pk")[: draw(st.integers(1, 12))]
        return batches.values_list("pk", "product__name", "product__price", "product__made_on", "tag__slug")
    if kind == "group":
        value = draw(st.sampled_from(["name", "stock", "is_sold", "made_on", "description"]))
        aggregate = draw(st.sampled_from(AGGREGATES))
        groups = Product.objects.filter(where).values(value).annotate(found=aggregate)
        return groups.order_by("found", value).values_list("found")
    if kind == "exists":
        batches = Batch.objects.filter(product=OuterRef("pk"), tag__isnull=draw(st.booleans()))
        some = Exists(batches) if draw(st.booleans()) else ~Exists(batches)
        return Product.objects.filter(where & Q(some)).order_by("pk").values_list("pk")
    if kind == "distinct":
        return Product.objects.filter(where).values_list("stock", "is_sold").distinct().order_by("stock", "is_sold")
    if kind == "union":
        others = Product.objects.filter(draw(CONDITIONS))
        combine = draw(st.sampled_from(["union", "intersection", "difference"]))
        return getattr(Product.objects.filter(where), combine)(others).order_by("pk").values_list("pk")
    if kind == "aggregate":
        counted = Product.objects.filter(where).annotate(n=Count("batch"))
        return counted.filter(n__gte=draw(st.integers(0, 2))).order_by("pk").values_list("pk", "n")
    if kind == "expression":
        worth = Product.objects.annotate(worth=Coalesce(F("weight"), Value(0.0)) * F("stock"), low=Lower("name"))
        return worth.filter(where, worth__gt=draw(st.sampled_from([-1, 0, 1]))).order_by("pk").values_list("pk", "low")
    tagged = draw(st.sampled_from([Q(tags="new"), ~Q(tags="new"), Q(tags__slug__startswith="O"), Q(tags__isnull=True)]))
    return Product.objects.filter(where, tagged).order_by("pk", "tags").values_list("pk")


FIELDS = [field.attname for field in Product._meta.concrete_fields if field.name not in ("data", "picture", "maker")]


def by_reference(query: QuerySet[Any], database: MemoryDatabase) -> list[tuple[Any, ...]]:
    inner = compiler_for(query.query.clone(), _Outer, OPTIONS)
    try:
        sql, parameters = inner.as_sql()
    except EmptyResultSet:
        return []
    rows = database.run(
        sql.replace("%s", "?").replace("%%", "%"), inner.connection.memory_query.plan(sql, parameters).parameters
    )
    return list(inner.results_iter([rows], tuple_expected=True))


class _Outer:
    alias = "default"
    settings_dict = {"TIME_ZONE": None}


# Seeds of the rows, and how many queries are asked of them.
ROUNDS = [(0, 25), pytest.param(1, 300, marks=pytest.mark.slow)]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("seed", "examples"), ROUNDS)
def test_appwrite_and_sqlite_agree(seed: int, examples: int) -> None:
    with reference(stock(seed)) as database:

        @settings(max_examples=examples)
        @given(plain_queries())
        def agree(query: QuerySet[Any]) -> None:
            expected = by_reference(query, database)
            assert list(query.all()) == expected
            inner = query.query.clone().get_compiler("default").in_memory("a test")
            assert list(inner.results_iter(tuple_expected=True)) == expected

        agree()


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("seed", "examples"), ROUNDS)
def test_what_is_fetched_is_enough(seed: int, examples: int) -> None:
    """Conditions that Appwrite checks and joins that narrow a source take no row from a result."""
    with reference(stock(seed)) as database:

        @settings(max_examples=examples)
        @given(other_queries())
        def agree(query: QuerySet[Any]) -> None:
            expected = by_reference(query, database)
            assert list(query.all()) == expected
            inner: Any = query.query.clone().get_compiler("default").in_memory("a test")
            inner.connection.memory_query.options = replace(inner.connection.memory_query.options, rows=13)
            try:  # products are too many: they are narrowed by a join, or the query is refused
                narrowed = list(inner.results_iter(tuple_expected=True))
            except NotSupportedError:
                return
            assert narrowed == expected

        agree()


@st.composite
def changes(draw: Any) -> list[Callable[[], object]]:
    """Changes of rows as a project makes them; the ids of new rows are chosen here."""
    ids = st.integers(1, 24)
    text, number = st.sampled_from(TEXTS), st.sampled_from(NUMBERS)

    def create(place: int, name: str) -> object:
        return Product.objects.create(pk=100 + place, name=f"{name} new {place}", stock=place)

    def save(pk: int, name: str) -> object:
        return Product.objects.filter(pk=pk).update(name=f"{name} {pk}", price=None)

    def raise_stock(most: int) -> object:
        return Product.objects.filter(stock__lte=most).update(stock=F("stock") + 1)

    def delete(pk: int) -> object:
        return Product.objects.filter(pk=pk).delete()

    def tag(pk: int) -> object:
        through = Product.tags.through.objects
        return through.get_or_create(product_id=pk, tag_id="x_y", defaults={"pk": 200 + pk})

    def rename(name: str) -> object:
        return Tag.objects.filter(pk="new").exists() and Maker.objects.filter(pk=1).update(name=f"maker {name}")

    kinds = [
        st.builds(lambda name: partial(create, name=name), text),
        st.builds(lambda pk, name: partial(save, pk, name), ids, text),
        st.builds(lambda most: partial(raise_stock, most), number),
        st.builds(lambda pk: partial(delete, pk), ids),
        st.builds(lambda pk: partial(tag, pk), ids),
        st.builds(lambda name: partial(rename, name), text),
    ]
    chosen = draw(st.lists(st.one_of(kinds), min_size=1, max_size=4))
    return [partial(each, place) if each.func is create else each for place, each in enumerate(chosen)]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("seed", "examples"), ROUNDS)
def test_a_block_sees_what_it_will_have_written(request: pytest.FixtureRequest, seed: int, examples: int) -> None:
    """Inside `atomic()` a query has the result that it has after the commit."""
    stock(seed)
    before = open_local(IN_MEMORY).snapshot()
    request.addfinalizer(before.close)

    @settings(max_examples=examples)
    @given(changes(), plain_queries(), other_queries())
    def agree(made: list[Callable[[], object]], plain: QuerySet[Any], other: QuerySet[Any]) -> None:
        open_local(IN_MEMORY).restore(before)
        caches["default"].clear()
        with transaction.atomic():
            for change in made:
                change()
            inside = [list(query.all()) for query in (plain, other)]
        assert [list(query.all()) for query in (plain, other)] == inside

    agree()
