"""Open transactions: changes of an `atomic()` block are staged at Appwrite and committed together.

Inside a transaction Appwrite answers a get by id with the staged row. Its lists and counts are wrong (staged rows are
in every list, whatever its filters), so those of changed tables are refused here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import SynchronousOnlyOperation

from . import signals
from .connection import connections
from .credentials import base_alias
from .exceptions import AppwriteError, AppwriteORMError, NotSupportedError, TransactionError
from .integrity import refused_commit
from .plans import (
    OPERATIONS_LIMIT,
    DeleteRows,
    GetRow,
    IncrementRow,
    ReadPlan,
    Request,
    TableRef,
    UpdateRow,
    UpdateRows,
    WritePlan,
    begin_transaction,
    end_transaction,
    stage_operations,
    staged,
)
from .relations.cascades import affected_tables
from .sansio import AcquireLock, Operation
from .signals import SendSignal
from .tables import Row
from .tables.validation import without_operators
from .threads import ContextValue, Held

logger = logging.getLogger("django_appwrite_orm.queries")

# Seconds between the first change of a block and its commit.
DEFAULT_LIFE = 300


class Block(NamedTuple):
    """An open `atomic()` block.

    `transaction` is that of the enclosing block if there is one, `opener` the object that opened it, `before` what to
    give to `open_blocks.restore` at its end.
    """

    transaction: Transaction
    is_outermost: bool
    opener: object
    before: Held[Mapping[str, Block]] | None


open_blocks: ContextValue[Mapping[str, Block]] = ContextValue("appwrite_blocks", {})


def current(alias: str) -> Transaction | None:
    """Return the transaction that is open here on this connection, for this identity."""
    block = open_blocks.get().get(alias)
    return None if block is None else block.transaction


def enclosing(alias: str) -> Transaction | None:
    """Return the transaction that a change on this connection belongs to.

    Raises `TransactionError` for a change inside a block that is open for another identity only.
    """
    every = open_blocks.get()
    if alias not in every:
        for other, block in every.items():
            if base_alias(other) == base_alias(alias) and not block.transaction.is_over:
                raise TransactionError(
                    f"This change is for {str(alias)!r} and the atomic() block around it for {str(other)!r}, so it"
                    " would be no part of it. Open the block for that identity, as in atomic(queryset.db), or make"
                    " the change after it."
                )
    return current(alias)


class Transaction:
    """Changes on one connection that are applied together; begun at Appwrite with the first of them."""

    def __init__(self, alias: str, seconds: int = DEFAULT_LIFE) -> None:
        self.alias = alias
        self._seconds = seconds
        self._id: str | None = None
        self._count = 0
        self._tables: dict[TableRef, type[Row]] = {}
        self._staged: list[tuple[type[Row], WritePlan]] = []
        self._changed_together: set[TableRef] = set()
        self._incremented: dict[tuple[TableRef, str], set[str]] = {}
        self._afterwards: list[SendSignal] = []
        self._over = False
        self._rollback_reason: str | None = None
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Whether it was committed or rolled back, or is about to be."""
        return self._over

    def set_rollback(self, reason: str) -> None:
        """Allow nothing but a rollback from now on."""
        self._rollback_reason = self._rollback_reason or reason

    def require(self, operations: int) -> None:
        """Raise `NotSupportedError` unless there is room for this many more operations."""
        if self._over:
            raise TransactionError(
                "This atomic() block is over; nothing can be changed in it any more. A task or thread that outlives"
                " the block it was started in needs one of its own, or is to be started outside."
            )
        if self._rollback_reason:
            raise TransactionError(f"Nothing of this atomic() block will be written: {self._rollback_reason}.")
        if self._count + operations > OPERATIONS_LIMIT:
            raise NotSupportedError(
                f"An Appwrite transaction holds {OPERATIONS_LIMIT} operations; this block has {self._count} and"
                f" {operations} more were asked for. Split the block, or make some of the changes outside it."
            )

    def stage(self, table: type[Row], plan: WritePlan) -> Operation[Any]:
        """Stage one change; return Appwrite's response to it."""
        data = yield from self._send(table, [plan], lambda transaction: staged(plan.request, transaction))
        return dict(plan.data) if isinstance(plan, IncrementRow) else _shown(table, data)

    def stage_all(self, table: type[Row], plans: Sequence[UpdateRow | IncrementRow]) -> Operation[None]:
        """Stage several changes of one table in one request."""
        operations = [plan.operation for plan in plans]
        yield from self._send(table, plans, lambda transaction: stage_operations(transaction, operations))

    def apply(self, table: type[Row], plans: Sequence[UpdateRow | IncrementRow]) -> Operation[None]:
        """Stage these changes and commit them: three requests, all or nothing."""
        try:
            yield from self.stage_all(table, plans)
        except BaseException:
            yield from self.roll_back()
            raise
        yield from self.commit()

    def _send(
        self, table: type[Row], plans: Sequence[WritePlan], request_in: Callable[[str], Request]
    ) -> Operation[Any]:
        """Stage changes, one request at a time, whatever tasks and threads share the block.

        Two at once would begin two transactions, of which one would be lost, and could exceed the limit of operations.
        """
        yield AcquireLock(self._lock)
        try:
            self.require(len(plans))
            if self._id is None:
                answer = yield from connections[self.alias].send(begin_transaction(self._seconds))
                self._id = str(answer.data["$id"])
            for plan in plans:
                self._tables |= {one._meta.ref(plan.table.database): one for one in affected_tables(table, plan)}
            answer = yield from connections[self.alias].send(request_in(self._id))
            self._count += len(plans)
            self._staged += [(table, plan) for plan in plans]
            for plan in plans:
                if isinstance(plan, UpdateRows | DeleteRows):
                    self._changed_together.add(plan.table)
                elif isinstance(plan, IncrementRow):
                    self._incremented.setdefault((plan.table, plan.row_id.lower()), set()).add(plan.column)
            return answer.data
        except BaseException as error:
            # No other errors than the server's are clear, a cancelled request least of all.
            clear = isinstance(error, AppwriteORMError) and not getattr(error, "unclear", False)
            if self._id is not None and not clear:
                self.set_rollback("it is not known whether one of its changes was staged")
            self._refuse_expired(error)
            raise
        finally:
            self._lock.release()

    def _refuse_expired(self, error: BaseException) -> None:
        """Raise `TransactionError` if `error` says that the transaction expired."""
        if isinstance(error, AppwriteError) and error.type == "transaction_expired":
            raise TransactionError(
                f"This atomic() block took longer than the {self._seconds} seconds its transaction lives; nothing"
                " of it was written. Do less in it, or give it longer: atomic(seconds=900)."
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
                f"Appwrite answers lists and counts of {changed.__name__} wrongly, and what is linked to it, inside a"
                " transaction that has changed it. Ask before the first change, by id, or after the block."
            )
        if plan.table in self._changed_together:
            changed = self._tables[plan.table]
            raise NotSupportedError(
                f"Appwrite answers a get of {changed.__name__} with the row as it was before update() or delete() of a"
                " queryset in this atomic() block. Read the row before that or after the block, or name it:"
                " filter(pk=...).update(...)."
            )
        connection, transaction = connections[self.alias], self._id
        requests = plan.fetch()
        answer = yield from connection.send(staged(next(requests), transaction))
        if answer.data is None:
            return None
        # A staged increment is not seen by reads inside (observed), so that the value shown is the one before it.
        unseen = self._incremented.get((plan.table, plan.row_id.lower()), ())
        raw = without_operators(_shown(self._tables[plan.table], answer.data))
        return {key: value for key, value in raw.items() if key not in unseen}

    def announce(self, send: SendSignal) -> None:
        """Send this signal after the commit, if there is one."""
        self._afterwards.append(send)

    def commit(self) -> Operation[None]:
        """Apply all changes, under the fences of all tables; then send the signals.

        Raises `Conflict` when a row was changed from outside since it was staged, `DuplicateId` or `UniqueViolation`
        when an id or a value is taken, `TransactionError` when the transaction expired.
        """
        yield AcquireLock(self._lock)  # a change that is being staged belongs to the block, and may set it to roll back
        self._over = True
        self._lock.release()
        if self._rollback_reason:
            yield from self.roll_back()
            raise TransactionError(f"Nothing of this atomic() block was written: {self._rollback_reason}.")
        if self._id is None:
            return
        connection = connections[self.alias]
        try:
            rows = sum(plan.request.rows for _, plan in self._staged)
            yield from connection.write(list(self._tables), end_transaction(self._id, commit=True, rows=rows))
        except AppwriteError as error:
            if error.type == "transaction_conflict":
                raise (yield from refused_commit(self.alias, self._staged, error)) from error
            self._refuse_expired(error)
            raise
        finally:
            for table in self._tables.values():
                yield SendSignal(signals.table_invalidated, table, {"reason": "write", "using": self.alias})
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


def _shown(table: type[Row], data: Any) -> Any:
    """Return a staged row in the shape of a written one: without a sequence, with the columns that were not set."""
    if not isinstance(data, dict) or "$id" not in data:
        return data
    # Links that were not set are as they were before; a new row has none.
    is_new = data.get("$sequence") in ("", None)
    columns = [one for one in table._meta.columns.values() if is_new or one.type_name != "relationship"]
    unset = {column.key: column.definition()["default"] for column in columns}
    return {**unset, **{key: value for key, value in data.items() if not (key.startswith("$") and value in ("", None))}}
