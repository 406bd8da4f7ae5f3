"""Django's database exceptions for what goes wrong between a model and Appwrite."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any

from django import db
from django.core.exceptions import PermissionDenied
from django.db import models

from ..exceptions import AppwriteError, AppwriteORMError, InvalidRequest, NotFound, SchemaError, UserPermissionDenied

# What Appwrite says about a value that is not one of its column's.
_STRUCTURE = (
    "row_invalid_structure",
    "document_invalid_structure",
    "column_limit_exceeded",
    "attribute_limit_exceeded",
)

_UNKNOWN = "It is unknown whether the change was written: look at the rows before you make it again."


class Database:
    """The names that a DB-API module has. The exceptions are Django's own."""

    Error = db.Error
    InterfaceError = db.InterfaceError
    DatabaseError = db.DatabaseError
    DataError = db.DataError
    OperationalError = db.OperationalError
    IntegrityError = db.IntegrityError
    InternalError = db.InternalError
    ProgrammingError = db.ProgrammingError
    NotSupportedError = db.NotSupportedError
    Binary = memoryview


class FieldDataError(db.DataError):
    """A value that the column of a field cannot hold."""

    def __init__(self, field: models.Field[Any, Any], reason: str) -> None:
        super().__init__(f"{field.model._meta.label}.{field.name}: {reason}")
        self.field_name, self.reason = field.name, reason


class RefusedToUser(db.OperationalError, PermissionDenied):
    """Appwrite refuses a request of a user or guest, as after the end of a JWT. Django responds with 403."""


class TakenMeanwhile(db.IntegrityError, db.OperationalError):
    """An id or a unique value that was free at the statement was taken by the end of the block.

    It is an `IntegrityError`, for `get_or_create()` then looks for the row of the other one, and an `OperationalError`,
    for the block can be run again.
    """


def database_error(error: AppwriteORMError) -> db.Error | None:
    """Return the exception of Django's that means `error`; None where it is one, or is not about a database."""
    if isinstance(error, db.Error):
        return None
    if isinstance(error, NotFound):
        return db.ProgrammingError(str(error))
    if isinstance(error, InvalidRequest):
        return db.DataError(str(error)) if error.type in _STRUCTURE else db.ProgrammingError(str(error))
    if isinstance(error, UserPermissionDenied):
        return RefusedToUser(str(error))
    if isinstance(error, AppwriteError):
        return db.OperationalError(str(error))
    return db.ProgrammingError(str(error)) if isinstance(error, SchemaError) else None


def _say_unknown(error: AppwriteORMError) -> None:
    """Let the message of an error say that the outcome of a write is unknown, if it is."""
    if isinstance(error, AppwriteError) and error.unclear and _UNKNOWN not in str(error):
        error.args = (f"{error} {_UNKNOWN}",)


class ErrorWrapper:
    """Raise `database_error` in place of the package's own errors: a context manager, and a decorator."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not isinstance(error, AppwriteORMError):
            return
        _say_unknown(error)
        if (meant := database_error(error)) is not None:
            raise meant from error

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return wrapped
