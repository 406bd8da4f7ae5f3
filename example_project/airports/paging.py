"""Pages of a table at any depth: each begins after the last row of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django_appwrite_orm import QuerySet


@dataclass(frozen=True)
class KeysetPage:
    """Rows, and the keys that the links to the pages before and after it need; empty where there is none."""

    rows: list[Any]
    before: str
    after: str

    def __iter__(self) -> Any:
        return iter(self.rows)


def keyset_page(rows: QuerySet[Any], key: str, size: int, *, after: str = "", before: str = "") -> KeysetPage:
    """One request, whatever the depth: `size` rows in the order of a unique column, and one that shows if more follow.

    `after` and `before` are values of that column; without either it is the first page.
    """
    if before:
        page = list(rows.filter(**{f"{key}__lt": before}).order_by(f"-{key}")[: size + 1])
        more_before, more_after = len(page) > size, True
        page = page[:size][::-1]
    else:
        following = rows.filter(**{f"{key}__gt": after}) if after else rows
        page = list(following.order_by(key)[: size + 1])
        more_before, more_after = bool(after), len(page) > size
        page = page[:size]
    if not page:
        return KeysetPage([], "", "")
    first, last = (getattr(row, key) for row in (page[0], page[-1]))
    return KeysetPage(page, first if more_before else "", last if more_after else "")
