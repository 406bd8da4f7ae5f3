"""Transactions and their staged operations, as they are stored."""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from .. import clock
from ..api.auth import Caller
from ..api.errors import AppwriteError
from ..api.identifiers import unique_id
from ..emulation.dates import now, write_date
from ..schema.models import Table
from ..storage.session import Session

PENDING: Final = "pending"
COMMITTED: Final = "committed"
FAILED: Final = "failed"
COMMITTING: Final = "committing"
MAX_OPERATIONS: Final = 100
_COLUMNS: Final = "n, id, owner, status, operations, expires, created, updated"
_KEYS_OWN: Final = ""  # the owner of a transaction of an API key


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction. ``owner``: a user's id, empty for a key, "guests" for a guest; keys find all of them."""

    number: int
    id: str
    owner: str
    status: str
    operations: int
    expires: str
    created: str
    updated: str

    def describe(self) -> dict[str, Any]:
        """Return the transaction as a response shows it."""
        return {
            "$id": self.id,
            "$createdAt": self.created,
            "$updatedAt": self.updated,
            "status": self.status,
            "operations": self.operations,
            "expiresAt": self.expires,
        }


@dataclass(frozen=True, slots=True)
class Operation:
    """One staged operation. ``seen``: the last change of its rows, when it was staged."""

    table_number: int
    row_id: str | None
    action: str
    data: Any
    seen: str


def begin(session: Session, caller: Caller, ttl: int) -> Transaction:
    """Store a new transaction that expires after ``ttl`` seconds."""
    owner = caller.user_id or ("guests" if caller.is_guest else _KEYS_OWN)
    moment = now()
    expires = write_date(clock.now() + timedelta(seconds=ttl))
    id = unique_id()
    session.run(
        "INSERT INTO transactions (id, owner, status, operations, expires, created, updated) VALUES (?,?,?,0,?,?,?)",
        (id, owner, PENDING, expires, moment, moment),
    )
    return _read(session, id)


def find(session: Session, caller: Caller, id: str) -> Transaction:
    """Return a transaction of the caller; keys find all of them. Raises ``transaction_not_found``."""
    transaction = _find_any(session, id)
    mine = caller.is_key or (caller.user_id and transaction is not None and transaction.owner == caller.user_id)
    if transaction is None or not mine:
        raise AppwriteError("transaction_not_found", "There is no transaction with this id.")
    return transaction


def find_pending(session: Session, id: str) -> Transaction | None:
    """Return a pending transaction, whose staged rows a read may see, whoever owns it (observed)."""
    transaction = _find_any(session, id)
    return transaction if transaction is not None and transaction.status == PENDING else None


def _find_any(session: Session, id: str) -> Transaction | None:
    row = session.first(f"SELECT {_COLUMNS} FROM transactions WHERE id = ?", (id,))
    return None if row is None else Transaction(*row)


def _read(session: Session, id: str) -> Transaction:
    return Transaction(*session.all(f"SELECT {_COLUMNS} FROM transactions WHERE id = ?", (id,))[0])


def by_number(session: Session, number: int) -> Transaction:
    return Transaction(*session.all(f"SELECT {_COLUMNS} FROM transactions WHERE n = ?", (number,))[0])


def set_status(session: Session, transaction: Transaction, status: str) -> Transaction:
    """Store a status; the operations of an ended transaction are deleted."""
    moment = now()
    session.run("UPDATE transactions SET status = ?, updated = ? WHERE n = ?", (status, moment, transaction.number))
    if status in (COMMITTED, FAILED):
        session.run("DELETE FROM operations WHERE transaction_n = ?", (transaction.number,))
    return replace(transaction, status=status, updated=moment)


def remove(session: Session, transaction: Transaction) -> None:
    """Delete a transaction with its operations."""
    session.run("DELETE FROM operations WHERE transaction_n = ?", (transaction.number,))
    session.run("DELETE FROM transactions WHERE n = ?", (transaction.number,))


def check_pending(transaction: Transaction) -> None:
    """Raise ``transaction_not_ready`` for an ended transaction, ``transaction_expired`` for an expired one."""
    if transaction.status != PENDING:
        raise AppwriteError("transaction_not_ready", "The transaction is no longer pending.")
    if transaction.expires < now():
        raise AppwriteError("transaction_expired", "The transaction has expired.")


def check_capacity(transaction: Transaction, more: int) -> None:
    """Raise ``transaction_limit_exceeded`` where the operations do not fit."""
    if transaction.operations + more > MAX_OPERATIONS:
        raise AppwriteError("transaction_limit_exceeded", f"A transaction has at most {MAX_OPERATIONS} operations.")


def stage(session: Session, transaction: Transaction, table: Table, action: str, row_id: str | None, data: Any) -> None:
    """Add an operation that has been checked."""
    moment = now()
    session.run(
        "INSERT INTO operations (transaction_n, table_n, row_id, action, data, seen) VALUES (?,?,?,?,?,?)",
        (transaction.number, table.number, row_id, action, json.dumps(data), _last_change(session, table, row_id)),
    )
    session.run(
        "UPDATE transactions SET operations = operations + 1, updated = ? WHERE n = ?", (moment, transaction.number)
    )


def _last_change(session: Session, table: Table, row_id: str | None) -> str:
    """Return when the row, or any row of the table, was last changed; the table's dates are indexed."""
    if row_id is None:
        last_change = session.scalar(f"SELECT max(updated) FROM {table.rows_name}")
    else:
        row = session.first(f"SELECT updated FROM {table.rows_name} WHERE id_f = ?", (row_id.upper(),))
        last_change = row[0] if row else None
    return str(last_change or "")


def operations_of(session: Session, transaction: Transaction) -> list[Operation]:
    """Return the operations in the order of staging."""
    rows = session.all(
        "SELECT table_n, row_id, action, data, seen FROM operations WHERE transaction_n = ? ORDER BY n",
        (transaction.number,),
    )
    return [Operation(table, row_id, action, json.loads(data), seen) for table, row_id, action, data, seen in rows]
