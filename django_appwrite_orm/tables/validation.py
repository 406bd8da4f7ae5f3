"""Validate the values of a row, all columns at once, before any request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .row import Row

OPERATOR_MESSAGE = _(
    "This text has the form of an Appwrite operator; an update would execute it instead of storing it."
)
# In an update or upsert, Appwrite 1.9 runs a text of the form {"method": <one of these>, ...} as an operator (recorded
# in conformance/scenarios/operators). Other methods, and other spellings of these, are text to it.
OPERATORS = frozenset({
    "increment", "decrement", "multiply", "divide", "modulo", "power", "stringConcat", "stringReplace", "toggle",
    "arrayAppend", "arrayPrepend", "arrayInsert", "arrayRemove", "arrayUnique", "arrayIntersect", "arrayDiff",
    "arrayFilter", "dateAddDays", "dateSubDays", "dateSetNow",
})  # fmt: skip


def clean_values(
    table: type[Row], values: Mapping[str, Any], *, whole: bool, errors: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the JSON by column key for `values` by Python name.

    `whole`: these are all the values of a new row, so a required column must be among them. Otherwise they change a
    row, and text that Appwrite would run as an operator is refused. Raises one ValidationError keyed by column, which
    includes earlier `errors`.
    """
    errors = errors if errors is not None else {}
    data: dict[str, Any] = {}
    for name, column in table._meta.columns.items():
        if name not in values:
            if whole and column.required:
                errors[name] = ValidationError(_("This column is required."), code="required")
            continue
        try:
            data[column.key] = column.cleaned_json(values[name])
            if not whole:
                _refuse_operators(data[column.key])
        except ValidationError as error:
            errors[name] = error
    for name, relationship in table._meta.to_many.items():
        if name in values:
            data[relationship.key] = list(values[name])
    if errors:
        raise ValidationError(errors)
    return data


def _refuse_operators(value: Any) -> None:
    # Appwrite 1.9 runs no items of arrays; they are refused too, because that is not documented.
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and looks_like_operator(text):
            raise ValidationError(OPERATOR_MESSAGE, code="operator")


def looks_like_operator(text: str) -> bool:
    """Return whether Appwrite may run this text as an operator in an update; True where that is not certain."""
    if "method" not in text and "\\u" not in text:
        return False
    try:
        value = json.loads(text, parse_int=float)  # PHP parses whole numbers of 5,000 digits, Python does not
    except RecursionError:
        return True
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("method"), str) and value["method"] in OPERATORS


def operator_text(method: str, *values: Any) -> str:
    """Return the text that Appwrite runs as this operator."""
    return json.dumps({"method": method, "values": list(values)})


def increment(step: int) -> str:
    """Return the operator that adds to an integer."""
    return operator_text("increment", step)


def without_operators(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a staged row without the columns whose operators Appwrite applies at the commit."""
    return {key: value for key, value in raw.items() if not (isinstance(value, str) and looks_like_operator(value))}


def has_operators(raw: Mapping[str, Any]) -> bool:
    """Return whether these values, by column key, include an operator."""
    return len(without_operators(raw)) < len(raw)
