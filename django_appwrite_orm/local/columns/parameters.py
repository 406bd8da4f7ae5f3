"""What the route of each column kind makes of its parameters, and which defaults it takes.

Used by the routes that add one column; inline columns of a new table have rules of their own (``inline``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from ..api.errors import AppwriteError, invalid_structure
from ..schema.columns import NewColumn
from ..schema.models import TEXT_TYPES

EMAIL_SIZE: Final = 254
IP_SIZE: Final = 39
URL_SIZE: Final = 2_000
ENUM_SIZE: Final = 255
SHORTEST_ENCRYPTED: Final = 150
LONGEST_DEFAULT: Final = 16_384
_INT64_RANGE: Final = (-(2**63), 2**63 - 1)
_INT32_MAX: Final = 2**31 - 1
_LARGEST_TEXT: Final = 1.7976931348623157e308
_FORMAT_SIZES: Final = {"email": EMAIL_SIZE, "ip": IP_SIZE, "url": URL_SIZE, "enum": ENUM_SIZE}
TYPES: Final = {"float": "double", "line": "linestring", "email": "string", "ip": "string", "url": "string"} | {
    "enum": "string"
}


def column_type(kind: str) -> str:
    """The column type that the route of a kind makes."""
    return TYPES.get(kind, kind)


def new_column(kind: str, args: Mapping[str, Any]) -> NewColumn:
    """The column a route's checked parameters describe. Raises what the route refuses."""
    type = column_type(kind)
    array = bool(args.get("array", False))
    default = args.get("default")
    _check_encryption(type, args)
    if default is not None and (args["required"] or array):
        raise AppwriteError("column_default_unsupported", "Required columns and lists have no default.")
    options: dict[str, Any] = {"default": default}
    size = int(args.get("size", 0))
    if kind in _FORMAT_SIZES:
        size = _FORMAT_SIZES[kind]
        options["format"] = kind
    if kind == "enum":
        options["elements"] = args["elements"]
    if type in TEXT_TYPES and "encrypt" in args:
        options["encrypt"] = args["encrypt"]
    if kind in ("integer", "bigint", "float"):
        options |= number_range(kind, args.get("min"), args.get("max"))
    check_default(kind, default, size, options)
    return NewColumn(args["key"], type, args["required"], array, size, options)


def _check_encryption(type: str, args: Mapping[str, Any]) -> None:
    if args.get("encrypt") and type in ("string", "varchar") and args["size"] < SHORTEST_ENCRYPTED:
        raise AppwriteError("general_bad_request", f"Encrypted text needs a size of {SHORTEST_ENCRYPTED} or more.")


def number_range(kind: str, low: Any, high: Any) -> dict[str, Any]:
    """The range a number column shows. Raises ``column_value_invalid`` for an empty one."""
    lowest, highest = (-_LARGEST_TEXT, _LARGEST_TEXT) if kind == "float" else _INT64_RANGE
    low, high = (lowest if low is None else low), (highest if high is None else high)
    if low > high:
        raise AppwriteError("column_value_invalid", "The minimum is above the maximum.")
    return {"min": low, "max": high, "narrow": kind == "integer" and high <= _INT32_MAX}


def check_default(kind: str, default: Any, size: int, options: Mapping[str, Any]) -> None:
    """Whether a column takes its default. Raises ``column_value_invalid``; one that the server's own list of columns
    cannot hold it notices later, as invalid row data (observed)."""
    if default is None:
        return
    if kind in ("string", "varchar") and len(default) > size:
        raise AppwriteError("column_value_invalid", f"The default is longer than {size} characters.")
    if len(json.dumps(default, ensure_ascii=False)) > LONGEST_DEFAULT:
        raise invalid_structure(f"the default is longer than {LONGEST_DEFAULT} characters")
    if kind == "enum" and default not in options["elements"]:
        raise AppwriteError("column_value_invalid", "The default is not one of the elements.")
    if kind in ("integer", "bigint", "float") and not options["min"] <= default <= options["max"]:
        raise AppwriteError("column_value_invalid", "The default is outside the range.")
