"""Aggregates of a server that works them out itself.

What is compared is our side: the questions are those of the SDK, and the answers come to what the pages come to.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from appwrite.query import Query
from django.db.models import Avg, Count, Max, Min, Q, StdDev, Sum, Variance

from django_appwrite_orm import Table, columns
from django_appwrite_orm.connection import connections
from django_appwrite_orm.plans import Clause
from tests.support.costs import counted
from tests.support.newer_server import newer_server
from tests.support.tables import prepare


class Sale(Table):
    shop = columns.Enum(["north", "south"])
    day = columns.Integer()
    paid = columns.Boolean()
    price = columns.Float()
    net = columns.Decimal(max_digits=8, decimal_places=2)
    note = columns.String(size=20)

    class Meta:
        name = "sales"


EVERY = {
    "rows": Count("*"),
    "noted": Count("note"),
    "shops": Count("shop", distinct=True),
    "days": Sum("day"),
    "mean_day": Avg("day"),
    "total": Sum("price", default=0.0),
    "mean": Avg("price"),
    "least": Min("price"),
    "last": Max("day"),
    "spread": StdDev("price"),
    "of_sample": StdDev("price", sample=True),
    "variance": Variance("day", sample=True),
}
CONDITIONS = [Q(), Q(day__gt=2), Q(shop=None) | Q(price__lt=3), ~Q(shop="north"), Q(price=4.5), Q(day=99)]


@pytest.fixture(autouse=True)
def sales() -> None:
    prepare(Sale)
    Sale.objects.bulk_create(
        [
            Sale(
                shop=["south", "north", None][n % 3],
                day=None if n == 4 else n,
                paid=[True, None, False, True][n % 4],
                price=None if n == 5 else n * 1.5,
                net=Decimal(n) / 4,
                note="n" if n % 2 else None,
            )
            for n in range(10)
        ]
    )


def close(found: Any) -> Any:
    if isinstance(found, list):
        return [close(group) for group in found]
    return {name: pytest.approx(one) if isinstance(one, float) else one for name, one in found.items()}


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_one_request_gives_the_same_as_the_pages(condition: Q) -> None:
    expected = Sale.objects.filter(condition).aggregate(**EVERY)
    connections.reset()
    with newer_server() as asked, counted() as costs:
        found = Sale.objects.filter(condition).aggregate(**EVERY)
    assert found == close(expected)
    assert {name: type(value) for name, value in found.items()} == {name: type(one) for name, one in expected.items()}
    assert len(asked) == 1
    assert len(costs.requests) == 2  # the version, once, and the question


@pytest.mark.parametrize("names", [("shop",), ("paid",), ("day",), ("paid", "shop")])
def test_groups_come_in_the_same_order(names: tuple[str, ...]) -> None:
    expected = list(Sale.objects.values(*names).annotate(**EVERY))
    connections.reset()
    with newer_server() as asked:
        found = list(Sale.objects.values(*names).annotate(**EVERY))
    assert found == close(expected)
    assert len(asked) == 1


def test_the_queries_are_those_of_the_sdk() -> None:
    with newer_server() as asked:
        list(
            Sale.objects.filter(day__gt=2)
            .values("shop")
            .annotate(n=Count("*"), mean=Avg("day"), spread=Variance("price"), shops=Count("paid", distinct=True))
        )
    assert [str(Clause._from_value(query)) for query in asked[0]] == [
        Query.greater_than("day", 2),
        Query.count("*", "orm_0"),
        Query.sum("day", "orm_1"),
        Query.count("day", "orm_1_rows"),
        Query.var_pop("price", "orm_2"),
        Query.count_distinct("paid", "orm_3"),
        Query.min("$sequence", "orm_first"),
        Query.group_by(["shop"]),
        Query.limit(1000),
    ]


def test_values_that_a_database_may_compare_differently_are_read() -> None:
    everywhere = (
        {"a": Sum("net")},
        {"a": Avg("net")},
        {"a": Count("note", distinct=True)},
        {"a": Sum("day", distinct=True)},
        {"a": Min("note")},
        {"a": Max("created_at")},
        {"a": Sum("sequence")},
    )
    expected = [Sale.objects.aggregate(**aggregates) for aggregates in everywhere]
    connections.reset()
    with newer_server() as asked:
        assert [Sale.objects.aggregate(**aggregates) for aggregates in everywhere] == expected
        assert Sale.objects.all()[2:5].aggregate(Sum("day")) == {"day__sum": 5}
        assert len(list(Sale.objects.values("note").annotate(n=Count("*")))) == 2
        assert len(list(Sale.objects.order_by("-day").values("shop").annotate(n=Count("*")))) == 3
    assert asked == []
    with newer_server() as asked:  # what it can answer is asked beside what it cannot
        assert Sale.objects.aggregate(n=Count("*"), net=Sum("net")) == {"n": 10, "net": Decimal("11.25")}
    assert len(asked) == 1


@pytest.mark.parametrize("strange", ["x", 1.5, [1], True, {}])
def test_an_unknown_response_is_ignored(strange: object, caplog: pytest.LogCaptureFixture) -> None:
    expected = Sale.objects.aggregate(Sum("day"))
    for change in (lambda row: dict.fromkeys(row, strange), lambda row: {}):
        connections.reset()
        with newer_server(change) as asked:
            assert Sale.objects.uncached().aggregate(Sum("day")) == expected
            assert len(list(Sale.objects.uncached().values("paid").annotate(Sum("day")))) == 3
        assert len(asked) == 2
    assert "is computed from the rows instead" in caplog.text


def test_whole_numbers_that_come_as_text_or_with_a_point() -> None:
    expected = Sale.objects.aggregate(Sum("day"), Avg("day"))
    for form in (str, float):
        connections.reset()
        with newer_server(lambda row, form=form: {name: form(value) for name, value in row.items()}) as asked:
            assert Sale.objects.uncached().aggregate(Sum("day"), Avg("day")) == expected
        assert len(asked) == 1


def test_server_aggregates_are_cached_and_invalidated() -> None:
    with newer_server() as asked:
        for _ in range(2):
            assert Sale.objects.aggregate(Sum("day")) == {"day__sum": 41}
        assert len(asked) == 1
        Sale.objects.create(day=9)
        assert Sale.objects.aggregate(Sum("day")) == {"day__sum": 50}
        assert len(asked) == 2


def test_a_refused_aggregate_is_computed_from_the_rows(caplog: pytest.LogCaptureFixture, settings) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "SERVER_VERSION": "2.5.0"}}
    assert Sale.objects.aggregate(Sum("day")) == {"day__sum": 41}  # the local Appwrite is 1.9.6
    assert "is computed from the rows instead" in caplog.text
