"""Yes or no, and points in time."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Unpack, overload

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from .base import Column
from .typing import Common, No, Value, Yes

_WORDS = {"true": True, "1": True, "false": False, "0": False}
# Observed: Appwrite refuses the last 999 milliseconds of the year 9999.
_LATEST = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)


class Boolean(Column[Value]):
    """True or False; a number or a word is not taken for one."""

    kind = type_name = "boolean"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Boolean[list[bool]], *, array: Yes, required: bool = False, **common: Unpack[Common]
        ) -> None: ...
        @overload
        def __init__(self: Boolean[bool], *, required: Yes, **options: Unpack[Common]) -> None: ...
        @overload
        def __init__(
            self: Boolean[bool | None], *, array: No = False, required: No = False, **common: Unpack[Common]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def clean_one(self, value: Any) -> Any:
        if not isinstance(value, bool):
            raise ValidationError(f"Expected True or False, not {value!r}.", code="invalid")
        return value

    def coerce(self, value: Any) -> Any:
        """Also 1 and 0, and the words for them that stand in URLs."""
        return self.clean_one(_WORDS.get(str(value).lower(), value))

    @property
    def value_bytes(self) -> int:
        return 1


class Datetime(Column[Value]):
    """A point in time with milliseconds, years 1000 to 9999; an aware datetime in UTC when read.

    Set it to a datetime, a date (its midnight) or ISO 8601 text. Without a time zone the current one is meant.
    Anything below a millisecond is cut off, as Appwrite does.
    """

    kind = type_name = "datetime"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Datetime[list[datetime.datetime]], *, array: Yes, required: bool = False, **common: Unpack[Common]
        ) -> None: ...
        @overload
        def __init__(
            self: Datetime[datetime.datetime], *, array: No = False, required: Yes, **common: Unpack[Common]
        ) -> None: ...
        @overload
        def __init__(
            self: Datetime[datetime.datetime | None],
            *,
            array: No = False,
            required: No = False,
            **common: Unpack[Common],
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def clean_one(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                parsed = parse_datetime(value)
            except ValueError:
                parsed = None
            if parsed is None:
                raise ValidationError(f"{value!r} is not a date and time in ISO 8601.", code="invalid")
            value = parsed
        elif isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            value = datetime.datetime.combine(value, datetime.time.min)
        if not isinstance(value, datetime.datetime):
            raise ValidationError(f"Expected a datetime, not {type(value).__name__}.", code="invalid")
        try:
            if timezone.is_naive(value):
                value = timezone.make_aware(value)
            value = value.astimezone(datetime.UTC)
        except (OverflowError, ValueError):
            raise ValidationError("The date is out of range.", code="invalid") from None
        value = value.replace(microsecond=value.microsecond // 1000 * 1000)
        if value.year < 1000 or value > _LATEST:
            raise ValidationError("Appwrite stores the years 1000 to 9999 only.", code="invalid")
        return value

    def options(self) -> dict[str, Any]:
        return {"format": ""}

    def encode(self, value: datetime.datetime) -> str:
        return value.isoformat(timespec="milliseconds")

    def decode(self, raw: str) -> datetime.datetime:
        return datetime.datetime.fromisoformat(raw)

    @property
    def value_bytes(self) -> int:
        return 7
