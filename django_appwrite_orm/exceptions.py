"""What can go wrong between a Django project and Appwrite, by what the caller can do about it.

Where Django has an exception for it, ours is one of Django's too, so that code that catches Django's keeps working.

Every error that comes from a request is an `AppwriteError`. Its `unclear` says whether a write may have
been applied although no good answer came: the cache protocol keeps its fence up in that case.
"""

from __future__ import annotations

from typing import Any

from django import db
from django.core import exceptions as core
from django.db.transaction import TransactionManagementError


class AppwriteORMError(Exception):
    """Base of every error this package raises itself."""


class ConfigurationError(AppwriteORMError, core.ImproperlyConfigured):
    """`APPWRITE_ORM` or a table declaration cannot be used; the message names the setting or the column."""


class NotSupportedError(AppwriteORMError, db.NotSupportedError):
    """The question cannot be put to this Appwrite; the message says what to do instead."""


class SchemaError(AppwriteORMError):
    """A server's schema is not what the tables declare and cannot be made so; the message says what to do."""


class CacheUnavailable(AppwriteORMError):
    """The cache backend raised. Reads and writes go on without it; what asks the cache alone, the statistics, raises
    this."""


class AppwriteError(AppwriteORMError):
    """An answer that is an error, or no answer at all.

    `status` is the HTTP status (0 when there was no answer), `type` Appwrite's own error type
    (`row_not_found`, ...) or None, `unclear` whether a write may have been applied all the same. `repeated` says
    that an earlier copy of the write may have been applied before this answer: a `Conflict` may then be our own
    success. `request_id` stands in the log lines of the request's attempts and in its `X-Request-Id`.
    """

    def __init__(self, message: str, *, status: int = 0, type: str | None = None, unclear: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.unclear = unclear
        self.repeated = False
        self.request_id: str | None = None


class NotFound(AppwriteError):
    """The database, table, column, index or row is not there (404)."""


class InvalidRequest(AppwriteError):
    """Appwrite refused the request as malformed: a query, an argument, a value (400)."""


class PermissionDenied(AppwriteError):
    """The key or user lacks a scope or a permission (401, 403)."""


class UserPermissionDenied(PermissionDenied, core.PermissionDenied):
    """The user or guest that the request was made for lacks a permission, or the session is over (401, 403).

    Django answers it with 403. Where the API key lacks a scope the site is not set up right, which is a 500.
    """


class DeleteRestricted(PermissionDenied, db.IntegrityError):
    """The row cannot be deleted while rows are linked to it by a relationship with `on_delete="restrict"` (403)."""


class Conflict(AppwriteError):
    """Something changed or exists already (409)."""


class IntegrityError(Conflict, db.IntegrityError):
    """A row id that is taken, or a value that breaks a unique index (409)."""


class DuplicateId(IntegrityError):
    """The row id is taken."""


class UniqueViolation(IntegrityError):
    """A value breaks a unique index; the row id is free.

    `index` is the key of that index and `values` are the values that another row has already, by column. Both are
    None where it could not be found out which index it is.
    """

    index: str | None = None
    values: dict[str, Any] | None = None


class RateLimited(AppwriteError):
    """Too many requests (429); `retry_after` is in seconds, None when the server did not say."""

    def __init__(self, message: str, *, retry_after: float | None = None, type: str | None = None) -> None:
        super().__init__(message, status=429, type=type)
        self.retry_after = retry_after


class Unavailable(AppwriteError, db.OperationalError):
    """Appwrite cannot be reached or cannot answer now (no connection, 5xx, an answer that is not JSON)."""


class Timeout(Unavailable):
    """No answer within TIMEOUT seconds, or the server gave up on the query (408)."""


class TransactionError(AppwriteORMError, TransactionManagementError):
    """An `atomic()` block cannot go on or cannot be committed; nothing of it has been written."""


class RowDoesNotExist(AppwriteORMError, core.ObjectDoesNotExist):
    """Base of every table's `DoesNotExist`."""


class RowGone(RowDoesNotExist, NotFound):
    """Base of every table's `RowGone`, a `DoesNotExist` of that table: a row that was to be changed or deleted is not
    in Appwrite any more (404)."""


class MultipleRowsReturned(AppwriteORMError, core.MultipleObjectsReturned):
    """Base of every table's `MultipleObjectsReturned`."""
