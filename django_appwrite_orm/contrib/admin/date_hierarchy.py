"""The years, months or days of a list's `date_hierarchy`, without reading all of its rows."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.utils import timezone


class DateHierarchyChangeList:
    """A change list as Django's tag `date_hierarchy` sees it: its queryset finds dates by one request for each.

    Django's own queries for them are answered in memory, with all rows of the list.
    """

    def __init__(self, change_list: Any) -> None:
        self._change_list = change_list
        self.queryset = _DateQueries(change_list.queryset, change_list.date_hierarchy)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._change_list, name)


class _DateQueries:
    """Answers what the tag asks of a queryset."""

    def __init__(self, queryset: models.QuerySet[Any], name: str) -> None:
        self._rows, self._name = queryset.filter(**{f"{name}__isnull": False}), name

    def aggregate(self, **functions: Any) -> dict[str, Any]:
        """Return the first and the last date of the rows."""
        return {"first": self._first(), "last": self._first(descending=True)}

    def dates(self, name: str, kind: str) -> Iterator[Any]:
        """Yield the beginning of each year, month or day that has rows."""
        value = self._first()
        while value is not None:
            start, following = _period(value, kind)
            yield start
            value = self._first(**{f"{self._name}__gte": following})

    datetimes = dates

    def _first(self, *, descending: bool = False, **conditions: Any) -> Any:
        order = f"-{self._name}" if descending else self._name
        value = self._rows.filter(**conditions).order_by(order).values_list(self._name, flat=True).first()
        return timezone.localtime(value) if isinstance(value, datetime.datetime) and timezone.is_aware(value) else value


def _period(value: Any, kind: str) -> tuple[Any, Any]:
    """Return the beginning of the year, month or day of a date, and that of the one after it."""
    day = value.date() if isinstance(value, datetime.datetime) else value
    if kind == "year":
        start, following = day.replace(month=1, day=1), day.replace(year=day.year + 1, month=1, day=1)
    elif kind == "month":
        start = day.replace(day=1)
        following = (start + datetime.timedelta(days=32)).replace(day=1)
    else:
        start, following = day, day + datetime.timedelta(days=1)
    if not isinstance(value, datetime.datetime):
        return start, following
    return _midnight(start, value), _midnight(following, value)


def _midnight(day: datetime.date, like: datetime.datetime) -> datetime.datetime:
    moment = datetime.datetime.combine(day, datetime.time())
    return timezone.make_aware(moment) if timezone.is_aware(like) else moment
