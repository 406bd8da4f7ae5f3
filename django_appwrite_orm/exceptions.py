"""What can go wrong between a Django project and Appwrite, by what the caller can do about it.

Where Django has an exception for it, ours is one of Django's too, so that code that catches Django's keeps working.

Every error that comes from a request is an `AppwriteError`. Its `unclear` says whether a write may have
been applied although no good answer came: the cache protocol keeps its fence up in that case.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType, TracebackType
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


LONGEST = 500  # characters of a server's text in one of our messages


def one_line(text: str) -> str:
    """`text` without anything that ends a line or steers a terminal: such characters are shown by their escapes.

    `str.isprintable` is false for every control, format, separator and surrogate character, the space excepted.
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def shortened(text: object, longest: int = LONGEST) -> str:
    """What somebody else says as part of a message of ours: one line of about `longest` characters at most."""
    whole = str(text)
    rest = len(whole) - longest
    return one_line(whole[:longest]) + (f"... ({rest} more characters)" if rest > 0 else "")


def _escaped(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


_PACKAGE = __name__.rpartition(".")[0] + "."


def chain(error: BaseException, outside: BaseException | None = None) -> Iterator[BaseException]:
    """`error` and its causes and contexts, each once, as far as `outside`, which is not one of them."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = {id(outside)}
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def shorten(error: BaseException) -> None:
    """Leave out of the tracebacks of `error`, its causes and contexts the frames of this package, except the one in
    which each was raised: an operation is a chain of generators, and says nothing to who called it. Frames of others in
    between, such as a `save()` of the project's own, stay."""
    for one in chain(error):
        one.__traceback__ = _without_ours(one.__traceback__)


def _without_ours(traceback: TracebackType | None) -> TracebackType | None:
    kept: list[TracebackType] = []
    while traceback is not None:
        if traceback.tb_next is None or not _is_ours(traceback.tb_frame):
            kept.append(traceback)
        traceback = traceback.tb_next
    found: TracebackType | None = None
    for one in reversed(kept):
        found = TracebackType(found, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return found


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).startswith(_PACKAGE)
