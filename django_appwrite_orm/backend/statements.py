"""Statements: what the compilers have carried out through Django's cursors.

A statement takes the place of SQL there, so that `execute_wrapper()`, `connection.queries`, the toolbar and the checks
of a broken transaction see each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import NotSupportedError

from ..sansio import Operation
from ..signals.observers import Activity, observed, observers

if TYPE_CHECKING:
    from .base import DatabaseWrapper

_NO_SQL = "Appwrite has no SQL: use the ORM, or connection.appwrite for requests to the server."
_NO_CACHE_TABLE = (
    "Appwrite has no SQL, which Django's database cache needs: use Redis, memcached or files for the cache, or route"
    " its table to an SQL database"
)


def _refusal(sql: str) -> NotSupportedError:
    """Return the error for a statement of SQL; it says which cache to use where Django's database cache sends it."""
    tables = (options.get("LOCATION") for options in settings.CACHES.values() if "DatabaseCache" in str(options))
    is_of_cache = '"cache_key"' in sql or any(f'"{table}"' in sql for table in tables)
    return NotSupportedError(_NO_CACHE_TABLE if is_of_cache else _NO_SQL)


class Statement(str):
    """A text for logs, the operation that it stands for, and the result of that.

    `notes` are about how it was carried out, as far as it was: strategy, reason, rows; where statements are logged also
    requests and status. `changes`: whether it writes.
    """

    operation: Operation[Any]
    result: Any = None
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


class _Costs:
    """Observes one statement: its requests, and the status and rows of its reads and writes."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.requests = 0
        self.rows: int | None = None
        self.statuses: dict[str, None] = {}

    def began(self, activity: Activity) -> None:
        """Do nothing: what counts is known at the end."""

    def ended(self, activity: Activity) -> None:
        outer = activity.within("statement")
        if outer is None or outer.subject is not self.statement:
            return
        if activity.kind == "request":
            self.requests += 1
        elif activity.kind in ("read", "write") and activity.within("read") is None:
            self.rows = self.rows if activity.rows is None else (self.rows or 0) + activity.rows
            if activity.status:
                self.statuses[activity.status.lower()] = None


@contextmanager
def _costs_noted(statement: Statement) -> Iterator[None]:
    """Add to the notes of a statement its rows and requests, and the status of its reads and writes."""
    costs = _Costs(statement)
    observers.append(costs)
    try:
        yield
    finally:
        observers.remove(costs)
        status = " + ".join(costs.statuses) or None
        statement.notes |= {"status": status, "requests": costs.requests}
        statement.notes.setdefault("rows", costs.rows)


class Cursor:
    """A DB-API cursor that carries out statements and refuses SQL. It has no rows: a statement has its result."""

    description = None
    rowcount = -1
    lastrowid = None
    arraysize = 1

    def __init__(self, connection: DatabaseWrapper) -> None:
        self._connection = connection

    def execute(self, statement: str, params: Any = None) -> Cursor:
        """Carry out a statement, which then has its result. Raises NotSupportedError for SQL."""
        if not isinstance(statement, Statement):
            raise _refusal(statement)
        if statement.changes:
            self._connection.before_change()
        if self._connection.shows_statements:
            with _costs_noted(statement):
                self._run(statement)
        else:
            self._run(statement)
        return self

    def _run(self, statement: Statement) -> None:
        steps = statement.operation
        if observers:
            steps = observed("statement", statement, self._connection.appwrite_alias, steps)
        # Django has refused an event loop when this cursor was opened.
        statement.result = self._connection.carry_out(steps, even_on_event_loop=True)

    def executemany(self, statement: str, params: Any) -> None:
        raise _refusal(statement)

    def callproc(self, name: str, *params: Any) -> None:
        raise NotSupportedError(_NO_SQL)

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
