"""Kinds that Python has and Appwrite lacks, kept in columns of its plain kinds so that they compare and order right."""

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
            raise ValidationError(f"{value!r} is not a UUID.", code="invalid") from None

    def coerce(self, value: Any) -> uuid.UUID:
        return self.clean_one(value)

    def encode(self, value: uuid.UUID) -> str:
        return str(value)

    def decode(self, raw: str) -> uuid.UUID:
        return uuid.UUID(raw)


class Decimal(Integer[Value]):
    """A `decimal.Decimal` with `decimal_places` digits behind the point, kept as a whole number of the smallest
    unit (12.34 as 1234), so that it compares, orders and is exact.

    `max_digits` counts all digits, at most 18: Appwrite's integers have 64 bits. A value with more digits than
    that is refused, not rounded. Elsewhere, in Appwrite's console for instance, the number stands without its
    point. The column's upper bound on the server, which no value reaches, says how many digits it was made for
    (`decimal_bound`), so that a migration can tell another scale.
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
        found = self.coerce(value)
        if abs(self.encode(found)) >= 10**self.max_digits:
            raise ValidationError(f"At most {self.max_digits} digits, not {value}.", code="max_digits")
        return found

    def coerce(self, value: Any) -> decimal.Decimal:
        """A Decimal, a whole number, or text that is one. A float is none: it is not the number it shows."""
        low, high = self.bounds(value)
        if low is None or high is None:
            raise ValidationError(f"At most {self.max_digits} digits, not {value}.", code="max_digits")
        if low != high:
            raise ValidationError(f"At most {self.decimal_places} digits behind the point, not {value}.", code="places")
        return self.decode(low)

    def bounds(self, value: Any) -> tuple[int | None, int | None]:
        if isinstance(value, float):
            raise ValidationError(
                f"Expected a Decimal, not the float {value!r}, which is not exactly the number that it shows. Use"
                f" Decimal({str(value)!r}).",
                code="invalid",
            )
        if isinstance(value, bool) or not isinstance(value, (decimal.Decimal, str, numbers.Integral)):
            raise ValidationError(f"Expected a Decimal, not {value!r}.", code="invalid")
        try:
            found = decimal.Decimal(value if isinstance(value, (decimal.Decimal, str)) else int(value))
        except (decimal.DecimalException, ValueError):
            raise ValidationError(f"{value!r} is not a number.", code="invalid") from None
        if not found.is_finite():
            raise ValidationError(f"{value!r} is not a number.", code="invalid")
        if not -INT64_MAX <= found <= INT64_MAX:  # abs() would round, or overflow
            return (INT64_MAX, None) if found > 0 else (None, -INT64_MAX)
        sign, digits, exponent = found.as_tuple()
        scaled = decimal.Decimal((sign, digits, int(exponent) + self.decimal_places))  # exact, whatever its length
        low, high = (int(scaled.to_integral_value(way)) for way in (decimal.ROUND_FLOOR, decimal.ROUND_CEILING))
        return None if low < -INT64_MAX else min(low, INT64_MAX), None if high > INT64_MAX else max(high, -INT64_MAX)

    def encode(self, value: decimal.Decimal) -> int:
        return int(value.scaleb(self.decimal_places, _EXACT))

    def decode(self, raw: int) -> decimal.Decimal:
        return decimal.Decimal(raw).scaleb(-self.decimal_places, _EXACT)


_EXACT = decimal.Context(prec=60)
# Above every value, which is below 10**18, and below 2**63. The digits stand where the shortest decimal form of the
# nearest double still has them, so that JavaScript, as in Appwrite's CLI, passes them on.
_BOUND = 9 * 10**18
_DIGITS, _PLACES = 10**8, 10**6


def decimal_bound(max_digits: int, decimal_places: int) -> int:
    """The upper bound of a Decimal's column on the server: 9000000001002000000 for 10 digits, 2 behind the point."""
    return _BOUND + max_digits * _DIGITS + decimal_places * _PLACES


def decimal_digits(bound: object) -> tuple[int, int] | None:
    """max_digits and decimal_places of the Decimal whose column has this upper bound; None for any other bound."""
    if not isinstance(bound, int) or bound < _BOUND:
        return None
    digits, places = (bound - _BOUND) // _DIGITS, (bound - _BOUND) % _DIGITS // _PLACES
    known = 0 <= places <= digits and 1 <= digits <= 18 and bound == decimal_bound(digits, places)
    return (digits, places) if known else None


class Date(Varchar[Value]):
    """A `datetime.date`, kept as text in ISO 8601, `2024-05-31`: no time zone can move it to another day."""

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
        found = _parsed(parse_date, value) if isinstance(value, str) else value
        if not isinstance(found, datetime.date) or isinstance(found, datetime.datetime):
            raise ValidationError(f"Expected a date, not {value!r}.", code="invalid")
        return found

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
        found = _parsed(parse_time, value) if isinstance(value, str) else value
        if not isinstance(found, datetime.time) or found.tzinfo is not None:
            raise ValidationError(f"Expected a time without a time zone, not {value!r}.", code="invalid")
        return found

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
    """Anything that JSON can say, kept as its text, up to 65,535 bytes; dates, UUIDs and Decimals become text as in
    Django. Appwrite cannot ask for what is inside, only for null.

    It stands in a list of one, `[...]`: that way no document, whatever a user puts into it, is the object that
    Appwrite would run as an operator.
    """

    family = Family.DOCUMENT
    lookups = LOOKUPS[Family.DOCUMENT]
    django_field = models.JSONField

    def clean_one(self, value: Any) -> Any:
        try:
            text = self.encode(value)
        except (TypeError, ValueError, RecursionError) as error:
            raise ValidationError(f"This cannot be written as JSON: {error}", code="invalid") from None
        super().clean_one(text)
        return self.decode(text)

    def coerce(self, value: Any) -> Any:
        raise ValidationError("A JSON column can be asked for null alone (isnull).", code="invalid")

    def encode(self, value: Any) -> str:
        return json.dumps([value], cls=DjangoJSONEncoder, allow_nan=False, separators=(",", ":"))

    def decode(self, raw: str) -> Any:
        found = json.loads(raw)
        if not isinstance(found, list) or len(found) != 1:
            raise ValueError(f"{self!r} holds a text that was not written by a JSON column: {raw[:80]!r}")
        return found[0]
