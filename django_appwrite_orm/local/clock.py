"""The clock of the local Appwrite: dates and expiries use it, so that tests can set it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def timestamp() -> float:
    """Return the current time in seconds since 1970."""
    return time.time()


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.fromtimestamp(timestamp(), UTC)
