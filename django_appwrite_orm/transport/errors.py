"""Turn an error response into an exception, by Appwrite's error `type`, else by the status."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from .. import exceptions as errors
from ..exceptions import shortened
from ..plans import Request

# docs/reference/exceptions.md is generated from these two.
ERROR_BY_TYPE: Mapping[str, type[errors.AppwriteError]] = {
    "row_already_exists": errors.IntegrityError,
    "row_unique_constraint_violation": errors.IntegrityError,
    "document_already_exists": errors.IntegrityError,
    "document_unique_constraint_violation": errors.IntegrityError,
    "row_delete_restricted": errors.DeleteRestricted,
    "document_delete_restricted": errors.DeleteRestricted,
    "database_timeout": errors.Timeout,
    "transaction_expired": errors.Conflict,
}
ERROR_BY_STATUS: Mapping[int, type[errors.AppwriteError]] = {
    400: errors.InvalidRequest,
    401: errors.PermissionDenied,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    408: errors.Timeout,
    409: errors.Conflict,
    414: errors.InvalidRequest,
    431: errors.InvalidRequest,
}

# Error types of what a migration creates and is not there.
UNMADE = ("database_not_found", "table_not_found")


def error_from(
    request: Request, status: int, body: Any, wait: float | None, *, endpoint: str, for_user: bool = False
) -> errors.AppwriteError:
    """Return the exception for a response of `status` >= 400 with the decoded `body` (None when it was not JSON).

    `wait` is how long the server asked to wait, in seconds. `for_user`: the request was made for a user or guest, not
    with the API key. `endpoint` is named where it may be the cause.

    A write is unclear when the server itself failed or ran out of time: it may have been applied. Some are unclear
    after a 400 too, see `Request`.
    """
    kind, text = _text_of(body, "type"), _text_of(body, "message")
    if foreign := kind is None and text is None:
        message = f"{endpoint} answered {request} with {status}, and not as Appwrite does."
    else:
        message = f"Appwrite answered {request} with {status}{f' {shortened(kind, 100)}' if kind else ''}: "
        message += shortened(text or "no message")
    if kind in UNMADE:
        message += " Run manage.py migrate, or migrate_appwrite for a Table."
    if not for_user and kind == "general_unauthorized_scope":
        message += " Give the key in API_KEY one of these scopes."
    if not for_user and kind in ("user_unauthorized", "project_key_expired"):
        message += " Is API_KEY a key of the project in PROJECT_ID, and has it not expired?"
    if status in (414, 431):
        message += " A proxy before Appwrite takes less than HEAD_LIMIT: lower the setting to what it takes."
    elif foreign:
        message += " Is the setting ENDPOINT the URL of Appwrite's API, and does no proxy respond in its place?"
    elif kind == "general_route_not_found" and not endpoint.endswith("/v1"):
        message += f" Add /v1 to the setting ENDPOINT, which is {endpoint}."
    if status == 429:
        return errors.RateLimited(message, retry_after=wait, type=kind)
    error_class = ERROR_BY_TYPE.get(kind or "") or ERROR_BY_STATUS.get(status)
    if error_class is None:
        error_class = errors.Unavailable if status >= 500 else errors.AppwriteError
    if for_user and error_class is errors.PermissionDenied:
        error_class = errors.UserPermissionDenied
    may_be_applied = status >= 500 or status == 408 or (status == 400 and request.refusals_are_unclear)
    unclear = not request.is_read and may_be_applied
    return error_class(message, status=status, type=kind, unclear=unclear)


def _text_of(body: Any, name: str) -> str | None:
    """Return the value under `name` if it is a text: errors also come from what is not Appwrite."""
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else None


def wait_of(status: int, retry_after: str | None, reset: str | None) -> float | None:
    """Return the seconds the server asks to wait before a retry, None if it names none.

    `retry_after` is the header of that name: seconds, or a date. `reset` is `X-RateLimit-Reset`, in which Appwrite's
    own 429 gives the end of its window, in epoch seconds.
    """
    value = (retry_after or "").strip()
    if _is_number(value):
        return float(value)
    if value:
        try:
            date = parsedate_to_datetime(value)
        except (ValueError, OverflowError):  # the latter for a part of it that no number of the machine holds
            return None
        return max((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - time.time(), 0.0)
    return max(float(reset) - time.time(), 0.0) if status == 429 and reset and _is_number(reset) else None


def _is_number(text: str) -> bool:
    """Whether these are seconds; more than 20 digits are none that a float or a header could hold."""
    return text.isascii() and text.isdigit() and len(text) <= 20
