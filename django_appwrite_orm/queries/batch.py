"""The guide's batch processing: many changes of one table, a result for each, one preload at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError

from ..caching import open_batch
from ..connection import connections
from ..exceptions import AppwriteORMError
from ..steps import arun, run

if TYPE_CHECKING:
    from .queryset import QuerySet
    from .table import Table
    from .verbs import TableVerbs

Preload = bool | Callable[["QuerySet[Table]"], Iterable[object]]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of one change: the row (None after a deletion), or the error."""

    id: str | None
    row: Table | None = None
    error: Exception | None = None

    @property
    def success(self) -> bool:
        return self.error is None


class TableBatch:
    """`with orm.table("users").batch() as batch:`: changes made inside stand under one fence.

    While it runs, readers go to Appwrite and store nothing; each of them sees every change that was finished
    when it began. A change that is refused is reported in `results`, in the order of the calls, and stops
    nothing. At the end `preload` reads into the cache what is asked for first: True for all rows, or a function
    of the table's queryset.
    """

    def __init__(self, table: TableVerbs, preload: Preload = False) -> None:
        self._table = table
        self._preload = preload
        rows = table._rows
        self._batch = connections[rows.db].batch(rows.ref)
        self.results: list[BatchResult] = []

    def create(self, data: Mapping[str, Any], *, id: str | None = None) -> Table | None:
        """As `orm.table().create`; None when it was refused."""
        return self._reported(id, lambda: self._table.create(data, id=id))

    def update(self, id: str, data: Mapping[str, Any]) -> Table | None:
        """As `orm.table().update`; None when it was refused."""
        return self._reported(id, lambda: self._table.update(id, data))

    def delete(self, id: str) -> None:
        """As `orm.table().delete`."""
        self._reported(id, lambda: self._table.delete(id))

    def _reported(self, id: str | None, change: Callable[[], Table | None]) -> Table | None:
        try:
            row = change()
        except _REFUSALS as error:
            return self._note(BatchResult(id, error=error))
        return self._note(BatchResult(row.id if row is not None else id, row))

    async def acreate(self, data: Mapping[str, Any], *, id: str | None = None) -> Table | None:
        try:
            row = await self._table.acreate(data, id=id)
        except _REFUSALS as error:
            return self._note(BatchResult(id, error=error))
        return self._note(BatchResult(row.id, row))

    async def aupdate(self, id: str, data: Mapping[str, Any]) -> Table | None:
        try:
            row = await self._table.aupdate(id, data)
        except _REFUSALS as error:
            return self._note(BatchResult(id, error=error))
        return self._note(BatchResult(id, row))

    async def adelete(self, id: str) -> None:
        try:
            await self._table.adelete(id)
        except _REFUSALS as error:
            self._note(BatchResult(id, error=error))
        else:
            self._note(BatchResult(id))

    def _note(self, result: BatchResult) -> Table | None:
        self.results.append(result)
        return result.row

    def _preloaded(self) -> QuerySet[Table] | None:
        return self._table._rows if self._preload else None

    def __enter__(self) -> Self:
        self._close = open_batch(self._batch)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._close()
        run(self._batch.end())
        if exc_info[0] is None and (rows := self._preloaded()) is not None:
            list(self._preload(rows) if callable(self._preload) else rows)

    async def __aenter__(self) -> Self:
        self._close = open_batch(self._batch)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._close()
        await arun(self._batch.end())
        if exc_info[0] is None and (rows := self._preloaded()) is not None:
            async for _ in self._preload(rows) if callable(self._preload) else rows:  # type: ignore[attr-defined]
                pass


# What refuses one change and says nothing about the next: the server, validation, an id or name that is wrong.
_REFUSALS = (AppwriteORMError, ValidationError, ValueError, TypeError)
