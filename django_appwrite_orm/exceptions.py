"""What can go wrong between a Django project and Appwrite, by what the caller can do about it.

Where Django has an exception for it, ours is one of Django's too, so that code that catches Django's keeps working.

Every error that comes from a request is an `AppwriteError`. Its `unclear` is true for a write that may have
been applied without a good response: the cache protocol keeps its fence in that case.
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
    """This Appwrite does not support it; the message names an alternative."""


class SchemaError(AppwriteORMError):
    """A server's schema is not what the tables declare and cannot be made so; the message says what to do."""


class CacheUnavailable(AppwriteORMError):
    """The cache backend raised an error.

    Reads and writes continue without the cache. The statistics, which need it, raise this.
    """


class AppwriteError(AppwriteORMError):
    """An error response, or no response at all.

    `status` is the HTTP status (0 without a response), `type` Appwrite's own error type
    (`row_not_found`, ...) or None, `unclear` whether a write may have been applied all the same. `repeated`:
    an earlier copy of the write may have been applied before this response, so a `Conflict` may be our own success.
    `request_id` stands in the log lines of the request's attempts and in its `X-Request-Id`.
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

    Django responds with 403. An API key without a scope is a mistake of the site, hence a 500.
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


class RateLimited(AppwriteError, db.OperationalError):
    """Too many requests (429); `retry_after` is in seconds, None when the server did not send it."""

    def __init__(self, message: str, *, retry_after: float | None = None, type: str | None = None) -> None:
        super().__init__(message, status=429, type=type)
        self.retry_after = retry_after


class Unavailable(AppwriteError, db.OperationalError):
    """Appwrite cannot be reached or fails (no connection, 5xx, a response that is not JSON)."""


class Timeout(Unavailable):
    """No response within TIMEOUT seconds, or the server gave up on the query (408)."""


class TransactionError(AppwriteORMError, TransactionManagementError):
    """An `atomic()` block cannot go on or cannot be committed; nothing of it has been written."""


class RowDoesNotExist(AppwriteORMError, core.ObjectDoesNotExist):
    """Base of every table's `DoesNotExist`."""


class RowGone(RowDoesNotExist, NotFound):
    """Base of every table's `RowGone`: a row to change or delete is not in Appwrite any more (404).

    A table's `RowGone` is also its `DoesNotExist`.
    """


class MultipleRowsReturned(AppwriteORMError, core.MultipleObjectsReturned):
    """Base of every table's `MultipleObjectsReturned`."""


LONGEST = 500  # characters of a server's text in one of our messages


def one_line(text: str) -> str:
    """Return `text` on one line: line ends and characters that control a terminal are replaced by their escapes.

    `str.isprintable` is false for every control, format, separator and surrogate character, the space excepted.
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def shortened(text: object, longest: int = LONGEST) -> str:
    """Return a foreign text for a message of ours: one line of about `longest` characters at most."""
    whole = str(text)
    rest = len(whole) - longest
    return one_line(whole[:longest]) + (f"... ({rest} more characters)" if rest > 0 else "")


def _escaped(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


_PACKAGE = __name__.rpartition(".")[0] + "."


def chain(error: BaseException, outside: BaseException | None = None) -> Iterator[BaseException]:
    """Yield `error`, its causes and contexts, each once, up to `outside`, which is not included."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = {id(outside)}
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__]
        if isinstance(link, BaseExceptionGroup):
            waiting += link.exceptions


def shorten(error: BaseException) -> None:
    """Remove this package's frames from the tracebacks of `error`, its causes and contexts.

    An operation is a chain of generators that does not help the caller. The frame in which an error was raised stays,
    and so do frames of others in between, such as a `save()` of the project's own.
    """
    for link in chain(error):
        link.__traceback__ = _without_ours(link.__traceback__)


def _without_ours(traceback: TracebackType | None) -> TracebackType | None:
    kept: list[TracebackType] = []
    while traceback is not None:
        if traceback.tb_next is None or not _is_ours(traceback.tb_frame):
            kept.append(traceback)
        traceback = traceback.tb_next
    shortened_traceback: TracebackType | None = None
    for entry in reversed(kept):
        shortened_traceback = TracebackType(shortened_traceback, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return shortened_traceback


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).startswith(_PACKAGE)
