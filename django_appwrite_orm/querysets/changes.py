"""Changes to the rows of a queryset."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from ..sansio import Operation, run_async, run_sync
from ..tables import Row, alters_data
from .persistence import bulk_create as creating
from .persistence import bulk_update as bulk
from .persistence import get_or_create as obtain
from .persistence import update_delete as matching
from .persistence.batching import Errors
from .persistence.save import SaveRow
from .persistence.upsert import conflicts_of
from .results import Results

R = TypeVar("R", bound=Row)


class Changes(Results[R]):
    """Every change is checked before the first request, and under the cache's fence while it is sent."""

    @alters_data
    def create(self, **values: Any) -> R:
        """Make a row and save it, by the table's own `save()` where it has one. Raises ValidationError, before any
        request, with all errors by column, then `DuplicateId` or `UniqueViolation`."""
        return run_sync(self._created(values))

    async def acreate(self, **values: Any) -> R:
        return await run_async(self._created(values))

    def _created(self, values: Mapping[str, Any]) -> Operation[R]:
        row = self.new_row(values)
        yield SaveRow(row, self.db)
        return row

    @alters_data
    def get_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> tuple[R, bool]:
        """The one row that matches, and False; or a new one of these values and `defaults`, and True.

        When several do this at once, a unique index on what is looked up (or the id) makes sure of one row.
        """
        return run_sync(obtain.get_or_create(self, defaults, lookups))

    async def aget_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> tuple[R, bool]:
        return await run_async(obtain.get_or_create(self, defaults, lookups))

    @alters_data
    def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> tuple[R, bool]:
        """The one row that matches with `defaults` written to it, and False; or a new one, and True. A new one gets
        `create_defaults` where they are given. What `get_or_create` says about several at once holds here too."""
        return run_sync(obtain.update_or_create(self, defaults, create_defaults, lookups))

    async def aupdate_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> tuple[R, bool]:
        return await run_async(obtain.update_or_create(self, defaults, create_defaults, lookups))

    @alters_data
    def bulk_create(
        self,
        rows: Iterable[R],
        *,
        progress: creating.Progress | None = None,
        errors: Errors | None = None,
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] = (),
        unique_fields: Collection[str] = (),
    ) -> list[R]:
        """Write new rows, 100 (or `batch_size`, if that is less) in a request: each is written whole or not at all.

        All are checked before the first request; errors are keyed by position and column. `progress` is called
        with how many are done and how many there are, after each request. Give a dict as `errors` to have what
        cannot be written noted there, by position, and the others written all the same: those are the answer.

        `ignore_conflicts` leaves out rows whose id or unique values are taken (their `is_saved` stays False).
        `update_conflicts` writes the columns `update_fields` into the row that has the same `unique_fields`: the
        id, or the columns of a `UniqueIndex`; the others are created. Neither can be used inside `atomic()`.
        Raises `DuplicateId`, `UniqueViolation`.
        """
        conflicts = conflicts_of(self.model, ignore_conflicts, update_conflicts, update_fields, unique_fields)
        return run_sync(creating.bulk_create(self.model, list(rows), self.db, progress, errors, conflicts, batch_size))

    async def abulk_create(
        self,
        rows: Iterable[R],
        *,
        progress: creating.Progress | None = None,
        errors: Errors | None = None,
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] = (),
        unique_fields: Collection[str] = (),
    ) -> list[R]:
        conflicts = conflicts_of(self.model, ignore_conflicts, update_conflicts, update_fields, unique_fields)
        return await run_async(
            creating.bulk_create(self.model, list(rows), self.db, progress, errors, conflicts, batch_size)
        )

    @alters_data
    def bulk_update(
        self, rows: Iterable[R], fields: Collection[str], *, errors: Errors | None = None, batch_size: int | None = None
    ) -> int:
        """Write these columns of many rows, each row its own values; how many had changed.

        Each hundred of them (or `batch_size`, if that is less) is one Appwrite transaction: three requests, all of it
        or nothing. Raises `Conflict` when one was changed from outside meanwhile; hundreds before it are then
        written. Give a dict as `errors` to have what cannot be written noted there, by position, and the others
        written all the same.
        """
        return run_sync(bulk.bulk_update(self.model, list(rows), fields, self.db, errors, batch_size))

    async def abulk_update(
        self, rows: Iterable[R], fields: Collection[str], *, errors: Errors | None = None, batch_size: int | None = None
    ) -> int:
        return await run_async(bulk.bulk_update(self.model, list(rows), fields, self.db, errors, batch_size))

    @alters_data
    def update(self, **values: Any) -> int:
        """Set these columns in every row that matches, in one request; how many there were.

        A value may start from the stored one: `stock=F("stock") - 1`, `lent=~F("lent")`, `seen=Now()`,
        `tags=Apply(Operator.array_append(["new"]))`.
        """
        self._refuse_slice("update")
        return run_sync(matching.update_matching(self, values))

    async def aupdate(self, **values: Any) -> int:
        self._refuse_slice("update")
        return await run_async(matching.update_matching(self, values))

    @alters_data
    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete every row that matches, in one request; how many there were, as Django says it."""
        self._refuse_slice("delete")
        return run_sync(matching.delete_matching(self))

    async def adelete(self) -> tuple[int, dict[str, int]]:
        self._refuse_slice("delete")
        return await run_async(matching.delete_matching(self))
