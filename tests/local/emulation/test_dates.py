"""Dates as PHP reads them and Appwrite writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from django_appwrite_orm.local.emulation.dates import now, read_date, read_exact_date
from django_appwrite_orm.local.emulation.strtotime import read_php_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29T12:34:56.789+00:00", "2024-02-29T12:34:56.789+00:00"),
        ("2024-02-29T12:34:56.789999Z", "2024-02-29T12:34:56.789+00:00"),
        ("2024-02-29 23:30:00-08:00", "2024-03-01T07:30:00.000+00:00"),
        ("2024-02-29", "2024-02-29T00:00:00.000+00:00"),
        ("2024-02", "2024-02-01T00:00:00.000+00:00"),
        ("2023-02-29", "2023-03-01T00:00:00.000+00:00"),
        ("2024-02-29T24:00:00Z", "2024-03-01T00:00:00.000+00:00"),
        ("2024-02-29T12:34:60Z", "2024-02-29T12:35:00.000+00:00"),
        ("2024-060", "2024-02-29T00:00:00.000+00:00"),
        ("2024-00-10", "2023-12-10T00:00:00.000+00:00"),
        ("2024-03-00", "2024-02-29T00:00:00.000+00:00"),
        ("2024-02-29T12:34:56.1229999Z", "2024-02-29T12:34:56.122+00:00"),
        ("2024-02-29 14.05.06", "2024-02-29T14:05:06.000+00:00"),
        ("2024-02-29T14:05:06 America/New_York", "2024-02-29T19:05:06.000+00:00"),
        ("Thursday, 29-Feb-24 12:34:56 UTC", "2024-02-29T12:34:56.000+00:00"),
        ("Feb 29, 24", "2024-02-29T00:00:00.000+00:00"),
        ("Feb-29-2024", "2024-02-29T00:00:00.000+00:00"),
        ("29.02.2024", "2024-02-29T00:00:00.000+00:00"),
        ("02/29/2024", "2024-02-29T00:00:00.000+00:00"),
        ("2024/02/29 1:05 pm", "2024-02-29T13:05:00.000+00:00"),
        ("20240229T123456Z", "2024-02-29T12:34:56.000+00:00"),
        ("2024-W09-4", "2024-02-29T00:00:00.000+00:00"),
        ("2024.060", "2024-02-29T00:00:00.000+00:00"),
        ("29 February 2024", "2024-02-29T00:00:00.000+00:00"),
        ("Feb 29, 2024 12am", "2024-02-29T00:00:00.000+00:00"),
        ("Thu, 29 Feb 2024 12:34:56 GMT", "2024-02-29T12:34:56.000+00:00"),
        ("2024-02-29T12:34:56 Europe/Paris", "2024-02-29T11:34:56.000+00:00"),
        ("2024-02-29 12:00 EST", "2024-02-29T17:00:00.000+00:00"),
        ("@86400", "1970-01-02T00:00:00.000+00:00"),
        ("2024-01-31 +1 month", "2024-03-02T00:00:00.000+00:00"),
        ("2024-02-29 2 days ago", "2024-02-27T00:00:00.000+00:00"),
        ("2024-02-29 -1 week", "2024-02-22T00:00:00.000+00:00"),
        ("2024-02-29 monday", "2024-03-04T00:00:00.000+00:00"),
        ("10000-01-01", "2000-01-01T10:00:00.000+00:00"),
    ],
)
def test_dates_are_read_as_php_reads_them(text: str, expected: str) -> None:
    assert read_date(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("never", "2024-13-01", "1709210096", "0000-01-01", "0999-12-31", "9999-12-31T23:59:59.999Z", "12:00 13:00"),
        *(
            "2024-02-29T12:34:56,5Z",
            "2024-01-01 2024-01-02",
            "Europe/Nowhere",
            "99999999999 years",
            "@999999999999999",
            "13:00 am",
            "1" * 500,
            # These are dates for PHP.
            "2024-01-31 next month",
            "2024-02-10 last day of",
        ),
    ],
)
def test_other_texts_are_not_dates(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the reason is for people
        read_date(text)


@pytest.mark.parametrize(
    ("text", "days", "hours"),
    [("tomorrow", 1, 0), ("yesterday noon", -1, 12), ("midnight", 0, 0), ("noon", 0, 12), ("today", 0, 0)],
)
def test_relative_words_use_the_clock(text: str, days: int, hours: int) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found = read_php_date(text)
    # The day may change between the two readings.
    assert found - today in {timedelta(days=days + late, hours=hours) for late in (0, 1)}


@pytest.mark.parametrize("text", ["now", "", " ", "+0 days"])
def test_an_empty_date_is_now(text: str) -> None:
    before = now()
    assert before <= read_date(text) <= now()


@pytest.mark.parametrize("text", ["now", "", "20240229", "+1 day", "29.02.24"])
def test_parameters_and_queries_need_a_year(text: str) -> None:
    read_date(text)
    with pytest.raises(ValueError, match="year"):
        read_exact_date(text)
