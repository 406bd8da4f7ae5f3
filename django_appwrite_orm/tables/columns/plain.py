"""Yes or no, and points in time."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from .base import Column


class Boolean(Column):
    kind = type_name = "boolean"

    def clean_one(self, value: Any) -> Any:
        if not isinstance(value, bool):
            raise ValidationError(f"Expected True or False, not {value!r}.", code="invalid")
        return value

    def coerce(self, value: Any) -> Any:
        return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower(), value)

    @property
    def value_bytes(self) -> int:
        return 1


class Datetime(Column):
    """A point in time with milliseconds, years 1000 to 9999; an aware datetime in UTC when read.

    Set it to a datetime or to ISO 8601 text. A naive one is taken to be in the current time zone. Anything
    below a millisecond is cut off, as Appwrite does.
    """

    kind = type_name = "datetime"

    def clean_one(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                parsed = parse_datetime(value)
            except ValueError:
                parsed = None
            if parsed is None:
                raise ValidationError(f"{value!r} is not a date and time in ISO 8601.", code="invalid")
            value = parsed
        if not isinstance(value, datetime.datetime):
            raise ValidationError(f"Expected a datetime, not {type(value).__name__}.", code="invalid")
        try:
            if timezone.is_naive(value):
                value = timezone.make_aware(value)
            value = value.astimezone(datetime.UTC)
        except (OverflowError, ValueError):
            raise ValidationError("The date is out of range.", code="invalid") from None
        if value.year < 1000:
            raise ValidationError("Years before 1000 cannot be stored.", code="invalid")
        return value.replace(microsecond=value.microsecond // 1000 * 1000)

    def options(self) -> dict[str, Any]:
        return {"format": ""}

    def encode(self, value: datetime.datetime) -> str:
        return value.isoformat(timespec="milliseconds")

    def decode(self, raw: str) -> datetime.datetime:
        return datetime.datetime.fromisoformat(raw)

    @property
    def value_bytes(self) -> int:
        return 7
