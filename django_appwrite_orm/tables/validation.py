"""Are these values allowed? Asked before any request, and answered for all columns at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from .row import Row

# Appwrite 1.9 runs a text of the form {"method": <one of these>, ...} in an update or upsert as an operator, as
# recorded in conformance/scenarios/operators; other methods, and other spellings of these, are text to it.
OPERATORS = frozenset({
    "increment", "decrement", "multiply", "divide", "modulo", "power", "stringConcat", "stringReplace", "toggle",
    "arrayAppend", "arrayPrepend", "arrayInsert", "arrayRemove", "arrayUnique", "arrayIntersect", "arrayDiff",
    "arrayFilter", "dateAddDays", "dateSubDays", "dateSetNow",
})  # fmt: skip


def clean_values(
    table: type[Row], values: Mapping[str, Any], *, whole: bool, errors: dict[str, list[str]] | None = None
) -> dict[str, Any]:
    """The JSON of `values` (by Python name), by column key.

    `whole`: these are all the values of a new row, so a required column must be among them; otherwise they
    change a row, where text that Appwrite would run as an operator is refused. Raises one ValidationError
    keyed by column, together with the `errors` found before.
    """
    errors = errors if errors is not None else {}
    data: dict[str, Any] = {}
    for name, column in table._meta.columns.items():
        if name not in values:
            if whole and column.required:
                errors[name] = ["This column is required."]
            continue
        try:
            data[column.key] = column.to_appwrite(column.clean(values[name]))
            if not whole:
                _refuse_operators(data[column.key])
        except ValidationError as error:
            errors[name] = error.messages
    for name, relationship in table._meta.to_many.items():
        if name in values:
            data[relationship.key] = list(values[name])
    if errors:
        raise ValidationError(errors)
    return data


def _refuse_operators(value: Any) -> None:
    # Of arrays Appwrite 1.9 looks at the whole only; their items are refused too, for that is not promised.
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and looks_like_operator(text):
            raise ValidationError(
                "This text has the form of an Appwrite operator, and an update would run it instead of storing it.",
                code="operator",
            )


def looks_like_operator(text: str) -> bool:
    """Whether Appwrite might take this text for an operator in an update. What cannot be told counts as one."""
    if "method" not in text and "\\u" not in text:
        return False
    try:
        found = json.loads(text, parse_int=float)  # Python parses no whole number of 5,000 digits; PHP does
    except RecursionError:
        return True
    except ValueError:
        return False
    return isinstance(found, dict) and isinstance(found.get("method"), str) and found["method"] in OPERATORS


def without_operators(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A staged row without the columns that Appwrite works out at the commit, and shows as operators until then."""
    return {key: value for key, value in raw.items() if not (isinstance(value, str) and looks_like_operator(value))}


def has_operators(raw: Mapping[str, Any]) -> bool:
    """Whether Appwrite will work out a value of these, by column key."""
    return len(without_operators(raw)) < len(raw)
