"""Dates in words and digits, read as PHP's ``DateTime`` reads them.

PHP reads a text from left to right, at each place taking the longest of its formats that fits there; so does this,
for the formats people use: ISO dates in all their forms, dates with dots, slashes and month names, times of day,
time zones, and relative words such as "tomorrow noon" or "+1 week".
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
_M: Final = r"(?P<m>1[0-2]|0?\d)"  # month 0 is the December before, day 0 the last day before
_YEAR: Final = r"(?P<y>\d{4}|\d\d(?![\d:.]))"
_UNIT: Final = r"(?P<unit>sec|second|min|minute|hour|day|weekday|week|fortnight|month|year)s?\b"


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    present: datetime
    year: int | None = None
    month: int = 1
    day: int = 1
    seconds: float | None = None
    zone: tzinfo | None = None
    months: int = 0
    delta: timedelta = timedelta()
    weekday: int | None = None
    month_edge: str = ""
    instant: datetime | None = None

    def moment(self) -> datetime:
        """The moment all parts together mean. Raises ``ValueError``, ``OverflowError``."""
        if self.instant is not None:
            return self.instant
        day = self.present.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.year is not None:
            year, month = (self.year, self.month) if self.month else (self.year - 1, 12)
            day = day.replace(year=year, month=month, day=1) + timedelta(days=self.day - 1)
        months = day.year * 12 + day.month - 1 + self.months
        day = day.replace(year=months // 12, month=months % 12 + 1, day=1) + timedelta(days=day.day - 1)
        if self.month_edge:
            first = day.replace(day=1)
            day = first if self.month_edge == "first" else (first + timedelta(days=32)).replace(day=1) - timedelta(1)
        seconds = self.seconds
        if seconds is None and self.year is None and self.weekday is None:
            seconds = (self.present - self.present.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
        moment = day + timedelta(seconds=seconds or 0) + self.delta
        if self.weekday is not None:
            moment += timedelta(days=(self.weekday - moment.weekday()) % 7)
        return moment.replace(tzinfo=self.zone or UTC)


def read_php_date(text: str) -> datetime:
    """The moment a text means; an empty one means now. Raises ``ValueError`` for what PHP could not read."""
    try:
        return _read(text.strip().lower()).moment().astimezone(UTC)
    except OverflowError:
        raise ValueError("not a date of the calendar") from None


def _read(rest: str) -> _Reading:
    reading = _Reading(clock.now())
    while rest:
        found = [(match, take) for pattern, take in _FORMATS if (match := pattern.match(rest)) and match.end()]
        if not found:
            raise ValueError("not a date")
        match, take = max(found, key=lambda one: one[0].end())
        take(reading, match)
        rest = rest[match.end() :].lstrip(" \t,.")
    return reading


def _set_date(reading: _Reading, year: int, month: int, day: int) -> None:
    if reading.year is not None:
        raise ValueError("two dates")
    reading.year, reading.month, reading.day = year, month, day


def _take_date(reading: _Reading, match: re.Match[str]) -> None:
    parts = match.groupdict()
    month = _MONTHS.index(parts["mon"]) + 1 if parts.get("mon") else int(parts["m"]) if parts.get("m") else 1
    year = _full_year(parts["y"]) if parts.get("y") else reading.present.year
    _set_date(reading, year, month, int(parts["d"]) if parts.get("d") else 1)


def _full_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 70 else 1900)


def _take_week(reading: _Reading, match: re.Match[str]) -> None:
    day = datetime.fromisocalendar(int(match["y"]), int(match["w"]), int(match["wd"] or 1))
    _set_date(reading, day.year, day.month, day.day)


def _take_day_of_year(reading: _Reading, match: re.Match[str]) -> None:
    _set_date(reading, int(match["y"]), 1, int(match["doy"]))


def _take_time(reading: _Reading, match: re.Match[str]) -> None:
    if reading.seconds is not None:
        raise ValueError("two times of day")
    hour, minute, second = int(match["h"]), int(match["i"] or 0), int(match["s"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of half a day")
        hour = hour % 12 + (12 if match["half"] == "p" else 0)
    microseconds = int(f"{match['f'] or 0:<06}"[:6])  # what is finer is cut off
    reading.seconds = hour * 3_600 + minute * 60 + second + microseconds / 1_000_000


def _take_four_digits(reading: _Reading, match: re.Match[str]) -> None:
    """Four digits alone are a time of day, or a year where there is a time already or they make none."""
    hour, minute = int(match[0][:2]), int(match[0][2:])
    if reading.seconds is None and hour <= 24 and minute <= 59:
        reading.seconds = hour * 3_600 + minute * 60
    else:
        _set_date(reading, int(match[0]), reading.present.month, reading.present.day)


@cache
def _zone_names() -> dict[str, str]:
    """The time zones by their names in small letters."""
    return {name.lower(): name for name in available_timezones()}


def _take_zone(reading: _Reading, match: re.Match[str]) -> None:
    if reading.zone is not None:
        raise ValueError("two time zones")
    if match["name"] and match["name"] not in _ZONES:
        if (name := _zone_names().get(match["name"])) is None:
            raise ValueError("no time zone")
        reading.zone = ZoneInfo(name)
        return
    hours = _ZONES.get(match["name"] or "", 0)
    offset = timedelta(hours=int(match["zh"] or 0), minutes=int(match["zm"] or 0))
    offset = timedelta(hours=hours) + (-offset if match["sign"] == "-" else offset)
    reading.zone = timezone(offset)


def _take_relative(reading: _Reading, match: re.Match[str]) -> None:
    number = int(match["n"].replace(" ", "") or 1)
    _shift(reading, -number if match["ago"] else number, match["unit"])


def _take_neighbour(reading: _Reading, match: re.Match[str]) -> None:
    step = {"next": 1, "last": -1, "previous": -1, "this": 0}[match["which"]]
    if match["unit"] != "month" and match["unit"][:3] in _DAYS:
        reading.weekday = _DAYS.index(match["unit"][:3])
        reading.delta += timedelta(days=1 if step > 0 else -7 if step < 0 else 0)
    else:
        _shift(reading, step, match["unit"])


def _shift(reading: _Reading, number: int, unit: str) -> None:
    if abs(number) > 10_000_000:
        raise ValueError("too far")
    if unit in ("month", "year"):
        reading.months += number * (12 if unit == "year" else 1)
    elif unit in _SECONDS:
        reading.delta += timedelta(seconds=number * _SECONDS[unit])
    else:
        reading.delta += timedelta(days=number * {"week": 7, "fortnight": 14}.get(unit, 1))


def _take_word(reading: _Reading, match: re.Match[str]) -> None:
    word = match[0]
    if word == "now":
        return
    reading.seconds = 12 * 3_600.0 if word == "noon" else 0.0
    reading.delta += timedelta(days={"tomorrow": 1, "yesterday": -1}.get(word, 0))


def _take_weekday(reading: _Reading, match: re.Match[str]) -> None:
    reading.weekday = _DAYS.index(match["day"])


def _take_edge(reading: _Reading, match: re.Match[str]) -> None:
    reading.month_edge = match["edge"]


def _take_timestamp(reading: _Reading, match: re.Match[str]) -> None:
    reading.instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(match["t"]))


_TIME: Final = r"(?P<h>2[0-4]|[01]?\d)"
_HALF: Final = r"(?:\s*(?P<half>[ap])\.?m\.?(?!\S))"
_FORMATS: Final[tuple[tuple[re.Pattern[str], Callable[[_Reading, re.Match[str]], None]], ...]] = tuple(
    (re.compile(pattern, re.ASCII), take)
    for pattern, take in (  # of two that take as much the first
        (rf"t?{_TIME}[:.](?P<i>[0-5]?\d)(?:[:.](?P<s>60|[0-5]?\d)(?:\.(?P<f>\d+))?)?{_HALF}?", _take_time),
        (rf"(?P<y>\d{{1,4}})-{_M}-{_DAY}", _take_date),
        (rf"(?P<y>\d{{4}})/{_M}/{_DAY}", _take_date),
        (rf"{_M}/{_DAY}(?:/(?P<y>\d{{4}}|\d\d))?", _take_date),
        (rf"{_DAY}[.\t-]{_M}[.-](?P<y>\d{{4}})", _take_date),
        (rf"{_DAY}[.\t]{_M}\.(?P<y>\d\d)(?!\d)", _take_date),
        (r"(?P<y>\d{4})(?P<m>0\d|1[0-2])(?P<d>[0-2]\d|3[01])", _take_date),
        (rf"(?P<y>\d{{4}})-{_M}", _take_date),
        (rf"(?P<d>3[01]|[0-2]?\d)(?:st|nd|rd|th)?[ .\t-]*{_MONTH}[ .\t-]*{_YEAR}", _take_date),
        (rf"{_MONTH}[ .\t-]*{_DAY}(?:st|nd|rd|th)?[,.\t ]+{_YEAR}", _take_date),
        (rf"{_MONTH}-(?P<d>[0-2]\d|3[01])-{_YEAR}", _take_date),
        (rf"(?P<y>\d{{4}})-{_MONTH}-{_DAY}", _take_date),
        (rf"{_MONTH}[ .\t-]*(?P<y>\d{{4}})", _take_date),
        (rf"{_MONTH}[ .\t-]*{_DAY}(?:st|nd|rd|th)?(?!\d)", _take_date),
        (rf"{_DAY}[ .\t-]*{_MONTH}", _take_date),
        (r"(?P<y>\d{4})-?w(?P<w>0[1-9]|[1-4]\d|5[0-3])-?(?P<wd>[0-7])?", _take_week),
        (r"(?P<y>\d{4})[.-]?(?P<doy>00[1-9]|0[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])(?!\d)", _take_day_of_year),
        (rf"{_TIME}(?P<i>)(?P<s>)(?P<f>){_HALF}", _take_time),
        (r"t?(?P<h>[01]\d|2[0-4])(?P<i>[0-5]\d)(?P<s>[0-5]\d|60)(?:\.(?P<f>\d+))?(?P<half>)", _take_time),
        (r"t(?P<h>[01]\d|2[0-4])(?P<i>[0-5]\d)?(?P<s>)(?P<f>)(?P<half>)", _take_time),
        (r"\d{4}", _take_four_digits),
        (r"\(?(?P<name>[a-z]+(?:/[a-z_]+)*)?\)?(?P<sign>[+-])(?P<zh>\d\d?):?(?P<zm>[0-5]\d)?", _take_zone),
        (r"\(?(?P<name>[a-z_]+/[a-z_]+(?:/[a-z_]+)*|z|utc|gmt|[cepm][sd]t|[cew]es?t|bst|msk)\b\)?"
         r"(?P<sign>)(?P<zh>)(?P<zm>)", _take_zone),
        (rf"(?P<n>[+-]?\s*\d+)\s*{_UNIT}(?P<ago>\s+ago\b)?", _take_relative),
        (r"(?P<which>next|last|previous|this)\s+(?P<unit>sec|second|min|minute|hour|day|week|fortnight|month|year"
         r"|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)s?\b", _take_neighbour),
        (r"now\b|today\b|midnight\b|noon\b|tomorrow\b|yesterday\b", _take_word),
        (r"(?P<day>mon|tue|wed|thu|fri|sat|sun)[a-z]*\b", _take_weekday),
        (r"(?P<edge>first|last) day of\b", _take_edge),
        (r"@(?P<t>-?\d+(?:\.\d+)?)", _take_timestamp),
    )
)  # fmt: skip
