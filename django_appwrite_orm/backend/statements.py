"""Statements: what the compilers have carried out through Django's cursors.

A statement takes the place of SQL there, so that `execute_wrapper()`, `connection.queries`, the toolbar and the checks
of a broken transaction see each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from django.db import NotSupportedError

from ..sansio import Operation, run_sync
from ..signals.observers import observed, observers

if TYPE_CHECKING:
    from .base import DatabaseWrapper

NO_SQL = "Appwrite has no SQL: use the ORM, or connection.appwrite for requests to the server."


class Statement(str):
    """A text for logs, and the operation that it stands for.

    `notes` are about how it was carried out, as far as it was: strategy, reason, rows. `changes`: whether it writes.
    """

    operation: Operation[Any]
    notes: dict[str, Any]
    changes: bool

    @classmethod
    def of(cls, text: str, operation: Operation[Any], *, changes: bool = False, **notes: Any) -> Self:
        made = cls(text)
        made.operation, made.notes, made.changes = operation, notes, changes
        return made

    @property
    def described(self) -> str:
        """The text, with the notes."""
        notes = ", ".join(f"{name}: {value}" for name, value in self.notes.items() if value is not None)
        return f"{self} ({notes})" if notes else str(self)


class Cursor:
    """A DB-API cursor that carries out statements and refuses SQL. It has no rows: a statement has one result."""

    description = None
    rowcount = -1
    lastrowid = None
    arraysize = 1

    def __init__(self, connection: DatabaseWrapper) -> None:
        self._connection = connection
        self.result: Any = None

    def execute(self, statement: str, params: Any = None) -> Cursor:
        """Carry out a statement; its result is `result`. Raises NotSupportedError for SQL."""
        if not isinstance(statement, Statement):
            raise NotSupportedError(NO_SQL)
        if statement.changes:
            self._connection.before_change()
        steps = statement.operation
        using = self._connection.appwrite_alias
        self.result = run_sync(observed("statement", statement, using, steps) if observers else steps)
        return self

    def executemany(self, statement: str, params: Any) -> None:
        raise NotSupportedError(NO_SQL)

    def callproc(self, name: str, *params: Any) -> None:
        raise NotSupportedError(NO_SQL)

    def close(self) -> None:
        pass

    def fetchone(self) -> None:
        return None

    def fetchmany(self, size: int = 1) -> list[Any]:
        return []

    def fetchall(self) -> list[Any]:
        return []

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class Session:
    """The DB-API connection of a `DatabaseWrapper`. It holds no socket: those belong to the Appwrite connection."""

    def commit(self) -> None:
        pass

    def rollback(self) -> None:
        pass

    def close(self) -> None:
        pass
