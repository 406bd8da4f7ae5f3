"""Dates: read as PHP's DateTime does, written as Appwrite answers (UTC, milliseconds)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_ISO: Final = re.compile(
    r"(?P<date>\d{4}-\d\d?-\d\d?)"
    r"(?:[Tt ]+(?P<h>\d\d?):(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<f>\d+))?)?)?"
    r"\s*(?P<zone>[Zz]|[+-]\d\d:?(?:\d\d)?)?",
    re.ASCII,
)


def now() -> str:
    """The present moment, to the millisecond."""
    return write_date(datetime.now(UTC))


def write_date(moment: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SS.mmm+00:00``; sorts by time as text. Microseconds are cut off."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def read_date(text: str) -> str:
    """The stored form of a client's date. Raises ``ValueError`` for what is no date between 1000 and 9999."""
    found = _ISO.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a date")
    year, month, day = (int(part) for part in found["date"].split("-"))
    if not (1 <= month <= 12 and 1 <= day <= 31):
        raise ValueError("not a date")
    moment = datetime(year, month, 1, tzinfo=_zone(found["zone"])) + timedelta(days=day - 1)
    hour, minute, second = (int(found[part] or 0) for part in "hms")
    if hour > 24 or minute > 59 or second > 59:
        raise ValueError("not a time of day")
    moment += timedelta(hours=hour, minutes=minute, seconds=second, microseconds=_micros(found["f"]))
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the year must be from 1000 to 9999") from None
    if not 1000 <= moment.year <= 9999:
        raise ValueError("the year must be from 1000 to 9999")
    return write_date(moment)


def _micros(digits: str | None) -> int:
    return int((digits or "")[:6].ljust(6, "0"))


def _zone(text: str | None) -> timezone:
    if not text or text in "Zz":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
