"""Columns of whole numbers and doubles."""

from __future__ import annotations

import decimal
import math
import numbers
import operator
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Unpack, overload

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from ...exceptions import ConfigurationError
from ..kinds import INT64, KINDS
from .base import Column
from .typing import Common, No, Value, Yes
from .unknown_options import unknown_options

if TYPE_CHECKING:
    from ..row import Row

INT64_MIN, INT64_MAX = INT64
_BEYOND = 2**64  # int() of a Decimal with a large exponent could fill the memory


def as_float(value: Any) -> Any:
    """Convert a Decimal, a Fraction or another real number to a float; return other values and ints unchanged."""
    if type(value) is float or isinstance(value, int) or not isinstance(value, (numbers.Real, decimal.Decimal)):
        return value
    try:
        return float(value)
    except (OverflowError, ValueError):  # too large, or a signaling NaN
        return value


def _is_finite_number(value: Any) -> bool:
    if isinstance(value, decimal.Decimal):
        return value.is_finite()
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    return isinstance(value, numbers.Rational) or math.isfinite(value)


class Number(Column[Value]):
    """A number between `min` and `max`, both included; None leaves a side open."""

    unfit_message: ClassVar[Any]  # for a `value` that is not such a number

    def __init__(self, *, min: float | None = None, max: float | None = None, **common: Any) -> None:
        super().__init__(**common)
        min, max = self.native(min), self.native(max)
        for name, bound in (("min", min), ("max", max)):
            if bound is not None and not self.fits(bound):
                raise ConfigurationError(f"{type(self).__name__}: {name}={bound!r} is not valid for this column.")
        if min is not None and max is not None and min > max:
            raise ConfigurationError(f"{type(self).__name__}: min={min!r} is above max={max!r}.")
        self.min = min
        self.max = max

    def native(self, value: Any) -> Any:
        """Convert an equal number of another type to the type that JSON has for this column.

        Other values are returned unchanged.
        """
        raise NotImplementedError

    def fits(self, value: Any) -> bool:
        raise NotImplementedError

    def clean_one(self, value: Any) -> Any:
        value = self.native(value)
        if not self.fits(value):
            raise self._unfit(value)
        if self.min is not None and value < self.min:
            params = {"limit": self.min, "value": value}
            raise ValidationError(_("At least %(limit)s, not %(value)s."), code="min_value", params=params)
        if self.max is not None and value > self.max:
            params = {"limit": self.max, "value": value}
            raise ValidationError(_("At most %(limit)s, not %(value)s."), code="max_value", params=params)
        return value

    def options(self) -> dict[str, Any]:
        return {"min": self.min, "max": self.max}

    def coerce(self, value: Any) -> Any:
        """Return a number, or the number of a text, that the column's type can hold; `min` and `max` do not apply."""
        if isinstance(value, str):
            try:
                value = self.parse(value)
            except ValueError:
                raise self._unfit(value) from None
        value = self.native(value)
        if not self.fits(value):
            raise self._unfit(value)
        return value

    def parse(self, text: str) -> Any:
        raise NotImplementedError

    def _unfit(self, value: Any) -> ValidationError:
        return ValidationError(self.unfit_message, code="invalid", params={"value": repr(value)})


class Integer(Number[Value]):
    """A whole number of 64 bits, except -2**63: Appwrite refuses it here, but not in a bigint."""

    kind = KINDS["integer"]
    django_field: ClassVar[type[models.Field[Any, Any]]] = models.BigIntegerField
    unfit_message = _("Expected a whole number of 64 bits, not %(value)s.")
    lowest: ClassVar[int] = INT64_MIN + 1

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Integer[list[int]],
            *,
            array: Yes,
            required: bool = False,
            min: int | None = None,
            max: int | None = None,
            **common: Unpack[Common],
        ) -> None: ...
        @overload
        def __init__(
            self: Integer[int],
            *,
            array: No = False,
            required: Yes,
            min: int | None = None,
            max: int | None = None,
            **common: Unpack[Common],
        ) -> None: ...
        @overload
        def __init__(
            self: Integer[int | None],
            *,
            array: No = False,
            required: No = False,
            min: int | None = None,
            max: int | None = None,
            **common: Unpack[Common],
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def native(self, value: Any) -> Any:
        if type(value) is int:
            return value
        if isinstance(value, decimal.Decimal):
            is_whole = value.is_finite() and -_BEYOND <= value <= _BEYOND and value == value.to_integral_value()
            return int(value) if is_whole else value
        return operator.index(value) if hasattr(value, "__index__") and not isinstance(value, bool) else value

    def fits(self, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.lowest <= value <= INT64_MAX

    def bounds(self, value: Any) -> tuple[Any, Any]:
        """Return the whole numbers around a fraction; a number beyond 64 bits has one on one side only."""
        try:
            value = self.native(self.parse(value) if isinstance(value, str) else value)
        except ValueError:
            raise self._unfit(value) from None
        if not _is_finite_number(value):
            raise self._unfit(value)
        if value > INT64_MAX:
            return self.encode(INT64_MAX), None
        if value < self.lowest:
            return None, self.encode(self.lowest)
        return self.encode(math.floor(value)), self.encode(math.ceil(value))

    def parse(self, text: str) -> int:
        return int(text)

    @property
    def value_bytes(self) -> int:
        narrow, whole = self.kind.narrow_range, super().value_bytes
        return whole // 2 if narrow and self.max is not None and self.max <= narrow[1] else whole


class BigInt(Integer[Value]):
    """A whole number of Appwrite's separate 64-bit kind, which its operators (`increment`, ...) do not accept."""

    kind = KINDS["bigint"]
    lowest = INT64_MIN

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: BigInt[list[int]],
            *,
            array: Yes,
            required: bool = False,
            min: int | None = None,
            max: int | None = None,
            **common: Unpack[Common],
        ) -> None: ...
        @overload
        def __init__(
            self: BigInt[int],
            *,
            array: No = False,
            required: Yes,
            min: int | None = None,
            max: int | None = None,
            **common: Unpack[Common],
        ) -> None: ...
        @overload
        def __init__(
            self: BigInt[int | None],
            *,
            array: No = False,
            required: No = False,
            min: int | None = None,
            max: int | None = None,
            **common: Unpack[Common],
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...


class Float(Number[Value]):
    """A double; whole numbers are accepted. Appwrite keeps 14 significant digits and no negative zero."""

    kind = KINDS["float"]
    django_field = models.FloatField
    unfit_message = _("Expected a finite number, not %(value)s.")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Float[list[float]],
            *,
            array: Yes,
            required: bool = False,
            min: float | None = None,
            max: float | None = None,
            **common: Unpack[Common],
        ) -> None: ...
        @overload
        def __init__(
            self: Float[float],
            *,
            array: No = False,
            required: Yes,
            min: float | None = None,
            max: float | None = None,
            **common: Unpack[Common],
        ) -> None: ...
        @overload
        def __init__(
            self: Float[float | None],
            *,
            array: No = False,
            required: No = False,
            min: float | None = None,
            max: float | None = None,
            **common: Unpack[Common],
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def native(self, value: Any) -> Any:
        return as_float(value)

    def fits(self, value: Any) -> bool:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return False
        try:
            return math.isfinite(value)
        except OverflowError:  # a whole number beyond the largest double
            return False

    def parse(self, text: str) -> float:
        return float(text)

    # The server writes whole ones without their ".0".
    decode = staticmethod(float)  # type: ignore[assignment]


class Version(Integer["int | None"]):
    """The number of times that the row was written through this package.

    It is 1 in a new row, and each `save`, `update` and `bulk_update` adds 1. `save(if_unchanged=True)` compares it. It
    cannot be set. Rows that are older than the column have None, and 1 after their next change.
    """

    def __init__(self, *, column: str | None = None, renamed_from: str | None = None, **unknown: Any) -> None:
        if unknown:
            raise unknown_options(self, unknown, known=("column", "renamed_from"))
        super().__init__(default=1, column=column, renamed_from=renamed_from)

    if TYPE_CHECKING:

        def __set__(self, row: object, value: object) -> NoReturn: ...

    def check_assignment(self, row: Row) -> None:
        raise AttributeError(f"{type(row).__name__}.{self.name} is the Version column and cannot be set.")
