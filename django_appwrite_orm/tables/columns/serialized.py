"""Columns of Python types that Appwrite lacks, kept in one of its kinds so that they compare and order correctly."""

from __future__ import annotations

import datetime
import decimal
import json
import numbers
import uuid
from typing import TYPE_CHECKING, Any, Unpack, overload

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.dateparse import parse_date, parse_time
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from ...exceptions import ConfigurationError
from ..kinds import Family
from .lookups import COMPARISONS, LOOKUPS
from .numbers import INT64_MAX, Integer
from .text import Text, Varchar
from .typing import Common, No, Value, Yes


class UUID(Varchar[Value]):
    """A `uuid.UUID`, kept as its 36 characters in lower case."""

    family = Family.IDENTIFIER
    lookups = LOOKUPS[Family.IDENTIFIER]
    orderable = True
    django_field = models.UUIDField

    if TYPE_CHECKING:

        @overload
        def __init__(self: UUID[list[uuid.UUID]], *, array: Yes, **common: Unpack[Common]) -> None: ...
        @overload
        def __init__(self: UUID[uuid.UUID], *, required: Yes, **common: Unpack[Common]) -> None: ...
        @overload
        def __init__(self: UUID[uuid.UUID | None], *, required: No = False, **common: Unpack[Common]) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    else:

        def __init__(self, **common):
            super().__init__(size=36, **common)

    def clean_one(self, value: Any) -> uuid.UUID:
        try:
            return value if isinstance(value, uuid.UUID) else uuid.UUID(value)
        except (AttributeError, TypeError, ValueError):
            raise ValidationError(
                _("%(value)s is not a UUID."), code="invalid", params={"value": repr(value)}
            ) from None

    def coerce(self, value: Any) -> uuid.UUID:
        return self.clean_one(value)

    def encode(self, value: uuid.UUID) -> str:
        return str(value)

    def decode(self, raw: str) -> uuid.UUID:
        return uuid.UUID(raw)


class Decimal(Integer[Value]):
    """A `decimal.Decimal`, kept as a whole number of its smallest unit (12.34 as 1234).

    So it is exact, and compares and orders correctly. `max_digits` counts all digits, at most 18, because Appwrite's
    integers have 64 bits; `decimal_places` those after the point. A value with more digits is refused, not rounded.
    Appwrite's console shows the number without its point. The upper bound of the column on the server encodes both
    options (`decimal_bound`), so that a migration detects a change of scale.
    """

    django_field = models.DecimalField

    @overload
    def __init__(
        self: Decimal[decimal.Decimal], *, max_digits: int, decimal_places: int, required: Yes, **common: Unpack[Common]
    ) -> None: ...
    @overload
    def __init__(
        self: Decimal[decimal.Decimal | None],
        *,
        max_digits: int,
        decimal_places: int,
        required: No = False,
        **common: Unpack[Common],
    ) -> None: ...
    def __init__(self, *, max_digits: int, decimal_places: int, **common: Any) -> None:
        super().__init__(**common)  # type: ignore[misc]  # its overloads speak of whole numbers
        for name, digits in (("max_digits", max_digits), ("decimal_places", decimal_places)):
            if isinstance(digits, bool) or not isinstance(digits, int):
                raise ConfigurationError(f"Decimal: {name} must be a whole number, not {digits!r}.")
        if not 0 <= decimal_places <= max_digits or not 1 <= max_digits <= 18:
            raise ConfigurationError("Decimal: max_digits must be from 1 to 18, decimal_places from 0 to max_digits.")
        self.max_digits = max_digits
        self.decimal_places = decimal_places

    def options(self) -> dict[str, Any]:
        return {"min": None, "max": decimal_bound(self.max_digits, self.decimal_places)}

    def django_options(self) -> dict[str, Any]:
        return {"max_digits": self.max_digits, "decimal_places": self.decimal_places}

    def native(self, value: Any) -> Any:
        return value

    def clean_one(self, value: Any) -> decimal.Decimal:
        number = self.coerce(value)
        if abs(self.encode(number)) >= 10**self.max_digits:
            raise too_many_digits(self.max_digits, value)
        return number

    def coerce(self, value: Any) -> decimal.Decimal:
        """Return a Decimal for a Decimal, a whole number or a text. Floats are refused: they are not exact."""
        low, high = self.bounds(value)
        if low is None or high is None:
            raise too_many_digits(self.max_digits, value)
        if low != high:
            message = ngettext_lazy(
                "At most %(limit)d decimal place, not %(value)s.",
                "At most %(limit)d decimal places, not %(value)s.",
                "limit",
            )
            raise ValidationError(message, code="places", params={"limit": self.decimal_places, "value": value})
        return self.decode(low)

    def bounds(self, value: Any) -> tuple[int | None, int | None]:
        if isinstance(value, float):
            raise ValidationError(
                _("Expected a Decimal, not the float %(value)s, which is not exact. Use Decimal('%(value)s')."),
                code="invalid",
                params={"value": repr(value)},
            )
        if isinstance(value, bool) or not isinstance(value, (decimal.Decimal, str, numbers.Integral)):
            params = {"value": repr(value)}
            raise ValidationError(_("Expected a Decimal, not %(value)s."), code="invalid", params=params)
        try:
            number = decimal.Decimal(value if isinstance(value, (decimal.Decimal, str)) else int(value))
        except (decimal.DecimalException, ValueError):
            raise not_a_number(value) from None
        if not number.is_finite():
            raise not_a_number(value)
        if not -INT64_MAX <= number <= INT64_MAX:  # abs() would round, or overflow
            return (INT64_MAX, None) if number > 0 else (None, -INT64_MAX)
        sign, digits, exponent = number.as_tuple()
        scaled = decimal.Decimal((sign, digits, int(exponent) + self.decimal_places))  # exact, whatever its length
        low, high = (int(scaled.to_integral_value(mode)) for mode in (decimal.ROUND_FLOOR, decimal.ROUND_CEILING))
        return None if low < -INT64_MAX else min(low, INT64_MAX), None if high > INT64_MAX else max(high, -INT64_MAX)

    def encode(self, value: decimal.Decimal) -> int:
        return int(value.scaleb(self.decimal_places, _EXACT))

    def decode(self, raw: int) -> decimal.Decimal:
        return decimal.Decimal(raw).scaleb(-self.decimal_places, _EXACT)


def too_many_digits(limit: int, value: Any) -> ValidationError:
    """Return the error of a number that has more than `limit` digits."""
    message = ngettext_lazy(
        "At most %(limit)d digit, not %(value)s.", "At most %(limit)d digits, not %(value)s.", "limit"
    )
    return ValidationError(message, code="max_digits", params={"limit": limit, "value": value})


def not_a_number(value: Any) -> ValidationError:
    """Return the error of a value that is not a finite number."""
    return ValidationError(_("%(value)s is not a number."), code="invalid", params={"value": repr(value)})


_EXACT = decimal.Context(prec=60)
# Above every value, which is below 10**18, and below 2**63. Both options are encoded in digits that the nearest double
# still has, so that JavaScript, as in Appwrite's CLI, keeps them.
_BOUND = 9 * 10**18
_DIGITS, _PLACES = 10**8, 10**6


def decimal_bound(max_digits: int, decimal_places: int) -> int:
    """Return the upper bound of a Decimal's column on the server: 9000000001002000000 for 10 digits, 2 decimals."""
    return _BOUND + max_digits * _DIGITS + decimal_places * _PLACES


def decimal_digits(bound: object) -> tuple[int, int] | None:
    """Return max_digits and decimal_places of a Decimal's column with this upper bound; None for other bounds."""
    if not isinstance(bound, int) or bound < _BOUND:
        return None
    digits, places = (bound - _BOUND) // _DIGITS, (bound - _BOUND) % _DIGITS // _PLACES
    is_valid = 0 <= places <= digits and 1 <= digits <= 18 and bound == decimal_bound(digits, places)
    return (digits, places) if is_valid else None


class Date(Varchar[Value]):
    """A `datetime.date`, kept as text in ISO 8601, `2024-05-31`, so that no time zone moves it to another day."""

    family = Family.TIME
    lookups = LOOKUPS[Family.TIME]
    orderable = True
    django_field = models.DateField

    if TYPE_CHECKING:

        @overload
        def __init__(self: Date[list[datetime.date]], *, array: Yes, **common: Unpack[Common]) -> None: ...
        @overload
        def __init__(self: Date[datetime.date], *, required: Yes, **common: Unpack[Common]) -> None: ...
        @overload
        def __init__(self: Date[datetime.date | None], *, required: No = False, **common: Unpack[Common]) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    else:

        def __init__(self, **common):
            super().__init__(size=10, **common)

    def clean_one(self, value: Any) -> datetime.date:
        date = _parsed(parse_date, value) if isinstance(value, str) else value
        if not isinstance(date, datetime.date) or isinstance(date, datetime.datetime):
            raise ValidationError(_("Expected a date, not %(value)s."), code="invalid", params={"value": repr(value)})
        return date

    def coerce(self, value: Any) -> datetime.date:
        return self.clean_one(value)

    def encode(self, value: datetime.date) -> str:
        return value.isoformat()

    def decode(self, raw: str) -> datetime.date:
        return datetime.date.fromisoformat(raw)


class Time(Varchar[Value]):
    """A `datetime.time` without a time zone, kept as text with microseconds, `09:30:00.000000`, so that it orders."""

    family = Family.TIME
    lookups = COMPARISONS
    orderable = True
    django_field = models.TimeField

    if TYPE_CHECKING:

        @overload
        def __init__(self: Time[list[datetime.time]], *, array: Yes, **common: Unpack[Common]) -> None: ...
        @overload
        def __init__(self: Time[datetime.time], *, required: Yes, **common: Unpack[Common]) -> None: ...
        @overload
        def __init__(self: Time[datetime.time | None], *, required: No = False, **common: Unpack[Common]) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    else:

        def __init__(self, **common):
            super().__init__(size=15, **common)

    def clean_one(self, value: Any) -> datetime.time:
        time = _parsed(parse_time, value) if isinstance(value, str) else value
        if not isinstance(time, datetime.time) or time.tzinfo is not None:
            message = _("Expected a time without a time zone, not %(value)s.")
            raise ValidationError(message, code="invalid", params={"value": repr(value)})
        return time

    def coerce(self, value: Any) -> datetime.time:
        return self.clean_one(value)

    def encode(self, value: datetime.time) -> str:
        return value.isoformat(timespec="microseconds")

    def decode(self, raw: str) -> datetime.time:
        return datetime.time.fromisoformat(raw)


def _parsed(parse: Any, text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        return None


class JSON(Text[Any]):
    """A JSON document, kept as text of up to 65,535 bytes. Dates, UUIDs and Decimals become text, as in Django.

    Appwrite can filter by null only. The document is kept in a list of one item, `[...]`, so that no document is an
    object that Appwrite would run as an operator.
    """

    family = Family.DOCUMENT
    lookups = LOOKUPS[Family.DOCUMENT]
    django_field = models.JSONField

    def clean_one(self, value: Any) -> Any:
        try:
            text = self.encode(value)
        except (TypeError, ValueError, RecursionError) as error:
            message = _("The value cannot be written as JSON: %(error)s")
            raise ValidationError(message, code="invalid", params={"error": error}) from None
        super().clean_one(text)
        return self.decode(text)

    def coerce(self, value: Any) -> Any:
        raise ValidationError("A JSON column can be filtered by isnull only.", code="invalid")

    def encode(self, value: Any) -> str:
        return json.dumps([value], cls=DjangoJSONEncoder, allow_nan=False, separators=(",", ":"))

    def decode(self, raw: str) -> Any:
        wrapped = json.loads(raw)
        if not isinstance(wrapped, list) or len(wrapped) != 1:
            raise ValueError(f"{self!r} holds text that was not written by a JSON column: {raw[:80]!r}")
        return wrapped[0]
