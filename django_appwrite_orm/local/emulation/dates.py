"""Dates as Appwrite reads and writes them: read as PHP does, written in UTC with milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from .. import clock
from .strtotime import read_php_date

_EARLIEST: Final = datetime(1000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # to the second: observed
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_YEAR: Final = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)


def now() -> str:
    """Return the current time as a stored date, to the millisecond."""
    return write_date(clock.now())


def write_date(moment: datetime) -> str:
    """Return ``YYYY-MM-DDTHH:MM:SS.mmm+00:00``, which sorts by time as text. Microseconds are cut off."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def read_date(text: str) -> str:
    """Return the stored form of a date in row data.

    Raises ``ValueError`` for what is not a date between the years 1000 and 9999.
    """
    moment = _read(text)
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError("the year must be from 1000 to 9999")
    return write_date(moment)


def read_exact_date(text: str) -> str:
    """Return the stored form of a date in parameters and queries, where the server requires a year."""
    if not _YEAR.search(text):
        raise ValueError("a date with a year is needed")
    return read_date(text)


def _read(text: str) -> datetime:
    if _ISO.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # PHP also takes the 30th of February, 24:00 and second 60
    return read_php_date(text)
