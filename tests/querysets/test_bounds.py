"""Values in filters that lie between two that a column can hold, or beyond all of them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.exceptions import NotSupportedError
from tests.support.costs import counted
from tests.support.library.tables import Everything
from tests.support.tables import prepare

UTC = datetime.UTC


def moment(microsecond: int) -> datetime.datetime:
    return datetime.datetime(2026, 1, 1, 0, 0, 0, microsecond, UTC)


def found(**lookup: Any) -> list[int]:
    return sorted(row.integer or 0 for row in Everything.objects.filter(**lookup))


@pytest.fixture
def moments(library: None) -> None:
    """Milliseconds 1, 2 and 3."""
    Everything.objects.bulk_create([Everything(integer=n, datetime=moment(n * 1000)) for n in (1, 2, 3)])


@pytest.mark.usefixtures("moments")
@pytest.mark.parametrize(
    ("lookup", "value", "expected"),
    [
        ("exact", moment(2000), [2]),
        ("exact", moment(2500), []),
        ("in", [moment(2500), moment(3000)], [3]),
        ("gt", moment(2500), [3]),
        ("gte", moment(2500), [3]),
        ("lt", moment(2500), [1, 2]),
        ("lte", moment(2500), [1, 2]),
        ("gt", moment(2000), [3]),
        ("lt", moment(2000), [1]),
        ("range", (moment(1500), moment(2500)), [2]),
        ("range", (moment(2001), moment(2999)), []),
        ("lt", datetime.datetime.max.replace(tzinfo=UTC), [1, 2, 3]),
        ("gte", datetime.datetime.max.replace(tzinfo=datetime.timezone(-datetime.timedelta(hours=5))), []),
        ("gt", datetime.datetime.min.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=5))), [1, 2, 3]),
        ("lte", datetime.datetime.min.replace(tzinfo=UTC), []),
    ],
)
def test_comparison_with_a_value_between_two_milliseconds(lookup: str, value: Any, expected: list[int]) -> None:
    assert found(**{f"datetime__{lookup}": value}) == expected


@pytest.mark.usefixtures("moments")
def test_excluding_what_no_row_can_have_excludes_nothing() -> None:
    assert Everything.objects.exclude(datetime=moment(2500)).count() == 3


@pytest.mark.usefixtures("moments")
@pytest.mark.parametrize(
    ("lookup", "value", "expected"),
    [
        ("exact", Decimal("2.5"), []),
        ("exact", 2.0, [2]),
        ("gt", 1.5, [2, 3]),
        ("gte", Decimal("1.5"), [2, 3]),
        ("lt", np.float64(2.5), [1, 2]),
        ("lte", 2.5, [1, 2]),
        ("in", [1, 2.5, np.int64(3)], [1, 3]),
        ("range", (1.5, 2.5), [2]),
        ("gt", -(2**70), [1, 2, 3]),
        ("gte", 10**30, []),
        ("lt", Decimal("1E+999999999"), [1, 2, 3]),
        ("lte", Decimal("-1E+999999999"), []),
        ("exact", 2**70, []),
    ],
)
def test_comparison_with_a_value_between_two_whole_numbers(lookup: str, value: Any, expected: list[int]) -> None:
    assert found(**{f"integer__{lookup}": value}) == expected


@pytest.mark.usefixtures("library")
def test_items_that_an_array_cannot_hold() -> None:
    Everything.objects.create(integer=1, integers=[1, 2])
    assert found(integers__contains=[1, 2.5]) == []
    assert found(integers__contains_any=[2.5, 2]) == [1]
    assert found(integers__contains_any=[2.5]) == []


class Price(Table):
    amount = columns.Decimal(max_digits=18, decimal_places=2)

    class Meta:
        name = "prices"


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("lookup", "value", "expected"),
    [
        ("exact", Decimal("1.235"), []),
        ("exact", "1.230", ["1.23"]),
        ("in", [Decimal("1.235"), Decimal("1.24")], ["1.24"]),
        ("gt", Decimal("1.235"), ["1.24"]),
        ("gte", Decimal("1.235"), ["1.24"]),
        ("lt", Decimal("1.235"), ["-1.23", "1.23"]),
        ("lte", Decimal("1.235"), ["-1.23", "1.23"]),
        ("lte", Decimal("-1.225"), ["-1.23"]),
        ("gte", Decimal("-1.235"), ["-1.23", "1.23", "1.24"]),
        ("gt", Decimal("1.23" + "9" * 80), ["1.24"]),
        ("lt", Decimal("1E+30"), ["-1.23", "1.23", "1.24"]),
        ("gt", Decimal("1E+30"), []),
        ("range", (Decimal("1.225"), Decimal("1.235")), ["1.23"]),
    ],
)
def test_comparison_with_a_value_between_two_decimals(lookup: str, value: Any, expected: list[str]) -> None:
    prepare(Price)
    Price.objects.bulk_create([Price(amount=Decimal(text)) for text in ("-1.23", "1.23", "1.24")])
    rows = Price.objects.filter(**{f"amount__{lookup}": value})
    assert sorted(str(row.amount) for row in rows) == expected


@pytest.mark.usefixtures("library")
def test_no_row_has_a_text_that_is_longer_than_the_column_and_no_query_could_send() -> None:
    Everything.objects.create(string="Dune", text="Dune")
    long = "x" * 5000
    with counted() as costs:
        assert not Everything.objects.filter(string=long).exists()
        assert Everything.objects.filter(string=long).first() is None
        with pytest.raises(Everything.DoesNotExist):
            Everything.objects.get(string=long)
    assert costs.requests == []
    assert Everything.objects.filter(string__in=[long, "Dune"]).count() == 1
    assert Everything.objects.exclude(string=long).count() == 1
    for lookup in ({"text": long}, {"string": " " * 5000}, {"string__contains": long}, {"string__gt": long}):
        with pytest.raises(NotSupportedError, match="a value may have at most 4096 characters"):
            Everything.objects.filter(**lookup)
