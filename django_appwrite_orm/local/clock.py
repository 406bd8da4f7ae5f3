"""The clock of the local Appwrite. Everything that is stored or expires is dated by it, so that tests can turn it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def timestamp() -> float:
    """The present in seconds since 1970."""
    return time.time()


def now() -> datetime:
    """The present in UTC."""
    return datetime.fromtimestamp(timestamp(), UTC)
