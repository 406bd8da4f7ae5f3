"""Decimals compare, order and come back with all their digits, also where SQLite answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection, models
from django.db.models import Case, Count, ExpressionWrapper, F, Max, Q, Sum, Value, When
from django.db.models.functions import Ceil, Coalesce

from tests.backend.shop.models import Maker, Product

from .support import insert, rows

pytestmark = pytest.mark.usefixtures("shop")

PRICE = Decimal("12.34")
ABOVE, BELOW = PRICE + Decimal("1e-20"), PRICE - Decimal("1e-20")

LOOKUPS: list[tuple[str, Any, bool]] = [
    *(("lt", ABOVE, True), ("lte", ABOVE, True), ("gt", ABOVE, False), ("gte", ABOVE, False)),
    *(("lt", BELOW, False), ("lte", BELOW, False), ("gt", BELOW, True), ("gte", BELOW, True)),
    *(("exact", ABOVE, False), ("in", [ABOVE, BELOW], False), ("in", [ABOVE, PRICE], True)),
    *(("range", (BELOW, ABOVE), True), ("range", (ABOVE, 99), False), ("range", (0, BELOW), False)),
    *(("lt", Value(ABOVE), True), ("exact", Value(ABOVE), False)),
]


@pytest.mark.parametrize(("lookup", "value", "expected"), LOOKUPS)
def test_a_constant_counts_with_all_its_digits(lookup: str, value: Any, expected: bool) -> None:
    maker = insert(Maker, id=1, name="Ada")
    insert(Product, id=1, name="a", price=PRICE, maker=maker)
    insert(Product, id=2, name="b", maker=maker)
    condition = {f"price__{lookup}": value}
    assert Product.objects.filter(**condition).exists() is expected
    assert rows(Product.objects.filter(**condition).values_list("name")) == [("a",)] * expected
    assert rows(Product.objects.exclude(**condition).filter(price__isnull=False).values_list("name")) == [("a",)] * (
        not expected
    )
    joined = Maker.objects.filter(**{f"product__{name}": value for name, value in condition.items()})
    assert [row.name for row in joined] == ["Ada"] * expected
    case = Case(When(**condition, then=Value("yes")), default=Value("no"))
    assert rows(Product.objects.annotate(is_met=case).order_by("name").values_list("is_met")) == [
        ("yes" if expected else "no",),
        ("no",),
    ]
    assert Product.objects.aggregate(n=Count("pk", filter=Q(**condition))) == {"n": int(expected)}


@pytest.mark.parametrize(("lookup", "value", "expected"), LOOKUPS[:-2])
@pytest.mark.parametrize(
    "expression",
    [
        F("price"),
        ExpressionWrapper(F("price"), output_field=models.DecimalField(max_digits=8, decimal_places=2)),
        Coalesce("price", Decimal(0)),
        Max("price"),
        F("price") * 1,
    ],
)
def test_what_is_calculated_has_the_digits_that_it_shows(
    expression: Any, lookup: str, value: Any, expected: bool
) -> None:
    insert(Product, id=1, name="a", price=PRICE)
    annotated = Product.objects.annotate(value=expression)
    assert [row.value for row in annotated] == [PRICE]
    assert annotated.filter(**{f"value__{lookup}": value}).count() == expected


@pytest.fixture
def account() -> Any:
    """A model with a whole number of 18 digits, and a text of 30, on the server."""

    class Account(models.Model):
        balance = models.DecimalField(max_digits=18, decimal_places=2, null=True)
        wei = models.DecimalField(max_digits=30, decimal_places=18, null=True)

        class Meta:
            app_label = "shop"
            apps = Apps()

    with connection.schema_editor() as editor:
        editor.create_model(Account)
    return Account


BALANCES = [Decimal(text) for text in ("-9999999999999999.99", "9007199254740993.01", "9007199254740993.02")]
WEI = [Decimal(text) for text in ("-1.000000000000000001", "1.000000000000000001", "1.000000000000000002")]


@pytest.fixture
def accounts(account: Any) -> Any:
    for number, (balance, wei) in enumerate(zip(BALANCES, WEI, strict=True), 1):
        insert(account, id=number, balance=balance, wei=wei)
    insert(account, id=4)
    return account.objects


def test_columns_of_many_digits_come_back_as_they_are(accounts: Any) -> None:
    query = accounts.order_by("pk").values_list("balance", "wei")
    assert rows(query) == list(query) == [*zip(BALANCES, WEI, strict=True), (None, None)]
    (row,) = accounts.annotate(double=F("pk") * 2).filter(double=6)
    assert (row.balance, row.wei) == (BALANCES[2], WEI[2])
    assert rows(accounts.filter(pk=3).annotate(same=F("wei")).values_list("same")) == [(WEI[2],)]


@pytest.mark.parametrize(("name", "values"), [("balance", BALANCES), ("wei", WEI)])
def test_columns_of_many_digits_compare_and_order_by_all_of_them(
    accounts: Any, name: str, values: list[Decimal]
) -> None:
    def pks(query: Any) -> list[int]:
        by_appwrite, in_memory = list(query.values_list("pk")), rows(query.values_list("pk"))
        assert by_appwrite == in_memory
        return [pk for (pk,) in in_memory]

    assert pks(accounts.order_by(f"-{name}")[:2]) == [3, 2]
    assert pks(accounts.order_by(F(name).asc(nulls_last=True))) == [1, 2, 3, 4]
    ordered = accounts.order_by("pk")
    assert pks(ordered.filter(**{f"{name}__lt": values[2]})) == [1, 2]
    assert pks(ordered.filter(**{f"{name}__gte": values[1]})) == [2, 3]
    assert pks(ordered.filter(**{name: values[1]})) == [2]
    assert pks(ordered.filter(**{f"{name}__in": values[:2]})) == [1, 2]
    assert pks(ordered.filter(**{f"{name}__range": values[1:]})) == [2, 3]
    assert pks(ordered.filter(**{f"{name}__gt": 1})) == [2, 3]
    assert pks(ordered.filter(**{f"{name}__gt": 9007199254740993})) == ([2, 3] if name == "balance" else [])


def test_two_columns_compare_by_all_digits(accounts: Any) -> None:
    accounts.create(pk=5, balance=Decimal(1), wei=Decimal("1.000000000000000001"))
    accounts.create(pk=6, balance=Decimal(1), wei=Decimal(1))
    ordered = accounts.order_by("pk").values_list("pk", flat=True)
    assert list(ordered.filter(balance__lt=F("wei"))) == [1, 5]
    assert list(ordered.filter(balance=F("wei"))) == [6]


def test_groups_and_distinct_values_tell_numbers_of_many_digits_apart(accounts: Any) -> None:
    accounts.create(pk=5, balance=BALANCES[2])
    groups = accounts.filter(balance__gt=0).values("balance").annotate(n=Count("pk")).order_by("balance")
    assert list(groups.values_list("balance", "n")) == [(BALANCES[1], 1), (BALANCES[2], 2)]
    assert list(accounts.order_by("balance").values_list("balance", flat=True).distinct()) == [None, *BALANCES]


def test_functions_of_long_numbers_take_15_digits(accounts: Any) -> None:
    totals = accounts.filter(pk__lte=2).aggregate(total=Sum("wei"), most=Max("wei"))
    assert totals == {"total": 0, "most": 1}
    assert rows(accounts.filter(pk=2).annotate(up=Ceil("wei")).values_list("up")) == [(1,)]
    both = accounts.filter(pk=1).values_list("wei").union(accounts.filter(pk=4).values_list("wei"))
    assert list(both.order_by("wei")) == [(None,), (Decimal("-1.000000000000000000"),)]


def test_values_that_are_calculated_for_an_update_have_all_digits(accounts: Any) -> None:
    cent = Decimal("0.01")
    assert accounts.filter(pk=2).update(balance=F("balance") + cent, wei=F("wei") * 3 - F("pk")) == 1
    assert accounts.values_list("balance", "wei").get(pk=2) == (BALANCES[1] + cent, WEI[1] * 3 - 2)
    long = Decimal("1234567890123456.78")
    changed = Case(
        When(pk=3, then=Value(long)),
        When(pk=4, then=Coalesce("balance", F("pk"), output_field=models.DecimalField())),
        default=F("balance"),
    )
    assert accounts.update(balance=changed) == 4
    balances = [BALANCES[0], BALANCES[1] + cent, long, Decimal(4)]
    assert list(accounts.order_by("pk").values_list("balance", flat=True)) == balances


def test_what_is_calculated_from_long_numbers_compares_and_orders_by_all_digits(accounts: Any) -> None:
    more = accounts.annotate(more=F("balance") + Decimal("0.01"), same=Coalesce("balance", Decimal(0)))
    assert list(more.order_by("-more").values_list("more", flat=True)[:2]) == [
        n + Decimal("0.01") for n in BALANCES[:0:-1]
    ]
    assert [row.pk for row in more.filter(more=BALANCES[2])] == [2]
    assert [row.pk for row in more.filter(more__gt=BALANCES[2])] == [3]
    assert [row.pk for row in accounts.filter(balance__lt=F("balance") + Decimal("0.01")).order_by("pk")] == [1, 2, 3]
    assert [row.pk for row in more.filter(same__in=BALANCES[1:], same__lt=BALANCES[2])] == [2]
    assert [row.same for row in more.filter(pk=4)] == [0]
