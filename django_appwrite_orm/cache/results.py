"""The result of a read, and where it came from."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple


class Status(Enum):
    """Where a result came from; `rank` orders them from best (0) to worst."""

    HIT = 0
    STALE = 1
    MISS = 2
    BYPASS = 3

    def __init__(self, rank: int) -> None:
        self.rank = rank  # an attribute, for each read compares them


class ReadResult(NamedTuple):
    """The result of a read: its decoded JSON, and how it was obtained.

    `status` says where it came from, `expires` until when it may be reused (epoch seconds), `size` how many characters
    of JSON were transferred for it. `versions` are the tokens that its tables had; None where they are not known, as
    under a fence.
    """

    data: Any
    status: Status
    expires: float = 0.0
    size: int = 0
    versions: tuple[str, ...] | None = None
