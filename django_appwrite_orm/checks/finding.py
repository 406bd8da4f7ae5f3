"""One thing that a check found."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """`id` is E and a number for what cannot work, W for what will hurt one day; `where` the table's label."""

    id: str
    message: str
    hint: str
    where: str | None = None
