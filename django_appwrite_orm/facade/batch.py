"""Batches of the verbs API: many changes of one table, a result for each, one preload at the end."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError

from ..cache.batch import open_batch
from ..connection import connections
from ..exceptions import AppwriteORMError
from ..sansio import CallMethod, Operation, call, refuse_event_loop, run_async, run_sync, twins
from ..tables import Overridable, alters_data

if TYPE_CHECKING:
    from ..querysets.queryset import QuerySet
    from ..querysets.table import Table
    from .table_api import TableAPI

Preload = bool | Callable[["QuerySet[Table]"], object]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Outcome of one change: the row (None after a deletion), or the error."""

    id: str | None
    row: Table | None = None
    error: Exception | None = None

    @property
    def success(self) -> bool:
        """Whether the change was made."""
        return self.error is None


class TableBatch(Overridable):
    """Context manager of `orm.table("users").batch()`: one fence for all changes made inside.

    While it is open, readers go to Appwrite and store nothing; each read sees every change that was finished when the
    read began. A change that is refused is reported in `results`, in the order of the calls, and does not stop the
    others.

    `preload` says what to read into the cache at the end: True for all rows, or a function of the table's queryset. The
    function may read by itself or return an iterable to read (in asynchronous code also an asynchronous iterable or an
    awaitable).
    """

    def __init__(self, table: TableAPI, queryset: Callable[[], QuerySet[Table]], preload: Preload = False) -> None:
        self._table = table
        self._preload = preload
        rows = queryset()
        self._queryset = queryset
        self._batch = connections[rows.db].batch(rows.ref)
        self._entered = threading.Lock()
        self.results: list[BatchResult] = []

    @alters_data
    def _create(
        self, data: Mapping[str, Any], *, id: str | None = None, permissions: list[str] | None = None
    ) -> Operation[Table | None]:
        """Create a row as `orm.table().create` does. Return None when it is refused."""
        return self._reported(id, call(self._table, "create", data, id=id, permissions=permissions))

    create, acreate = twins(_create)

    @alters_data
    def _update(self, id: str, data: Mapping[str, Any]) -> Operation[Table | None]:
        """Update a row as `orm.table().update` does. Return None when it is refused."""
        return self._reported(id, call(self._table, "update", id, data))

    update, aupdate = twins(_update)

    @alters_data
    def _delete(self, id: str) -> Operation[None]:
        """Delete a row as `orm.table().delete` does."""
        yield from self._reported(id, call(self._table, "delete", id))

    delete, adelete = twins(_delete)

    def _reported(self, id: str | None, change: CallMethod) -> Operation[Table | None]:
        """Make the change, and add its outcome to `results`."""
        try:
            row: Table | None = yield from change
        except _REFUSALS as error:
            self.results.append(BatchResult(id, error=error))
            return None
        self.results.append(BatchResult(row.id if row is not None else id, row))
        return row

    def _preloaded(self, failed: bool) -> object:
        """Start the preload; return a queryset still to be read, or the result of the function."""
        if failed or not self._preload:
            return None
        return self._preload(self._queryset()) if callable(self._preload) else self._queryset()

    def __enter__(self) -> Self:
        refuse_event_loop()  # __exit__ would block it
        return self._open()

    def _open(self) -> Self:
        """Begin the batch. Raises RuntimeError while it is open: each thread and task needs its own."""
        if not self._entered.acquire(blocking=False):
            raise RuntimeError("This batch is already open. Create another one with orm.table(...).batch().")
        self._leave = open_batch(self._batch)
        return self

    def _close(self) -> None:
        self._leave()
        self._entered.release()

    def __exit__(self, *exc_info: object) -> None:
        self._close()
        run_sync(self._batch.end())
        rows = self._preloaded(failed=exc_info[0] is not None)
        if isinstance(rows, Iterable):
            deque(rows, maxlen=0)

    async def __aenter__(self) -> Self:
        return self._open()

    async def __aexit__(self, *exc_info: object) -> None:
        self._close()
        await run_async(self._batch.end())
        rows = self._preloaded(failed=exc_info[0] is not None)
        if isinstance(rows, AsyncIterable):
            async for _ in rows:
                pass
        elif isinstance(rows, Awaitable):
            await rows


# Errors that concern one change only: refused by the server, failed validation, an invalid id or name.
_REFUSALS = (AppwriteORMError, ValidationError, ValueError, TypeError)
