"""From the body of an API request to a product and its tags, or to everything that is wrong with it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.core.exceptions import NON_FIELD_ERRORS, RequestDataTooBig, ValidationError
from django.http import HttpRequest, JsonResponse

from shop.models import Product, Tag

Errors = dict[str, list[str]]
# The fields of a body, with the types of JSON that they take.
TYPES: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "price": (int, float),
    "stock": int,
    "category": str,
    "tags": list,
    "attributes": dict,
    "description": str,
}


class BadBody(Exception):
    """A body that makes no product: the status of the response, and the errors by field."""

    def __init__(self, status: int, errors: Errors) -> None:
        super().__init__(errors)
        self.response = JsonResponse({"errors": errors}, status=status)


def product_in(request: HttpRequest) -> tuple[Product, list[str]]:
    """The unsaved, checked product of a JSON body, and the names of its tags. Raises `BadBody`."""
    values = _json_object(request)
    errors: Errors = {name: ["There is no such field."] for name in values if name not in TYPES}
    for name, types in TYPES.items():
        value = values.get(name)
        if name in values and (not isinstance(value, types) or isinstance(value, bool)):
            errors[name] = [f"A {types.__name__ if isinstance(types, type) else 'number'} of JSON is needed."]
        elif "\0" in str(value):
            errors[name] = ["Null characters are not allowed."]
    tags = values.pop("tags", [])
    product = Product(**{name: value for name, value in values.items() if name in TYPES and name not in errors})
    _check(product, errors)
    if "tags" not in errors:
        for tag in tags:
            if not isinstance(tag, str):
                errors["tags"] = ["A list of texts is needed."]
                break
            _check(Tag(name=tag), errors, field="tags")
    if errors:
        raise BadBody(400, errors)
    return product, tags


def _check(row: Product | Tag, errors: Errors, field: str | None = None) -> None:
    """Add what the model finds wrong; what is taken already is left to the database, which says so by a 409."""
    try:
        row.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            errors.setdefault(field or name, messages)


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
        raise BadBody(400, _whole("The body must be a JSON object of fields and values."))
    return body


def _refuse(constant: str) -> NoReturn:
    """Python would read NaN and Infinity, which JSON does not have."""
    raise ValueError(constant)


def _whole(message: str) -> Errors:
    return {NON_FIELD_ERRORS: [message]}
