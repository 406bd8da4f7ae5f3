"""Convert points in time by Django's rules for USE_TZ.

Appwrite keeps points in time in UTC. In Python they are aware datetimes in UTC with USE_TZ, and naive ones in TIME_ZONE
without it.
"""

from __future__ import annotations

import datetime
import warnings

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def to_utc(value: datetime.datetime, receiver: str) -> datetime.datetime:
    """Return the same moment, aware and in UTC.

    A naive value is in TIME_ZONE. With USE_TZ it causes Django's RuntimeWarning, which names the `receiver`. Where
    clocks are put back, `fold` distinguishes the two moments of a naive value. Raises OverflowError or ValueError for a
    moment outside the range of datetime.
    """
    if timezone.is_naive(value):
        if settings.USE_TZ:
            warnings.warn(
                f"{receiver} received a naive datetime ({value}) while time zone support is active.",
                RuntimeWarning,
                stacklevel=2,
            )
        value = timezone.make_aware(value, timezone.get_default_timezone())
    return value.astimezone(datetime.UTC)


def from_utc(moment: datetime.datetime) -> datetime.datetime:
    """Return a moment as a project's code expects it: aware in UTC with USE_TZ, else naive in TIME_ZONE."""
    if settings.USE_TZ:
        return moment.astimezone(datetime.UTC)
    return timezone.make_naive(moment, timezone.get_default_timezone())


def refuse_skipped(value: datetime.datetime) -> None:
    """Raise ValidationError for a naive value in an hour that clocks skip.

    No moment in UTC has it as its local time, so without USE_TZ another value would be read back.
    """
    if settings.USE_TZ or timezone.is_aware(value):
        return
    zone = timezone.get_default_timezone()
    if timezone.make_naive(timezone.make_aware(value, zone).astimezone(datetime.UTC), zone) != value:
        raise ValidationError(
            _(
                "%(value)s does not exist in %(zone)s, where clocks are put forward at that time. Use another time, or"
                " an aware datetime."
            ),
            code="skipped",
            params={"value": value, "zone": zone},
        )


def midnight(day: datetime.date) -> datetime.datetime:
    """Return the first moment of a day for lookups such as `__date`.

    The day is that of the current time zone with USE_TZ, else of TIME_ZONE.
    """
    zone = timezone.get_current_timezone() if settings.USE_TZ else timezone.get_default_timezone()
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min), zone)


def day_of(value: datetime.datetime) -> datetime.date:
    """Return the date of a datetime given for `__date`, as Django's DateField converts it: its day in TIME_ZONE."""
    if settings.USE_TZ and timezone.is_aware(value):
        value = timezone.make_naive(value, timezone.get_default_timezone())
    return value.date()
