"""From an answer that is an error to an exception, by Appwrite's error `type` first and the status after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import exceptions as errors
from ..plans import Request

_BY_TYPE: Mapping[str, type[errors.AppwriteError]] = {
    "row_already_exists": errors.IntegrityError,
    "row_unique_constraint_violation": errors.IntegrityError,
    "document_already_exists": errors.IntegrityError,
    "document_unique_constraint_violation": errors.IntegrityError,
    "database_timeout": errors.Timeout,
}
_BY_STATUS: Mapping[int, type[errors.AppwriteError]] = {
    400: errors.InvalidRequest,
    401: errors.PermissionDenied,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    408: errors.Timeout,
    409: errors.Conflict,
}


def error_from(request: Request, status: int, body: Any, retry_after: str | None) -> errors.AppwriteError:
    """The exception for an answer of `status` >= 400 with the decoded `body` (None when it was not JSON).

    A write is unclear when the server itself failed or ran out of time: it may have been applied.
    """
    kind = body.get("type") if isinstance(body, dict) else None
    said = body.get("message") if isinstance(body, dict) else None
    message = f"Appwrite answered {request} with {status}{f' {kind}' if kind else ''}: {said or 'no message'}"
    if status == 429:
        return errors.RateLimited(message, retry_after=_seconds(retry_after), type=kind)
    found = _BY_TYPE.get(str(kind)) or _BY_STATUS.get(status)
    if found is None:
        found = errors.Unavailable if status >= 500 else errors.AppwriteError
    unclear = not request.is_read and (status >= 500 or status == 408)
    return found(message, status=status, type=kind, unclear=unclear)


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds. Its other form, a date, is not used by Appwrite and counts as absent."""
    return float(retry_after) if retry_after and retry_after.strip().isdigit() else None
