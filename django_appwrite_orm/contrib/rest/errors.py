"""Errors of Appwrite as responses of an API. No body names a server, a table or a key; the log has the reason."""

from __future__ import annotations

import logging
from math import ceil
from typing import Any

from django import db
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import ProtectedError, RestrictedError
from django.utils.translation import gettext as _
from rest_framework import exceptions, status, views
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.validators import UniqueValidator

from ...backend.errors import FieldDataError, database_error
from ...exceptions import (
    AppwriteORMError,
    Conflict,
    DeleteRestricted,
    DuplicateId,
    NotFound,
    RateLimited,
    RowGone,
    Unavailable,
    UniqueViolation,
    UserPermissionDenied,
    one_line,
)

logger = logging.getLogger("django_appwrite_orm.web")

# Seconds after which a client may try again where Appwrite does not say; it counts requests by the minute.
_UNAVAILABLE_FOR, _RATE_WINDOW = 10, 60


class _Error(exceptions.APIException):  # type: ignore[misc]  # DRF has no types
    """An error with a status; `wait` are the seconds of Retry-After."""

    def __init__(self, status_code: int, detail: str, code: str, wait: int | None = None) -> None:
        super().__init__(detail, code)
        self.status_code, self.wait = status_code, wait


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to an error; None, as DRF's own handler, for one that is a mistake of the site.

    For `EXCEPTION_HANDLER` in REST_FRAMEWORK. Errors of Tables and those of models are treated alike.
    """
    translated = _translated(exc)
    response = views.exception_handler(translated or exc, context)
    if translated is not None and response.status_code in (503, 429):
        response["Cache-Control"] = "no-store"
        logger.error("%s answered with %d: %s", one_line(context["request"].path), response.status_code, exc)
    return response


def _translated(exc: Exception) -> exceptions.APIException | None:
    """Return DRF's exception for an error of Appwrite, of a value or of what rows allow."""
    is_of_a_model = not isinstance(exc, AppwriteORMError) and isinstance(exc, db.Error)
    cause = exc.__cause__ if is_of_a_model and isinstance(exc.__cause__, AppwriteORMError) else exc
    match cause:
        case Unavailable():
            return _Error(503, _("The data cannot be reached at the moment."), "unavailable", _UNAVAILABLE_FOR)
        case RateLimited(retry_after=after):
            wait = _RATE_WINDOW if after is None else ceil(after)
            return _Error(429, _("There are too many requests at the moment."), "rate_limited", wait)
        case UserPermissionDenied():
            return exceptions.PermissionDenied()
        case UniqueViolation(values=values) if values:
            return exceptions.ValidationError({name: [UniqueValidator.message] for name in values}, "unique")
        case DuplicateId():
            return _Error(409, _("There is a row with this id already."), "duplicate_id")
        case UniqueViolation():
            return _Error(409, _("Another row has one of these values already."), "unique")
        case DeleteRestricted() | ProtectedError() | RestrictedError():
            return _Error(409, _("Other rows refer to this one."), "restricted")
        case Conflict():
            return _conflict()
        case RowGone():
            return exceptions.NotFound()
        case NotFound() if isinstance(exc, db.OperationalError):  # at the end of a block
            return _conflict()
        case DjangoValidationError():
            return exceptions.ValidationError(_by_field(cause))
    meant = database_error(cause) if isinstance(cause, AppwriteORMError) else cause
    if isinstance(meant, FieldDataError):
        return exceptions.ValidationError({meant.field_name: [meant.reason]})
    if isinstance(meant, db.DataError):
        return exceptions.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [_("A value does not fit.")]})
    return None


def _conflict() -> _Error:
    detail = _("The data was changed meanwhile. Read it again and repeat.")
    return _Error(status.HTTP_409_CONFLICT, detail, "conflict")


def _by_field(error: DjangoValidationError) -> dict[str, Any]:
    errors: dict[str, Any] = as_serializer_error(error)
    if NON_FIELD_ERRORS in errors:
        errors[api_settings.NON_FIELD_ERRORS_KEY] = errors.pop(NON_FIELD_ERRORS)
    return errors
