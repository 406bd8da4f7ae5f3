"""Kinds of columns that Appwrite lacks: what is kept, and that it compares, orders and comes back."""

from __future__ import annotations

import datetime
import json
import uuid
from decimal import Decimal

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db.models import Count, F, Max, Min, Sum

from django_appwrite_orm import Operator, Table, columns
from django_appwrite_orm.exceptions import ConfigurationError
from tests.support.tables import prepare


class Bill(Table):
    number = columns.UUID(required=True)
    amount = columns.Decimal(max_digits=9, decimal_places=2)
    day = columns.Date()
    at = columns.Time()
    extra = columns.JSON()
    others = columns.UUID(array=True)

    class Meta:
        name = "bills"


DAY = datetime.date(2024, 5, 31)
ONE, TWO, THREE = (uuid.UUID(int=n) for n in (1, 2, 3))


@pytest.fixture(autouse=True)
def bills() -> None:
    prepare(Bill)
    Bill.objects.bulk_create(
        [
            Bill(
                number=ONE, amount=Decimal("9.5"), day=datetime.date(2024, 5, 31), at=datetime.time(9, 30), others=[TWO]
            ),
            Bill(number=TWO, amount="10.25", day="1999-12-31", at="23:59:59.000001", extra={"a": [1, True, None]}),
            Bill(number=str(THREE), amount=-2, extra=[]),
        ]
    )


def numbers(rows) -> list[int]:
    return [bill.number.int for bill in rows]


def test_values_read_equal_values_written() -> None:
    first, second, third = Bill.objects.all()
    assert (first.number, first.amount, first.day, first.at, first.extra, first.others) == (
        ONE, Decimal("9.50"), datetime.date(2024, 5, 31), datetime.time(9, 30), None, [TWO],
    )  # fmt: skip
    assert (second.extra, second.at) == ({"a": [1, True, None]}, datetime.time(23, 59, 59, 1))
    assert (third.amount, third.day, third.extra) == (Decimal(-2), None, [])
    assert str(first.amount) == "9.50"


def test_stored_values_compare_and_order() -> None:
    assert numbers(Bill.objects.order_by("amount")) == [3, 1, 2]
    assert numbers(Bill.objects.filter(amount__gt=Decimal("9.5"))) == [2]
    assert numbers(Bill.objects.filter(amount__in=["9.50", (10.25).as_integer_ratio()[0] // 4, -2])) == [1, 3]
    assert numbers(Bill.objects.filter(day__lt="2024-05-31")) == [2]
    assert numbers(Bill.objects.order_by("-day")) == [1, 2, 3]
    assert numbers(Bill.objects.filter(at__gte=datetime.time(9, 30))) == [1, 2]
    assert numbers(Bill.objects.filter(number__in=[ONE, str(TWO).upper()])) == [1, 2]
    assert numbers(Bill.objects.filter(others__contains=TWO)) == [1]
    assert numbers(Bill.objects.filter(extra=None)) == [1]
    assert Bill.objects.aggregate(Sum("amount")) == {"amount__sum": Decimal("17.75")}
    for wrong in ({"number__contains": "0"}, {"extra__contains": "a"}, {"day__startswith": "2"}):
        with pytest.raises(FieldError, match="has no lookup"):
            Bill.objects.filter(**wrong)
    with pytest.raises(ValidationError, match="null only"):
        Bill.objects.filter(extra={"a": 1})


def test_changes_inside_a_json_value_are_saved() -> None:
    bill = Bill.objects.get(number=TWO)
    bill.extra["a"].append("new")
    bill.save()
    assert Bill.objects.get(number=TWO).extra == {"a": [1, True, None, "new"]}
    bill.extra["a"][0] = True
    bill.save()
    assert Bill.objects.get(number=TWO).extra["a"][0] is True
    Bill.objects.filter(number=TWO).update(amount=F("amount") - Decimal("0.75"))
    assert Bill.objects.get(number=TWO).amount == Decimal("9.50")
    for wrong in ({"amount": F("amount") * 2}, {"amount": F("amount") + 0.1}, {"number": F("number") + "x"}):
        with pytest.raises(ValidationError):
            Bill.objects.update(**wrong)


@pytest.mark.parametrize(
    "document", [json.loads(Operator.increment(1)), Operator.increment(1), [json.loads(Operator.toggle())]]
)
def test_no_document_is_run_as_an_operator(document: object) -> None:
    bill = Bill.objects.get(number=TWO)
    bill.extra = document
    bill.save()
    assert Bill.objects.get(number=TWO).extra == document
    Bill.objects.update(extra=document)
    assert Bill.objects.get(number=ONE).extra == document


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", "x"), ("number", 5), ("amount", 1.5), ("amount", "1.005"), ("amount", "10000000"), ("amount", "NaN"),
        ("amount", "1e400"), ("amount", True), ("amount", "x"), ("day", "2024-02-30"), ("day", "soon"),
        ("day", datetime.datetime(2024, 1, 1)), ("at", "25:00"), ("at", datetime.time(1, tzinfo=datetime.UTC)),
        ("at", 5), ("extra", {1, 2}), ("extra", float("nan")), ("extra", "x" * 65_535),
    ],
)  # fmt: skip
def test_invalid_values_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Bill(**{"number": ONE, name: value}).full_clean()
    assert set(refused.value.message_dict) == {name}


@pytest.mark.parametrize(("digits", "places"), [(19, 2), (0, 0), (2, 3), (5, -1), (True, 0), ("5", 2)])
def test_invalid_digits_of_a_decimal_column_are_refused(digits: object, places: object) -> None:
    with pytest.raises(ConfigurationError, match="Decimal"):
        columns.Decimal(max_digits=digits, decimal_places=places)


def test_date_lookups_of_date_columns() -> None:
    for lookup, expected in (
        ({"day__year": 2024}, [1]),
        ({"day__year__lt": 2024}, [2]),
        ({"day__month": (1999, 12)}, [2]),
        ({"day__month__gte": (2024, 5)}, [1]),
        ({"day__date": datetime.date(2024, 5, 31)}, [1]),
        ({"day__year__in": [1999, 2024]}, [1, 2]),
        ({"day__year": 9999}, []),
    ):
        assert numbers(Bill.objects.filter(**lookup)) == expected
    assert numbers(Bill.objects.exclude(day__year=2024)) == [2, 3]
    with pytest.raises(ValidationError, match="such as"):
        Bill.objects.filter(day__month=5)


def test_the_smallest_and_largest_day_of_a_slice_or_group() -> None:
    assert Bill.objects.all()[:2].aggregate(Min("day"), Max("at")) == {
        "day__min": datetime.date(1999, 12, 31),
        "at__max": datetime.time(23, 59, 59, 1),
    }
    groups = Bill.objects.values("day").annotate(n=Count("*")).order_by("-day")
    assert [group["day"] for group in groups] == [DAY, datetime.date(1999, 12, 31), None]
