"""Changes to the rows of a queryset."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from ..steps import arun, run
from ..tables import Row
from . import writes
from .selection import Selection

R = TypeVar("R", bound=Row)


class Changes(Selection[R]):
    """Every change is checked before the first request, and under the cache's fence while it is sent."""

    def create(self, **values: Any) -> R:
        """Make a row and write it. Raises ValidationError, before any request, with all errors by column."""
        return run(writes.create(self.model(**values), self.db))

    async def acreate(self, **values: Any) -> R:
        return await arun(writes.create(self.model(**values), self.db))

    def bulk_create(self, rows: Iterable[R]) -> list[R]:
        """Write new rows, 100 in a request: each hundred is written whole or not at all.

        All are checked before the first request; errors are keyed by position and column.
        """
        return run(writes.bulk_create(self.model, list(rows), self.db))

    async def abulk_create(self, rows: Iterable[R]) -> list[R]:
        return await arun(writes.bulk_create(self.model, list(rows), self.db))

    def update(self, **values: Any) -> int:
        """Set these columns in every row that matches, in one request; how many there were."""
        self._refuse_slice("update")
        return run(writes.update_matching(self, values))

    async def aupdate(self, **values: Any) -> int:
        self._refuse_slice("update")
        return await arun(writes.update_matching(self, values))

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete every row that matches, in one request; how many there were, as Django says it."""
        self._refuse_slice("delete")
        return run(writes.delete_matching(self))

    async def adelete(self) -> tuple[int, dict[str, int]]:
        self._refuse_slice("delete")
        return await arun(writes.delete_matching(self))
