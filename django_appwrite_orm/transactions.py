"""Open transactions: changes of an `atomic()` block are staged at Appwrite and committed together.

Used by `plan_execution`, the Table API's `atomic()` and the Django database backend, which share the open blocks. It
takes plans and a `TableMeta` for each table concerned, and knows no rows or columns.

Inside a transaction Appwrite returns the staged row for a get by id. Its lists and counts are wrong (staged rows are
in every list, whatever its filters), so those of changed tables are refused here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from django.core.exceptions import SynchronousOnlyOperation

from . import signals
from .cache import CachePolicy
from .connection import connections
from .credentials import ConnectionRef, Using
from .exceptions import AppwriteError, AppwriteORMError, NotSupportedError, TransactionError
from .plans import (
    OPERATIONS_LIMIT,
    DeleteRows,
    GetRow,
    IncrementRow,
    ReadPlan,
    Request,
    TableRef,
    UpdateRows,
    WritePlan,
    begin_transaction,
    end_transaction,
    stage_operations,
    staged,
)
from .sansio import AcquireLock, Operation
from .signals import SendSignal
from .signals.observers import Activity, observed, observers
from .tables.validation import without_operators
from .threads import ContextValue, Held

logger = logging.getLogger("django_appwrite_orm.queries")

# Seconds between the first change of a block and its commit.
DEFAULT_SECONDS = 300


class TableMeta(Protocol):
    """The facts about a table that `plan_execution` needs, from `Table._meta` or from the Django database backend.

    `id`: its id on the server. `name`: as response headers show it. `model`: the sender of its signals. `policy`: its
    cache policy; None for the connection's. `relationships`: those that it declares; without any, the response to a
    change shows the row as a read does.
    """

    @property
    def id(self) -> str:
        """Return the id on the server."""

    @property
    def name(self) -> str:
        """Return the name in response headers."""

    @property
    def model(self) -> type[Any]:
        """Return the sender of signals."""

    @property
    def policy(self) -> CachePolicy | None:
        """Return the cache policy; None for the connection's."""

    @property
    def relationships(self) -> Mapping[str, Any]:
        """Return the declared relationships by name."""

    def written(self, plan: WritePlan, data: Any) -> Any:
        """Return the response to `plan` as a read would show it."""

    def staged(self, data: Any) -> Any:
        """Return a row of a transaction as a read would show it."""


class Block(NamedTuple):
    """An open `atomic()` block.

    `transaction` is shared with the enclosing block, if any. `opener` is the object that opened the block, `before` the
    argument for `open_blocks.restore` at its end.
    """

    transaction: Transaction
    is_outermost: bool
    opener: object
    before: Held[Mapping[Using, Block]] | None


open_blocks: ContextValue[Mapping[Using, Block]] = ContextValue("appwrite_blocks", {})


# Functions that return the transaction of another kind of block: Django's `transaction.atomic()`.
other_blocks: list[Callable[[Using], Transaction | None]] = []


def current(alias: Using) -> Transaction | None:
    """Return the transaction open in this context for this connection and identity, or None."""
    block = open_blocks.get().get(alias)
    if block is not None:
        return block.transaction
    for find in other_blocks:
        if (transaction := find(alias)) is not None:
            return transaction
    return None


def enclosing(alias: Using) -> Transaction | None:
    """Return the transaction that a change on this connection belongs to.

    Raises `TransactionError` for a change inside a block that is open for another identity only.
    """
    blocks = open_blocks.get()
    if alias not in blocks:
        for other, block in blocks.items():
            if ConnectionRef.of(other).alias == ConnectionRef.of(alias).alias and not block.transaction.is_over:
                raise TransactionError(
                    f"This change is for {str(alias)!r}, but the open atomic() block is for {str(other)!r}, so the"
                    " block would not include it. Open the block for the same identity, such as atomic(queryset.db),"
                    " or make the change after the block."
                )
    return current(alias)


def note_staged(activity: Activity, data: Any) -> None:
    """Note a write that waits for the commit of its block."""
    activity.status = "STAGED"


class Transaction:
    """Changes on one connection that are applied together; begun at Appwrite with the first of them."""

    def __init__(self, alias: Using, seconds: int = DEFAULT_SECONDS) -> None:
        self.alias = alias
        self._seconds = seconds
        self._id: str | None = None
        self._count = 0
        self._tables: dict[TableRef, TableMeta] = {}
        self.staged: list[tuple[TableMeta, WritePlan]] = []
        self._changed_together: set[TableRef] = set()
        self._incremented: dict[tuple[TableRef, str], set[str]] = {}
        self._afterwards: list[SendSignal] = []
        self._over = False
        self._rollback_reason: str | None = None
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Whether it has been committed or rolled back, or is about to be."""
        return self._over

    @property
    def length(self) -> int:
        """The number of its changes."""
        return len(self.staged)

    @property
    def changed_tables(self) -> tuple[TableRef, ...]:
        """The tables that were changed in it, or that such a change reaches."""
        return tuple(self._tables)

    def set_rollback(self, reason: str) -> None:
        """Allow only a rollback from now on."""
        self._rollback_reason = self._rollback_reason or reason

    def require(self, operations: int) -> None:
        """Raise `NotSupportedError` unless there is room for this many more operations."""
        if self._over:
            raise TransactionError(
                "This atomic() block has ended, so no more changes can be made in it. Start the task or thread"
                " outside the block, or open a block of its own in it."
            )
        if self._rollback_reason:
            raise TransactionError(f"This atomic() block will be rolled back: {self._rollback_reason}.")
        if self._count + operations > OPERATIONS_LIMIT:
            raise NotSupportedError(
                f"An atomic() block takes {self._count + operations:,} operations, and a transaction of Appwrite holds"
                f" {OPERATIONS_LIMIT}. Change the rows in parts, each in a block of its own, or make some of the"
                " changes outside the block."
            )

    def stage(self, changed: Sequence[TableMeta], plan: WritePlan) -> Operation[Any]:
        """Stage one change; return Appwrite's response to it.

        `changed`: every table whose rows the plan may change, its own first.
        """
        data = yield from self._send(changed, [plan], lambda transaction: staged(plan.request, transaction))
        return dict(plan.data) if isinstance(plan, IncrementRow) else changed[0].staged(data)

    def stage_all(self, changed: Sequence[TableMeta], plans: Sequence[WritePlan]) -> Operation[None]:
        """Stage several changes in one request; `changed` as for `stage`, of all of them."""
        operations = [plan.operation for plan in plans]
        steps = self._send(changed, plans, lambda transaction: stage_operations(transaction, operations))
        yield from (observed("write", tuple(plans), self.alias, steps, note_staged) if observers else steps)

    def _send(
        self, changed: Sequence[TableMeta], plans: Sequence[WritePlan], request_in: Callable[[str], Request]
    ) -> Operation[Any]:
        """Stage changes, one request at a time, whatever tasks and threads share the block.

        Two at once would begin two transactions, of which one would be lost, and could exceed the limit of operations.
        """
        yield AcquireLock(self._lock)
        try:
            self.require(len(plans))
            if self._id is None:
                response = yield from connections[self.alias].send(begin_transaction(self._seconds))
                self._id = str(response.data["$id"])
            self._tables |= {TableRef(plans[0].table.database, table.id): table for table in changed}
            response = yield from connections[self.alias].send(request_in(self._id))
            self._count += len(plans)
            by_id = {table.id: table for table in changed}
            self.staged += [(by_id.get(plan.table.table, changed[0]), plan) for plan in plans]
            for plan in plans:
                if isinstance(plan, UpdateRows | DeleteRows):
                    self._changed_together.add(plan.table)
                elif isinstance(plan, IncrementRow):
                    self._incremented.setdefault((plan.table, plan.row_id.lower()), set()).add(plan.column)
            return response.data
        except BaseException as error:
            # Only the server's errors are clear; a cancelled request is not.
            clear = isinstance(error, AppwriteORMError) and not getattr(error, "unclear", False)
            if self._id is not None and not clear:
                self.set_rollback("one of its changes may or may not have been staged")
            self._refuse_expired(error)
            raise
        finally:
            self._lock.release()

    def _refuse_expired(self, error: BaseException) -> None:
        """Raise `TransactionError` if `error` says that the transaction expired."""
        if isinstance(error, AppwriteError) and error.type == "transaction_expired":
            raise TransactionError(
                f"This atomic() block took longer than the {self._seconds} seconds its transaction may last; nothing"
                " was written. Do less in the block, or allow more time: atomic(seconds=900)."
            ) from error

    def has_changed(self, table: TableRef) -> bool:
        """Whether `table` was changed in this transaction."""
        return table in self._tables

    def concerns(self, plan: ReadPlan) -> bool:
        """Whether the plan reads a table that was changed here, or that such a change reaches."""
        return not self._over and any(table in self._tables for table in plan.tables)

    def read(self, plan: ReadPlan) -> Operation[Any]:
        """Return the row as the transaction sees it, past the cache.

        Raises `NotSupportedError` for anything but a get by id.
        """
        if not isinstance(plan, GetRow) or len(plan.tables) > 1 or self._id is None:
            changed = next(self._tables[table] for table in plan.tables if table in self._tables)
            raise NotSupportedError(
                f"Inside a transaction that has changed {changed.model.__name__}, Appwrite returns wrong lists and"
                " counts of it and of the tables linked to it. Read before the first change, by id, or after the"
                " block."
            )
        if plan.table in self._changed_together:
            changed = self._tables[plan.table]
            raise NotSupportedError(
                f"Appwrite returns rows of {changed.model.__name__} without the queryset's update() or delete() in"
                " this atomic() block. Read the row before that change or after the block, or change single rows by"
                " id: filter(pk=...).update(...)."
            )
        connection, transaction = connections[self.alias], self._id
        requests = plan.fetch()
        response = yield from connection.send(staged(next(requests), transaction))
        if response.data is None:
            return None
        # Observed: reads inside the transaction return the value from before a staged increment.
        unseen = self._incremented.get((plan.table, plan.row_id.lower()), ())
        raw = without_operators(self._tables[plan.table].staged(response.data))
        return {key: value for key, value in raw.items() if key not in unseen}

    def announce(self, send: SendSignal) -> None:
        """Send this signal after the commit, if there is one."""
        self._afterwards.append(send)

    def commit(self) -> Operation[None]:
        """Apply all changes, under the fences of all tables; then send the signals.

        Raises an `AppwriteError` of the type `transaction_conflict` when a row was changed from outside since it was
        staged or an id or unique value is taken (Appwrite does not say which; `staged` has the changes), and
        `TransactionError` when the transaction expired.
        """
        steps = self._commit()
        yield from (observed("commit", self, self.alias, steps) if observers else steps)

    def _commit(self) -> Operation[None]:
        yield AcquireLock(self._lock)  # a change that is being staged belongs to the block, and may set it to roll back
        self._over = True
        self._lock.release()
        if self._rollback_reason:
            yield from self.roll_back()
            raise TransactionError(f"This atomic() block was rolled back: {self._rollback_reason}.")
        if self._id is None:
            return
        connection = connections[self.alias]
        try:
            rows = sum(plan.request.rows for _, plan in self.staged)
            yield from connection.write(list(self._tables), end_transaction(self._id, commit=True, rows=rows))
        except AppwriteError as error:
            self._refuse_expired(error)
            raise
        finally:
            for table in self._tables.values():
                yield SendSignal(signals.table_invalidated, table.model, {"reason": "write", "using": self.alias})
        yield from self._afterwards

    def roll_back(self) -> Operation[None]:
        """Discard all changes. An error is logged only: Appwrite discards them itself when the transaction expires."""
        self._over = True
        try:
            yield AcquireLock(self._lock)  # a change that is being staged may only now begin the transaction
            self._lock.release()
            if self._id is not None:
                yield from connections[self.alias].send(end_transaction(self._id, commit=False))
        except (AppwriteError, SynchronousOnlyOperation) as error:
            logger.warning("A transaction could not be rolled back and will expire: %s", error)
