"""From the body of an API request to a product, or to everything that is wrong with it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.core.exceptions import NON_FIELD_ERRORS, RequestDataTooBig, ValidationError
from django.http import HttpRequest, JsonResponse

from shop.tables import Product

Errors = dict[str, list[str]]


class BadBody(Exception):
    """A body that makes no product: the status to answer with, and the errors by column."""

    def __init__(self, status: int, errors: Errors) -> None:
        super().__init__(errors)
        self.response = JsonResponse({"errors": errors}, status=status)


def product_in(request: HttpRequest) -> Product:
    """The unsaved, checked product of a JSON body. Raises `BadBody`."""
    values = _json_object(request)
    columns = Product._meta.columns
    errors: Errors = {name: ["There is no such column."] for name in values if name not in columns}
    product = Product(**{name: value for name, value in values.items() if name in columns})
    try:
        product.full_clean()
    except ValidationError as error:
        errors |= error.message_dict
    if errors:
        raise BadBody(400, errors)
    return product


def _json_object(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise BadBody(415, _whole("Send JSON, with the header Content-Type: application/json."))
    try:
        body = json.loads(request.body, parse_constant=_refuse)
    except RequestDataTooBig:
        raise BadBody(413, _whole("The body is too large.")) from None
    except (ValueError, RecursionError):
        raise BadBody(400, _whole("The body is not valid JSON.")) from None
    if not isinstance(body, dict):
        raise BadBody(400, _whole("The body must be a JSON object of columns and values."))
    return body


def _refuse(constant: str) -> NoReturn:
    """Python would read NaN and Infinity, which JSON does not have."""
    raise ValueError(constant)


def _whole(message: str) -> Errors:
    return {NON_FIELD_ERRORS: [message]}
