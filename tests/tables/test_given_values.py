"""Values of other types: lazy ones of forms and translations, those of array libraries."""

from __future__ import annotations

import datetime
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.utils.functional import SimpleLazyObject, lazystr
from django.utils.translation import gettext_lazy

from django_appwrite_orm import columns

AMOUNT = columns.Decimal(max_digits=6, decimal_places=2)

TAKEN: list[tuple[columns.Column, Any, Any]] = [
    (columns.Float(), Decimal("9.5"), 9.5),
    (columns.Float(), Fraction(1, 4), 0.25),
    (columns.Float(min=Decimal("0.5")), np.float32(1.5), 1.5),
    (columns.Float(), np.float64(1.5), 1.5),
    (columns.Float(), np.int64(2), 2),
    (columns.Integer(), Decimal(2), 2),
    (columns.Integer(), Decimal("2.0"), 2),
    (columns.Integer(max=np.int64(5)), np.int64(2), 2),
    (columns.Integer(), np.uint8(2), 2),
    (columns.BigInt(), np.int64(2**62), 2**62),
    (columns.Integer(), SimpleLazyObject(lambda: 7), 7),
    (AMOUNT, np.int64(3), Decimal(3)),
    (columns.Boolean(), np.bool_(True), True),
    (columns.String(), gettext_lazy("Monday"), "Monday"),
    (columns.String(), SimpleLazyObject(lambda: "lamp"), "lamp"),
    (columns.String(), np.str_("lamp"), "lamp"),
    (columns.Email(), lazystr("a@example.org"), "a@example.org"),
    (columns.Enum(["Monday"]), gettext_lazy("Monday"), "Monday"),
    (columns.UUID(), lazystr("12345678-1234-5678-1234-567812345678"), None),
    (columns.Date(), np.datetime64("2026-01-02"), None),
    (columns.Datetime(), np.datetime64("2026-01-02T00:00:00.5", "ns"), None),
    (columns.Datetime(), SimpleLazyObject(lambda: datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)), None),
    (columns.Integer(array=True), np.array([1, 2]), [1, 2]),
    (columns.Float(array=True), [Decimal("0.5"), np.float32(1.5)], [0.5, 1.5]),
    (columns.String(array=True), [gettext_lazy("Monday")], ["Monday"]),
    (columns.Point(), [Decimal("13.5"), np.int64(52)], (13.5, 52.0)),
    (columns.Point(), np.array([13.5, 52.0]), (13.5, 52.0)),
]


@pytest.mark.filterwarnings("ignore:Datetime .* received a naive datetime")
@pytest.mark.parametrize(("column", "value", "kept"), TAKEN)
def test_lazy_and_array_values_are_stored_as_python_types(column: columns.Column, value: Any, kept: Any) -> None:
    cleaned = column.clean(value)
    if kept is not None:
        assert cleaned == kept
        assert type(cleaned) is type(kept)
    assert column.to_appwrite(cleaned) is not None
    if isinstance(column, columns.Point) or column.array:
        return
    assert column.to_query(value) == column.to_appwrite(cleaned)


REFUSED: list[tuple[columns.Column, Any, str]] = [
    (columns.Integer(), Decimal("2.5"), "Expected a whole number of 64 bits, not Decimal('2.5')."),
    (columns.Integer(), Decimal("1E+999999999"), "Expected a whole number of 64 bits, not Decimal('1E+999999999')."),
    (columns.Integer(), np.float64(2.0), "Expected a whole number of 64 bits, not 2.0."),
    (columns.Integer(), np.bool_(True), "Expected a whole number of 64 bits, not True."),
    (columns.Float(), np.bool_(True), "Expected a finite number, not True."),
    (columns.Float(), np.float64("nan"), "Expected a finite number, not nan."),
    (columns.Float(), Decimal("sNaN"), "Expected a finite number, not Decimal('sNaN')."),
    (columns.Float(), SimpleLazyObject(lambda: "x"), "Expected a finite number, not 'x'."),
    (columns.String(size=3), gettext_lazy("Monday"), "At most 3 characters, not 6."),
    (
        AMOUNT,
        np.float64(9.5),
        "Expected a Decimal, not the float 9.5, which is not exact. Use Decimal('9.5').",
    ),
    (AMOUNT, Decimal("1E+999999999"), "At most 6 digits, not 1E+999999999."),
    (AMOUNT, Decimal("1E-999999999"), "At most 2 decimal places, not 1E-999999999."),
]


@pytest.mark.parametrize(("column", "value", "message"), REFUSED)
def test_lazy_and_array_values_that_do_not_fit_are_refused(column: columns.Column, value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        column.clean(value)
    assert caught.value.messages == [message]


@pytest.mark.parametrize("value", [Decimal("NaN"), float("inf"), True, "2.5", object()])
def test_a_filter_of_an_integer_accepts_numbers_only(value: Any) -> None:
    with pytest.raises(ValidationError, match="Expected a whole number"):
        columns.Integer().to_bounds(value)


def test_the_package_imports_no_array_library() -> None:
    code = "import sys, django_appwrite_orm.tables.columns; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
