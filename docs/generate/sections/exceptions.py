"""The exceptions: what they derive from, what they are raised for, and the responses that they become."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory

from django_appwrite_orm import exceptions
from django_appwrite_orm.contrib.rest.errors import exception_handler
from django_appwrite_orm.exceptions import AppwriteORMError
from django_appwrite_orm.transport.errors import ERROR_BY_STATUS, ERROR_BY_TYPE
from django_appwrite_orm.web.errors import unavailable_response

from ..markdown import code, codes, table
from ..source import summary


def _classes() -> list[type[Exception]]:
    return [
        value
        for value in vars(exceptions).values()
        if isinstance(value, type) and issubclass(value, AppwriteORMError) and value.__module__ == exceptions.__name__
    ]


def _tree() -> str:
    rows = []
    for error in _classes():
        own = [base.__name__ for base in error.__bases__ if base.__module__ == exceptions.__name__]
        foreign = [
            f"{base.__module__}.{base.__name__}"
            for base in error.__bases__
            if base.__module__ not in ("builtins", exceptions.__name__)
        ]
        rows.append([code(error.__name__), codes(own), codes(map(_public, foreign)), summary(error)])
    return table(["Exception", "Derives from", "Is also Django's", "Meaning"], rows)


def _public(name: str) -> str:
    return name.replace("django.db.utils.", "django.db.")


def _causes() -> str:
    causes = [(str(status), error) for status, error in ERROR_BY_STATUS.items()]
    causes += [("429", exceptions.RateLimited), ("500 and more, or no response", exceptions.Unavailable)]
    causes.append(("any other status", exceptions.AppwriteError))
    types = [(code(kind), error) for kind, error in ERROR_BY_TYPE.items()]
    return table(
        ["Status or error type", "Exception"], ([cause, code(error.__name__)] for cause, error in [*types, *causes])
    )


def _responses() -> str:
    return table(
        ["Exception", "Page", "API"], ([code(e.__name__), _of_page(_made(e)), _of_api(_made(e))] for e in _classes())
    )


def _made(error: type[Exception]) -> Exception:
    made = error("message")
    if isinstance(made, exceptions.UniqueViolation):
        made.values = {"isbn": "1"}
    return made


def _of_page(error: Exception) -> str:
    response = unavailable_response(RequestFactory().get("/"), error)
    if response is not None:
        return f"{response.status_code}, `Retry-After: {response['Retry-After']}`"
    return "403" if isinstance(error, PermissionDenied) else "500"


def _of_api(error: Exception) -> str:
    response: Any = exception_handler(error, {"request": RequestFactory().get("/"), "view": None})
    if not isinstance(response, HttpResponse):
        return "500"
    return (
        f"{response.status_code}, `Retry-After: {response['Retry-After']}`"
        if "Retry-After" in response
        else str(response.status_code)
    )


SECTIONS = {"exceptions.tree": _tree, "exceptions.causes": _causes, "exceptions.responses": _responses}
