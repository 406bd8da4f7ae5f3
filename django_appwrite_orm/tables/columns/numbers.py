"""Columns of numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Unpack, overload

from django.core.exceptions import ValidationError

from ...exceptions import ConfigurationError
from .base import Column
from .typing import Common, No, Value, Yes

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
INT32_MAX = 2**31 - 1


class _Number(Column[Value]):
    """A number between `min` and `max`, both included; None leaves a side open."""

    noun: ClassVar[str]

    def __init__(self, *, min: float | None = None, max: float | None = None, **common: Any) -> None:
        super().__init__(**common)
        for name, bound in (("min", min), ("max", max)):
            if bound is not None and not self.fits(bound):
                raise ConfigurationError(f"{type(self).__name__}: {name}={bound!r} is not a value of this column.")
        if min is not None and max is not None and min > max:
            raise ConfigurationError(f"{type(self).__name__}: min={min!r} is above max={max!r}.")
        self.min = min
        self.max = max

    def fits(self, value: Any) -> bool:
        raise NotImplementedError

    def clean_one(self, value: Any) -> Any:
        if not self.fits(value):
            raise ValidationError(f"Expected {self.noun}, not {value!r}.", code="invalid")
        if self.min is not None and value < self.min:
            raise ValidationError(f"At least {self.min}, not {value}.", code="min_value")
        if self.max is not None and value > self.max:
            raise ValidationError(f"At most {self.max}, not {value}.", code="max_value")
        return value

    def options(self) -> dict[str, Any]:
        return {"min": self.min, "max": self.max}

    def coerce(self, value: Any) -> Any:
        """A number, or text that is one, within the column's type; its range does not matter to a filter."""
        if isinstance(value, str):
            try:
                value = self.parse(value)
            except ValueError:
                raise ValidationError(f"Expected {self.noun}, not {value!r}.", code="invalid") from None
        if not self.fits(value):
            raise ValidationError(f"Expected {self.noun}, not {value!r}.", code="invalid")
        return value

    def parse(self, text: str) -> Any:
        raise NotImplementedError


class Integer(_Number[Value]):
    """A whole number of 64 bits, without the lowest one: Appwrite refuses -2**63 here and takes it as a bigint."""

    kind = type_name = "integer"
    noun = "a whole number of 64 bits"
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

    def fits(self, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.lowest <= value <= INT64_MAX

    def parse(self, text: str) -> int:
        return int(text)

    @property
    def value_bytes(self) -> int:
        return 4 if self.max is not None and self.max <= INT32_MAX else 8


class BigInt(Integer[Value]):
    """Appwrite's separate 64-bit kind, which its operators (increment and the like) do not take."""

    kind = type_name = "bigint"
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

    @property
    def value_bytes(self) -> int:
        return 8


class Float(_Number[Value]):
    """A double. Appwrite keeps 14 significant digits of it and no negative zero; a whole number will do."""

    kind = "float"
    type_name = "double"
    noun = "a finite number"

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

    def fits(self, value: Any) -> bool:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return False
        try:
            return math.isfinite(value)
        except OverflowError:  # a whole number beyond the largest double
            return False

    def parse(self, text: str) -> float:
        return float(text)

    def decode(self, raw: Any) -> float:
        return float(raw)  # the server writes whole ones without their ".0"

    @property
    def value_bytes(self) -> int:
        return 8

    @property
    def index_length(self) -> int:
        return 2
