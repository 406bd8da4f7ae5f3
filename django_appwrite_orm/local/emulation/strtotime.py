"""Parse dates as PHP's ``DateTime`` does, as far as recorded responses and common formats need.

PHP reads a text from left to right, each time with the format that matches the longest part. The formats here are ISO
dates in all their forms, dates with dots, slashes and month names, times of day, time zones, timestamps, weekdays,
"now", "today", "tomorrow noon" and the like, and offsets such as "+1 week" and "2 days ago". docs/reference/local.md
says which of PHP's formats are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from .. import clock

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ZONES: Final = {
    "z": 0,
    "utc": 0,
    "gmt": 0,
    "wet": 0,
    "west": 1,
    "bst": 1,
    "cet": 1,
    "cest": 2,
    "eet": 2,
    "eest": 3,
    "msk": 3,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
}
_SECONDS: Final = {"sec": 1, "second": 1, "min": 60, "minute": 60, "hour": 3_600}
_MONTH: Final = r"(?P<mon>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY: Final = r"(?P<d>[12]\d|3[01]|0?\d)"
_M: Final = r"(?P<m>1[0-2]|0?\d)"  # month 0 is the December before, day 0 the last day of the month before
_YEAR: Final = r"(?P<y>\d{4}|\d\d(?![\d:.]))"
_UNIT: Final = r"(?P<unit>sec|second|min|minute|hour|day|weekday|week|fortnight|month|year)s?\b"


@dataclass(slots=True)
class _DateParts:
    """The parts of a date parsed so far."""

    present: datetime
    year: int | None = None
    month: int = 1
    day: int = 1
    seconds: float | None = None
    zone: tzinfo | None = None
    months: int = 0
    delta: timedelta = timedelta()
    weekday: int | None = None
    instant: datetime | None = None

    def moment(self) -> datetime:
        """Return the moment that all parts together describe. Raises ``ValueError``, ``OverflowError``."""
        if self.instant is not None:
            return self.instant
        day = self.present.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.year is not None:
            year, month = (self.year, self.month) if self.month else (self.year - 1, 12)
            day = day.replace(year=year, month=month, day=1) + timedelta(days=self.day - 1)
        months = day.year * 12 + day.month - 1 + self.months
        day = day.replace(year=months // 12, month=months % 12 + 1, day=1) + timedelta(days=day.day - 1)
        seconds = self.seconds
        if seconds is None and self.year is None and self.weekday is None:
            seconds = (self.present - self.present.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
        moment = day + timedelta(seconds=seconds or 0) + self.delta
        if self.weekday is not None:
            moment += timedelta(days=(self.weekday - moment.weekday()) % 7)
        return moment.replace(tzinfo=self.zone or UTC)


def read_php_date(text: str) -> datetime:
    """Return the moment that a text describes; now for an empty one. Raises ``ValueError``."""
    try:
        return _parse(text.strip().lower()).moment().astimezone(UTC)
    except OverflowError:
        raise ValueError("not a date of the calendar") from None


def _parse(text: str) -> _DateParts:
    parts = _DateParts(clock.now())
    while text:
        matches = [(match, apply) for pattern, apply in _FORMATS if (match := pattern.match(text)) and match.end()]
        if not matches:
            raise ValueError("not a date")
        match, apply = max(matches, key=lambda item: item[0].end())
        apply(parts, match)
        text = text[match.end() :].lstrip(" \t,.")
    return parts


def _set_date(parts: _DateParts, year: int, month: int, day: int) -> None:
    if parts.year is not None:
        raise ValueError("two dates")
    parts.year, parts.month, parts.day = year, month, day


def _apply_date(parts: _DateParts, match: re.Match[str]) -> None:
    groups = match.groupdict()
    month = _MONTHS.index(groups["mon"]) + 1 if groups.get("mon") else int(groups["m"]) if groups.get("m") else 1
    year = _full_year(groups["y"]) if groups.get("y") else parts.present.year
    _set_date(parts, year, month, int(groups["d"]) if groups.get("d") else 1)


def _full_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 70 else 1900)


def _apply_week(parts: _DateParts, match: re.Match[str]) -> None:
    day = datetime.fromisocalendar(int(match["y"]), int(match["w"]), int(match["wd"] or 1))
    _set_date(parts, day.year, day.month, day.day)


def _apply_day_of_year(parts: _DateParts, match: re.Match[str]) -> None:
    _set_date(parts, int(match["y"]), 1, int(match["doy"]))


def _apply_time(parts: _DateParts, match: re.Match[str]) -> None:
    if parts.seconds is not None:
        raise ValueError("two times of day")
    hour, minute, second = int(match["h"]), int(match["i"] or 0), int(match["s"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("not an hour of a 12-hour clock")
        hour = hour % 12 + (12 if match["half"] == "p" else 0)
    microseconds = int(f"{match['f'] or 0:<06}"[:6])  # digits beyond microseconds are cut off
    parts.seconds = hour * 3_600 + minute * 60 + second + microseconds / 1_000_000


def _apply_four_digits(parts: _DateParts, match: re.Match[str]) -> None:
    """Read four digits as a time of day; as a year after a time, and where they are not a time."""
    hour, minute = int(match[0][:2]), int(match[0][2:])
    if parts.seconds is None and hour <= 24 and minute <= 59:
        parts.seconds = hour * 3_600 + minute * 60
    else:
        _set_date(parts, int(match[0]), parts.present.month, parts.present.day)


@cache
def _zone_names() -> dict[str, str]:
    """Return the names of time zones by their lower-case form."""
    return {name.lower(): name for name in available_timezones()}


def _apply_zone(parts: _DateParts, match: re.Match[str]) -> None:
    if parts.zone is not None:
        raise ValueError("two time zones")
    if match["name"] and match["name"] not in _ZONES:
        if (name := _zone_names().get(match["name"])) is None:
            raise ValueError("not a time zone")
        parts.zone = ZoneInfo(name)
        return
    hours = _ZONES.get(match["name"] or "", 0)
    offset = timedelta(hours=int(match["zh"] or 0), minutes=int(match["zm"] or 0))
    offset = timedelta(hours=hours) + (-offset if match["sign"] == "-" else offset)
    parts.zone = timezone(offset)


def _apply_relative(parts: _DateParts, match: re.Match[str]) -> None:
    number = int(match["n"].replace(" ", "") or 1)
    _shift(parts, -number if match["ago"] else number, match["unit"])


def _shift(parts: _DateParts, number: int, unit: str) -> None:
    if abs(number) > 10_000_000:
        raise ValueError("too far from the date")
    if unit in ("month", "year"):
        parts.months += number * (12 if unit == "year" else 1)
    elif unit in _SECONDS:
        parts.delta += timedelta(seconds=number * _SECONDS[unit])
    else:
        parts.delta += timedelta(days=number * {"week": 7, "fortnight": 14}.get(unit, 1))


def _apply_word(parts: _DateParts, match: re.Match[str]) -> None:
    word = match[0]
    if word == "now":
        return
    parts.seconds = 12 * 3_600.0 if word == "noon" else 0.0
    parts.delta += timedelta(days={"tomorrow": 1, "yesterday": -1}.get(word, 0))


def _apply_weekday(parts: _DateParts, match: re.Match[str]) -> None:
    parts.weekday = _DAYS.index(match["day"])


def _apply_timestamp(parts: _DateParts, match: re.Match[str]) -> None:
    parts.instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(match["t"]))


_TIME: Final = r"(?P<h>2[0-4]|[01]?\d)"
_HALF: Final = r"(?:\s*(?P<half>[ap])\.?m\.?(?!\S))"
_FORMATS: Final[tuple[tuple[re.Pattern[str], Callable[[_DateParts, re.Match[str]], None]], ...]] = tuple(
    (re.compile(pattern, re.ASCII), take)
    for pattern, take in (  # the longest match wins, of equal ones the first
        (rf"t?{_TIME}[:.](?P<i>[0-5]?\d)(?:[:.](?P<s>60|[0-5]?\d)(?:\.(?P<f>\d+))?)?{_HALF}?", _apply_time),
        (rf"(?P<y>\d{{1,4}})-{_M}-{_DAY}", _apply_date),
        (rf"(?P<y>\d{{4}})/{_M}/{_DAY}", _apply_date),
        (rf"{_M}/{_DAY}(?:/(?P<y>\d{{4}}|\d\d))?", _apply_date),
        (rf"{_DAY}[.\t-]{_M}[.-](?P<y>\d{{4}})", _apply_date),
        (rf"{_DAY}[.\t]{_M}\.(?P<y>\d\d)(?!\d)", _apply_date),
        (r"(?P<y>\d{4})(?P<m>0\d|1[0-2])(?P<d>[0-2]\d|3[01])", _apply_date),
        (rf"(?P<y>\d{{4}})-{_M}", _apply_date),
        (rf"(?P<d>3[01]|[0-2]?\d)(?:st|nd|rd|th)?[ .\t-]*{_MONTH}[ .\t-]*{_YEAR}", _apply_date),
        (rf"{_MONTH}[ .\t-]*{_DAY}(?:st|nd|rd|th)?[,.\t ]+{_YEAR}", _apply_date),
        (rf"{_MONTH}-(?P<d>[0-2]\d|3[01])-{_YEAR}", _apply_date),
        (rf"(?P<y>\d{{4}})-{_MONTH}-{_DAY}", _apply_date),
        (rf"{_MONTH}[ .\t-]*(?P<y>\d{{4}})", _apply_date),
        (rf"{_MONTH}[ .\t-]*{_DAY}(?:st|nd|rd|th)?(?!\d)", _apply_date),
        (rf"{_DAY}[ .\t-]*{_MONTH}", _apply_date),
        (r"(?P<y>\d{4})-?w(?P<w>0[1-9]|[1-4]\d|5[0-3])-?(?P<wd>[0-7])?", _apply_week),
        (r"(?P<y>\d{4})[.-]?(?P<doy>00[1-9]|0[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])(?!\d)", _apply_day_of_year),
        (rf"{_TIME}(?P<i>)(?P<s>)(?P<f>){_HALF}", _apply_time),
        (r"t?(?P<h>[01]\d|2[0-4])(?P<i>[0-5]\d)(?P<s>[0-5]\d|60)(?:\.(?P<f>\d+))?(?P<half>)", _apply_time),
        (r"t(?P<h>[01]\d|2[0-4])(?P<i>[0-5]\d)?(?P<s>)(?P<f>)(?P<half>)", _apply_time),
        (r"\d{4}", _apply_four_digits),
        (r"\(?(?P<name>[a-z]+(?:/[a-z_]+)*)?\)?(?P<sign>[+-])(?P<zh>\d\d?):?(?P<zm>[0-5]\d)?", _apply_zone),
        (r"\(?(?P<name>[a-z_]+/[a-z_]+(?:/[a-z_]+)*|z|utc|gmt|[cepm][sd]t|[cew]es?t|bst|msk)\b\)?"
         r"(?P<sign>)(?P<zh>)(?P<zm>)", _apply_zone),
        (rf"(?P<n>[+-]?\s*\d+)\s*{_UNIT}(?P<ago>\s+ago\b)?", _apply_relative),
        (r"now\b|today\b|midnight\b|noon\b|tomorrow\b|yesterday\b", _apply_word),
        (r"(?P<day>mon|tue|wed|thu|fri|sat|sun)[a-z]*\b", _apply_weekday),
        (r"@(?P<t>-?\d+(?:\.\d+)?)", _apply_timestamp),
    )
)  # fmt: skip
