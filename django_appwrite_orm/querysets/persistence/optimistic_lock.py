"""Optimistic locking: detect that a row was changed since it was read."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from django.core.exceptions import FieldError

from ...connection import connections
from ...credentials import Using
from ...exceptions import AppwriteError, Conflict
from ...integrity import commit
from ...plans import GetRow, IncrementRow, UpdateRow
from ...relations.cascades import changed_by
from ...sansio import Operation
from ...tables import Row
from ...tables.validation import increment
from ...transactions import Transaction, enclosing

logger = logging.getLogger("django_appwrite_orm.queries")


def counted(table: type[Row], data: dict[str, Any]) -> dict[str, Any]:
    """Return the changes with an increment of the table's version column.

    Appwrite computes it, so that of several at once all count. Raises FieldError for changes that set it themselves.
    """
    version = table._meta.version
    if version is None:
        return data
    refuse_version(table, [version.name] if version.key in data else ())
    return {**data, version.key: increment(1)}


def refuse_version(table: type[Row], names: Collection[str]) -> None:
    """Raise FieldError if the version column is among the columns that are to be written."""
    version = table._meta.version
    if version is not None and version.name in names:
        raise FieldError(f"{table.__name__}.{version.name} is the Version column and cannot be set.")


def update_if_unchanged(row: Row, alias: Using, plan: UpdateRow | IncrementRow) -> Operation[Any]:
    """Update a row that nobody has changed since it was read. Raises `Conflict`.

    It is recognized by its version column, or else by the date of its last change. The change is staged first and the
    row read after that: an earlier change shows in what is read, a later one is refused by the commit.
    """
    outer = enclosing(alias)
    transaction = outer or Transaction(alias)
    try:
        yield from transaction.stage(changed_by(type(row), plan), plan)
        yield from _look(row, alias, plan, transaction)
    except BaseException:
        if outer is None:
            yield from transaction.roll_back()
        raise
    if outer is not None:
        return dict(plan.data)
    yield from commit(transaction)
    return (yield from _as_written(row, alias, plan))


def _look(row: Row, alias: Using, plan: UpdateRow | IncrementRow, transaction: Transaction) -> Operation[None]:
    """Raise `Conflict` for a row that is not as it was read.

    Then, and where that is unknown, the transaction is set to roll back, whatever becomes of the error.
    """
    version = row._meta.version
    mark = version.key if version is not None else "$updatedAt"
    try:
        now = (yield from connections[alias].follow(GetRow(plan.table, plan.row_id).fetch())).data
    except BaseException:
        transaction.set_rollback("it is not known whether another client changed a row after it was read")
        raise
    if now is None or mark not in row._raw or row._raw[mark] != now.get(mark):
        transaction.set_rollback("another client changed a row after it was read")
        reason = "is gone" if now is None else "was changed since it was read" if mark in row._raw else _NOT_READ
        raise Conflict(f"{row!r} {reason}; nothing was written. Call refresh_from_db() and repeat the change.")


def _as_written(row: Row, alias: Using, plan: UpdateRow | IncrementRow) -> Operation[Any]:
    """Return the row after the commit.

    Without its date, what was sent, if it is gone again or cannot be read: it was written.
    """
    try:
        raw = (yield from connections[alias].follow(GetRow(plan.table, plan.row_id).fetch())).data
    except AppwriteError as error:
        logger.warning("%r was written, but its new state could not be read: %s", row, error)
        raw = None
    if raw is None:
        row._raw = {key: value for key, value in row._raw.items() if key != "$updatedAt"}
        return dict(plan.data)
    return raw


_NOT_READ = "was not read with all columns, so a change cannot be detected"
