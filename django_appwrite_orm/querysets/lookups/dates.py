"""Parts of a date as ranges: Appwrite has no functions of dates, but every part is a range of time.

`__date=d`, `__year=2024` and `__month=(2024, 5)` mean the rows from the start of the range up to its end, in the
current time zone, as in Django, and in TIME_ZONE where USE_TZ is False. With a comparison (`__date__gte`, `__year__lt`,
`__month__range`) the range is compared as a whole.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date

from ...plans import NOTHING, Clause, conjunction, disjunction
from ...tables import columns
from ...tables.columns.time_zones import day_of, midnight

# A range of time: its first moment, and the first one after it; None where that is beyond what Appwrite stores.
Span = tuple[datetime.datetime, datetime.datetime | None]


def part_of_date(column: columns.Column, lookup: str, value: Any, query: Callable[[Any], Any]) -> Clause:
    """Return the clause for one of `DATE_PARTS`. Raises ValidationError for another kind of value."""
    part, _, comparison = lookup.partition("__")

    def span(item: Any) -> Span:
        try:
            return _SPANS[part](item)
        except (TypeError, ValueError) as error:
            raise ValidationError({column.name: f"{lookup}: {error}"}) from None

    def as_query(moment: datetime.datetime) -> Any:
        return query(moment.date() if isinstance(column, columns.Date) else moment)

    def since(moment: datetime.datetime) -> Clause:
        return Clause("greaterThanEqual", column.key, (as_query(moment),))

    def before(moment: datetime.datetime | None) -> Clause:
        # Beyond the last moment there is none, so that everything but null lies before it.
        return Clause("lessThan", column.key, (as_query(moment),)) if moment else Clause("isNotNull", column.key)

    def within(first: Span, last: Span) -> Clause:
        return conjunction([since(first[0]), before(last[1])])

    if comparison == "in":
        return disjunction(within(span(item), span(item)) for item in _many(column, value))
    if comparison == "range":
        low, high = _many(column, value, 2)
        return within(span(low), span(high))
    start, end = span(value)
    if comparison == "gte":
        return since(start)
    if comparison == "lt":
        return before(start)
    if comparison == "lte":
        return before(end)
    if comparison == "gt":
        return since(end) if end else NOTHING
    return within((start, end), (start, end))


def _many(column: columns.Column, value: Any, count: int | None = None) -> list[Any]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise ValidationError({column.name: f"Expected a list, not {value!r}."})
    parts = list(value)
    if count is not None and len(parts) != count:
        raise ValidationError({column.name: "The value of range must be a pair: (low, high)."})
    return parts


def _date_span(value: Any) -> Span:
    if isinstance(value, datetime.datetime):
        value = day_of(value)
    day = value if isinstance(value, datetime.date) else parse_date(value) if isinstance(value, str) else None
    if day is None:
        raise ValueError(f"expected a date, not {value!r}")
    return _span(day, day + datetime.timedelta(1) if day < datetime.date.max else None)


def _year_span(value: Any) -> Span:
    year = int(value)
    return _span(datetime.date(year, 1, 1), datetime.date(year + 1, 1, 1) if year < 9999 else None)


def _month_span(value: Any) -> Span:
    if isinstance(value, datetime.date):
        value = (value.year, value.month)
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError(
            f"expected a year and a month, such as (2024, 5), not {value!r}. Appwrite cannot filter by a month of any"
            " year"
        )
    year, month = map(int, value)
    following = (year + month // 12, month % 12 + 1)
    return _span(datetime.date(year, month, 1), datetime.date(*following, 1) if following[0] <= 9999 else None)


def _span(start: datetime.date, end: datetime.date | None) -> Span:
    return midnight(start), midnight(end) if end else None


_SPANS: dict[str, Callable[[Any], Span]] = {"date": _date_span, "year": _year_span, "month": _month_span}
