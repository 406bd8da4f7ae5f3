"""Columns of points in time."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Unpack, overload

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from ...plans.limits import EARLIEST_DATETIME, LATEST_DATETIME
from ..kinds import KINDS
from .base import Column
from .time_zones import from_utc, refuse_skipped, to_utc
from .typing import Common, No, Value, Yes

_MILLISECOND = datetime.timedelta(milliseconds=1)


class Datetime(Column[Value]):
    """A point in time with milliseconds, in the years 1000 to 9999.

    It is read as an aware datetime in UTC; with USE_TZ = False, as a naive one in TIME_ZONE. It can be set to a
    datetime, a date (its midnight) or ISO 8601 text. A value without a time zone is in TIME_ZONE; with USE_TZ = True it
    causes Django's RuntimeWarning. Fractions of a millisecond are cut off, as Appwrite does.
    """

    kind = KINDS["datetime"]
    django_field = models.DateTimeField

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
        parsed = self._parsed(value)
        try:
            refuse_skipped(parsed)
            moment = _without_microseconds(self._in_utc(parsed))
            stored = from_utc(moment)
        except (OverflowError, ValueError):
            raise ValidationError(_("The date is out of range."), code="invalid") from None
        if not EARLIEST_DATETIME <= moment <= LATEST_DATETIME:
            raise ValidationError(_("The year must be from 1000 to 9999."), code="invalid")
        return stored

    def bounds(self, value: Any) -> tuple[Any, Any]:
        parsed = self._parsed(value)
        try:
            moment = self._in_utc(parsed)
        except (OverflowError, ValueError):  # in the first or last year of datetime's range
            moment = (datetime.datetime.max if parsed.year > 1 else datetime.datetime.min).replace(tzinfo=datetime.UTC)
        if moment > LATEST_DATETIME:
            return self.encode(LATEST_DATETIME), None
        if moment < EARLIEST_DATETIME:
            return None, self.encode(EARLIEST_DATETIME)
        low = _without_microseconds(moment)
        return self.encode(low), self.encode(low if low == moment else low + _MILLISECOND)

    def _parsed(self, value: Any) -> datetime.datetime:
        if isinstance(value, str):
            try:
                parsed = parse_datetime(value)
            except ValueError:
                parsed = None
            if parsed is None:
                message = _("%(value)s is not a date and time in ISO 8601.")
                raise ValidationError(message, code="invalid", params={"value": repr(value)})
            return parsed
        if isinstance(value, datetime.datetime):
            return value
        if isinstance(value, datetime.date):
            return datetime.datetime.combine(value, datetime.time.min)
        params = {"type": type(value).__name__}
        raise ValidationError(_("Expected a datetime, not %(type)s."), code="invalid", params=params)

    def _in_utc(self, value: datetime.datetime) -> datetime.datetime:
        return to_utc(value, f"Datetime {getattr(self, 'name', '?')}")

    def options(self) -> dict[str, Any]:
        return {"format": ""}

    def encode(self, value: datetime.datetime) -> str:
        return self._in_utc(value).isoformat(timespec="milliseconds")

    def decode(self, raw: str) -> datetime.datetime:
        return from_utc(datetime.datetime.fromisoformat(raw))


def _without_microseconds(moment: datetime.datetime) -> datetime.datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
