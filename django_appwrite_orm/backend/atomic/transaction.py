"""The open transaction of a database connection: what `atomic()` has changed so far, and its commit.

It has the interface of `transactions.Transaction`, so that tables and verbs inside a block of Django's change and see
the same rows.
"""

from __future__ import annotations

import dataclasses
import datetime
import logging
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.db import OperationalError

from ...connection import connections
from ...credentials import ConnectionRef, Using
from ...exceptions import (
    AppwriteError,
    Conflict,
    DuplicateId,
    IntegrityError,
    InvalidRequest,
    NotFound,
    NotSupportedError,
)
from ...integrity import commit_together, resolve_create_conflict, rows_by_id
from ...plan_execution import execute_write
from ...plans import (
    BULK_LIMIT,
    OPERATIONS_LIMIT,
    Clause,
    CreateRow,
    CreateRows,
    DeleteRow,
    DeleteRows,
    GetRow,
    IncrementRow,
    ListRows,
    ReadPlan,
    TableRef,
    UpdateRow,
    UpdateRows,
    WritePlan,
)
from ...sansio import Operation
from ...signals import SendSignal
from ...signals.observers import observed, observers
from ...tables.system_columns import PERMISSIONS_KEY
from ...transactions import DEFAULT_SECONDS, TableMeta, Transaction, note_staged
from ..columns import ROW_ID
from ..errors import TakenMeanwhile
from ..in_memory.plan import InMemoryRead
from ..model_table import changed_tables
from ..pending_changes import Action, Change, PendingChanges, Raw
from .base_rows import BaseRows
from .block_rows import BlockRows
from .commit import folded, owned, requests_of

logger = logging.getLogger("django_appwrite_orm.queries")

# What became of a block that was not committed.
_NOTHING = "Nothing of this atomic() block was written"
_PARTS = "Other transactions of this atomic() block may have been written"


class StagedTransaction(Transaction):
    """Changes that wait in memory. `length` of them can be kept and the others dropped, as savepoints do."""

    def __init__(self, alias: Using, seconds: int = DEFAULT_SECONDS) -> None:
        super().__init__(alias, seconds)
        self._pending = PendingChanges()
        self.rows = BlockRows(alias, self._pending)
        self._new_ids: set[str] = set()
        self._signals: list[tuple[int, SendSignal]] = []
        self._bases = BaseRows()

    @property
    def length(self) -> int:
        return len(self._pending.changes)

    @property
    def changed_tables(self) -> tuple[TableRef, ...]:
        return tuple(self._pending.tables)

    def truncate(self, length: int) -> None:
        """Drop the changes after the first `length`."""
        self._pending.truncate(length)
        self._signals = [(at, send) for at, send in self._signals if at <= length]
        self._bases.truncate(length)

    def note_new(self, ids: Iterable[str]) -> None:
        """Note ids that were made here for new rows: nobody else has them."""
        self._new_ids |= set(ids)

    # The interface of Transaction

    def has_changed(self, table: TableRef) -> bool:
        return table in self._pending.tables

    def concerns(self, plan: ReadPlan) -> bool:
        return not self.is_over and any(table in self._pending.tables for table in plan.tables)

    def announce(self, send: SendSignal) -> None:
        self._signals.append((self.length, send))

    def read(self, plan: ReadPlan) -> Operation[Any]:
        """Return rows by their ids, or the result of a query in memory, as the block sees them.

        Raises NotSupportedError for another plan.
        """
        if isinstance(plan, InMemoryRead):
            pending = {ref: own for ref in plan.tables if (own := self._pending.of(ref))}
            steps = dataclasses.replace(plan, pending=pending).fetch()
            return (yield from connections[self.alias].follow(steps)).data
        is_changed = self.has_changed(plan.tables[0])
        if isinstance(plan, GetRow) and is_changed and len(plan.tables) == 1:
            rows = yield from self.rows.by_id(plan.table, [plan.row_id])
            return rows[0] if rows else None
        if isinstance(plan, ListRows) and is_changed and (ids := _ids_of(plan)) is not None:
            rows = yield from self.rows.by_id(plan.table, ids)
            return {"total": len(rows), "rows": rows}
        raise NotSupportedError(
            f"{plan.tables[0].table}: the rows of this table were changed in this atomic() block, and Appwrite does not"
            " see that yet. Ask for rows by their ids, before the first change, or after the block."
        )

    def stage(self, changed: Sequence[TableMeta], plan: WritePlan) -> Operation[Any]:
        self.require(1)
        meta: Any = changed[0]
        _refuse_lists_of_links(meta, plan)
        if isinstance(plan, CreateRow):
            (row,) = yield from self._create(meta, plan.table, [{ROW_ID: plan.row_id, **plan.data}], [plan.permissions])
            return row
        if isinstance(plan, CreateRows):
            plain = [{key: value for key, value in row.items() if key != PERMISSIONS_KEY} for row in plan.rows]
            granted = [tuple(row[PERMISSIONS_KEY]) if PERMISSIONS_KEY in row else None for row in plan.rows]
            rows = yield from self._create(meta, plan.table, plain, granted)
            return {"total": len(rows), "rows": rows}
        if isinstance(plan, UpdateRow):
            return (yield from self._update(meta, plan))
        if isinstance(plan, IncrementRow):
            row = yield from self._existing(plan.table, plan.row_id)
            _refuse_beyond_limit(plan, row.get(plan.column))
            added = {plan.column: plan.value}
            if row.get(plan.column) is not None:
                increased = {**row, plan.column: row[plan.column] + plan.value}
                yield from self.rows.check_unique(meta, plan.table, [increased], added, [row])
            self._append([Change(Action.INCREMENT, meta, plan.table, row[ROW_ID], added, limit=plan.limit)])
            return (yield from self._existing(plan.table, plan.row_id))
        if isinstance(plan, DeleteRow):
            row = yield from self._existing(plan.table, plan.row_id)
            self._append([Change(Action.DELETE, meta, plan.table, row[ROW_ID])])
            return None
        rows = yield from self._matching(plan)
        if isinstance(plan, UpdateRows):
            yield from self.rows.check_unique(meta, plan.table, [{**row, **plan.data} for row in rows], plan.data, rows)
            self._append([Change(Action.UPDATE, meta, plan.table, row[ROW_ID], plan.data) for row in rows])
        else:
            self._append([Change(Action.DELETE, meta, plan.table, row[ROW_ID]) for row in rows])
        return {"total": len(rows), "rows": rows}

    def stage_all(self, changed: Sequence[TableMeta], plans: Sequence[WritePlan]) -> Operation[None]:
        """Stage several changes; those of rows of one table by their ids are looked up together."""
        steps = self._stage_all(changed, plans)
        yield from (observed("write", tuple(plans), self.alias, steps, note_staged) if observers else steps)

    def _stage_all(self, changed: Sequence[TableMeta], plans: Sequence[WritePlan]) -> Operation[None]:
        updates = [plan for plan in plans if isinstance(plan, UpdateRow)]
        if len(updates) < len(plans) or len({plan.table for plan in updates}) != 1:
            for plan in plans:
                yield from self.stage(changed, plan)
            return
        ref = updates[0].table
        rows = yield from self.rows.by_id(ref, [plan.row_id for plan in updates])
        yield from self._update_all(changed[0], ref, updates, rows)

    def stage_computed(
        self, meta: TableMeta, ref: TableRef, plans: Sequence[UpdateRow], bases: Sequence[Raw]
    ) -> Operation[None]:
        """Stage updates that were computed from `bases`, the stored rows: the commit is refused if those change."""
        rows = self.rows.changed(ref, [plan.row_id for plan in plans], bases)
        steps = self._update_all(meta, ref, plans, rows)
        yield from (observed("write", tuple(plans), self.alias, steps, note_staged) if observers else steps)
        self._bases.add(self.length, ref, bases)

    def require(self, operations: int) -> None:
        """Raise `TransactionError` when the block is over. How many operations there are is seen at the commit."""
        super().require(0)

    def commit(self, *, in_parts: bool = False) -> Operation[None]:
        """Apply the changes.

        Raises OperationalError when rows were changed meanwhile, `TakenMeanwhile` when a value or id is taken, and
        NotSupportedError for new rows beside other changes of a user whose id is not known, and for more operations
        than a transaction holds. `in_parts`: those go into several transactions, one after the other. Other errors
        are `unclear` only where the last request had no good response: before that nothing is written.
        """
        steps = self._commit_all(in_parts)
        yield from (observed("commit", self, self.alias, steps) if observers else steps)

    def _commit_all(self, in_parts: bool) -> Operation[None]:
        self.require(0)
        self._over = True
        user = ConnectionRef.of(self.alias).credentials
        changes = folded(self._pending.changes)
        if user is not None and len(changes) > 1:
            changes = owned(changes, user)
        apart = self._bases.names
        requests = requests_of(changes, bulk=user is None, apart=apart)
        plans = [plan for request in requests for plan in request]
        needs_parts = len(plans) > OPERATIONS_LIMIT
        if needs_parts and not in_parts:
            raise _too_many(changes, len(plans))
        outcome = _PARTS if needs_parts else _NOTHING
        try:
            if len(plans) == 1 and not apart:
                yield from self._commit_alone(plans[0])
            elif needs_parts:
                yield from self._commit_in_parts(requests)
            elif requests:
                yield from self._commit_together(requests, self._bases)
        except (Conflict, NotFound) as error:
            kind = TakenMeanwhile if isinstance(error, IntegrityError) else OperationalError
            raise kind(f"{error} {outcome}; try it again.") from error
        except AppwriteError as error:
            if not error.unclear:
                error.args = (f"{error} {outcome}.",)
            raise
        for _, send in self._signals:
            yield send

    def _commit_alone(self, plan: WritePlan) -> Operation[None]:
        """Make the only change of the block, as outside of one."""
        meta: Any = self._pending.tables[plan.table]
        try:
            yield from execute_write(self._changed([plan]), self.alias, plan)
        except IntegrityError as error:
            if not error.repeated or not isinstance(plan, CreateRow | CreateRows):
                raise
            # An earlier copy of this request may have been applied.
            sent = [{ROW_ID: plan.row_id, **plan.data}] if isinstance(plan, CreateRow) else plan.rows
            yield from resolve_create_conflict(meta.model, self.alias, sent, error, made_here=())

    def _commit_in_parts(self, requests: Sequence[Sequence[WritePlan]]) -> Operation[None]:
        parts = [
            plans[start : start + OPERATIONS_LIMIT]
            for plans in requests
            for start in range(0, len(plans), OPERATIONS_LIMIT)
        ]
        logger.warning("The changes of one block take %d transactions, and are not applied all at once.", len(parts))
        for part in parts:
            yield from self._commit_together([part], BaseRows())

    def _commit_together(self, requests: Sequence[Sequence[WritePlan]], bases: BaseRows) -> Operation[None]:
        """Commit while `bases` are as they were. A row that changes after it was staged makes Appwrite refuse."""
        changes = ((self._changed(plans), plans) for plans in requests)
        yield from commit_together(self.alias, *changes, check=partial(bases.check, self.alias))

    def _changed(self, plans: Sequence[WritePlan]) -> list[TableMeta]:
        """Return each table that these changes may change."""
        metas = (meta for plan in plans for meta in changed_tables(self._pending.tables[plan.table], plan))
        return list({meta.id: meta for meta in metas}.values())

    def roll_back(self) -> Operation[None]:
        self._over = True
        self.truncate(0)
        yield from ()

    # Changes

    def _append(self, changes: Sequence[Change]) -> None:
        self._pending.append(changes)

    def _create(
        self, meta: Any, ref: TableRef, rows: Sequence[Raw], permissions: Sequence[tuple[str, ...] | None]
    ) -> Operation[list[Raw]]:
        ids = [row[ROW_ID] for row in rows if row[ROW_ID] not in self._new_ids]
        existing = (yield from self.rows.by_id(ref, ids)) if ids else []
        if existing:
            raise _taken_id(meta, existing[0][ROW_ID])
        pending = self._pending.of(ref)
        for row in rows:
            change = pending.get(row[ROW_ID])
            if change is not None and change.over({}) is not None:
                raise _taken_id(meta, row[ROW_ID])
        yield from self.rows.check_unique(meta, ref, rows, {key for row in rows for key in row})
        self._append(
            [
                Change(Action.CREATE, meta, ref, row[ROW_ID], {key: row[key] for key in row if key != ROW_ID}, granted)
                for row, granted in zip(rows, permissions, strict=True)
            ]
        )
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        system = {"$sequence": "", "$createdAt": now, "$updatedAt": now}
        return [
            meta.staged({**system, PERMISSIONS_KEY: list(granted or ()), **row}) | {"$sequence": ""}
            for row, granted in zip(rows, permissions, strict=True)
        ]

    def _update(self, meta: Any, plan: UpdateRow) -> Operation[Raw]:
        row = yield from self._existing(plan.table, plan.row_id)
        yield from self.rows.check_unique(meta, plan.table, [{**row, **plan.data}], plan.data, [row])
        self._append([Change(Action.UPDATE, meta, plan.table, row[ROW_ID], plan.data, plan.permissions)])
        granted = {} if plan.permissions is None else {PERMISSIONS_KEY: list(plan.permissions)}
        return {**row, **plan.data, **granted}

    def _update_all(self, meta: Any, ref: TableRef, plans: Sequence[UpdateRow], rows: Sequence[Raw]) -> Operation[None]:
        """Stage updates of these rows, which are as the block sees them."""
        by_id = {row[ROW_ID].lower(): row for row in rows}
        for plan in plans:
            if plan.row_id.lower() not in by_id:
                raise _no_row(ref, plan.row_id)
        written = [{**by_id[plan.row_id.lower()], **plan.data} for plan in plans]
        yield from self.rows.check_unique(meta, ref, written, {key for plan in plans for key in plan.data}, rows)
        self._append([Change(Action.UPDATE, meta, ref, plan.row_id, plan.data, plan.permissions) for plan in plans])

    def _existing(self, ref: TableRef, row_id: str) -> Operation[Raw]:
        rows = yield from self.rows.by_id(ref, [row_id])
        if not rows:
            raise _no_row(ref, row_id)
        return rows[0]

    def _matching(self, plan: UpdateRows | DeleteRows) -> Operation[list[Raw]]:
        """Return the rows that a change of several is about, as they are at this statement."""
        ids = _ids_in(plan.filters)
        if ids is not None:
            return (yield from self.rows.by_id(plan.table, ids))
        if self.has_changed(plan.table) or getattr(plan, "first", None) is not None:
            raise NotSupportedError(
                f"{plan.table.table}: rows of this table were changed in this atomic() block, so that Appwrite cannot"
                " say which ones match. Name the rows by their ids."
            )
        return (yield from self.rows.listed(plan.table, plan.filters))

    # What the commit depends on

    def hold(self, ref: TableRef, row_ids: list[str]) -> Operation[None]:
        """Have the commit refused, if it writes anything, when one of these rows is changed from now on."""
        for start in range(0, len(row_ids), BULK_LIMIT):
            rows = yield from rows_by_id(self.alias, ref, row_ids[start : start + BULK_LIMIT])
            self._bases.add(self.length, ref, rows.values())


def _refuse_beyond_limit(plan: IncrementRow, value: Any) -> None:
    """Raise the error that Appwrite has for a sum that passes its limit."""
    if plan.limit is None or value is None:
        return
    total = value + plan.value
    if total > plan.limit if plan.value > 0 else total < plan.limit:
        message = f"{plan.table.table}.{plan.column}: {total} would pass the limit of {plan.limit}."
        raise InvalidRequest(message, status=400, type="column_limit_exceeded")


def _no_row(ref: TableRef, row_id: str) -> NotFound:
    return NotFound(f"{ref.table} has no row {row_id!r}.", status=404, type="row_not_found")


def _taken_id(meta: Any, row_id: str) -> DuplicateId:
    return DuplicateId(
        f"A {meta.model.__name__} with the id {row_id!r} already exists.", status=409, type="row_already_exists"
    )


def _ids_of(plan: ListRows) -> Sequence[str] | None:
    """Return the ids that a list is about, if it is about nothing else and whole."""
    ids = _ids_in(plan.filters)
    return ids if ids is not None and not plan.order and not plan.offset and plan.limit >= len(ids) else None


def _ids_in(filters: Sequence[Clause]) -> Sequence[str] | None:
    if len(filters) == 1 and filters[0].method == "equal" and filters[0].attribute == ROW_ID:
        return [str(value) for value in filters[0].values or ()]
    return None


def _refuse_lists_of_links(meta: Any, plan: WritePlan) -> None:
    """Raise NotSupportedError for a change of the links of a relationship to many, which reads could not show."""
    data: Any = [plan.data] if isinstance(plan, CreateRow | UpdateRow | UpdateRows) else getattr(plan, "rows", ())
    for relationship in meta.to_many.values():
        if any(relationship.key in row for row in data):
            raise NotSupportedError(
                f"{meta.model.__name__}.{relationship.name}: links to many rows cannot be changed inside"
                " transaction.atomic(). Use django_appwrite_orm.atomic(), or change them outside the block."
            )


def _too_many(changes: Sequence[Change], operations: int) -> NotSupportedError:
    rows: dict[str, set[str]] = {}
    for change in changes:
        rows.setdefault(change.ref.table, set()).add(change.row_id)
    tables = ", ".join(f"{len(ids):,} rows of {table}" for table, ids in rows.items())
    has_own_values = any(change.action in (Action.UPDATE, Action.INCREMENT) for change in changes)
    own_values = (
        " A row that gets a value of its own, as by F() or bulk_update(), takes one of them. Outside of a block"
        " update() takes any number of rows."
    )
    return NotSupportedError(
        f"An atomic() block changes {tables} by {operations:,} operations. A transaction of Appwrite holds"
        f" {OPERATIONS_LIMIT}, and several would not be written all or none. {_NOTHING}."
        f"{own_values if has_own_values else ''} Change the rows in parts, each in a block of its own (delete() and"
        ' bulk_update() of a queryset open one), or set "atomic": "off" in the OPTIONS of the database, where each'
        " change is written at once."
    )
