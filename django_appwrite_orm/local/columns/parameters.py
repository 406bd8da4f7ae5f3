"""Turn the checked parameters of a route into a column.

Inline columns of a new table have rules of their own (``schema.inline``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from ..api.errors import AppwriteError, invalid_structure
from ..emulation.numbers import INT32
from .column import NewColumn
from .kinds import ColumnKind

MAX_DEFAULT: Final = 16_384


def new_column(kind: ColumnKind, args: Mapping[str, Any]) -> NewColumn:
    """Return the column that a route's parameters describe. Raises what the route refuses."""
    array = bool(args.get("array", False))
    default = args.get("default")
    size = kind.size or int(args.get("size", 0))
    if args.get("encrypt") and size < kind.shortest_encrypted:
        raise AppwriteError(
            "general_bad_request", f"An encrypted text needs a size of {kind.shortest_encrypted} or more."
        )
    if default is not None and (args["required"] or array):
        raise AppwriteError("column_default_unsupported", "Required columns and lists have no default.")
    options: dict[str, Any] = {"default": default}
    if kind.format:
        options["format"] = kind.format
    for name in ("elements", "encrypt"):
        if name in args:
            options[name] = args[name]
    if kind.is_number:
        options |= number_range(kind, args.get("min"), args.get("max"))
    check_default(kind, default, size, options)
    return NewColumn(args["key"], kind.type, args["required"], array, size, options)


def number_range(kind: ColumnKind, low: Any, high: Any) -> dict[str, Any]:
    """Return the range that a number column shows. Raises ``column_value_invalid`` for an empty one."""
    assert kind.range is not None
    lowest, highest = kind.range
    low, high = (lowest if low is None else low), (highest if high is None else high)
    if low > high:
        raise AppwriteError("column_value_invalid", "The minimum is above the maximum.")
    return {"min": low, "max": high, "narrow": kind.may_be_narrow and high <= INT32[1]}


def check_default(kind: ColumnKind, default: Any, size: int, options: Mapping[str, Any]) -> None:
    """Check the default of a column.

    Raises ``column_value_invalid``, and ``row_invalid_structure`` for a default that the server's own list of columns
    cannot hold (observed).
    """
    if default is None:
        return
    if kind.is_sized and len(default) > size:
        raise AppwriteError("column_value_invalid", f"The default is longer than {size} characters.")
    if len(json.dumps(default, ensure_ascii=False)) > MAX_DEFAULT:
        raise invalid_structure(f"the default is longer than {MAX_DEFAULT} characters")
    if kind.has_elements and default not in options["elements"]:
        raise AppwriteError("column_value_invalid", "The default is not one of the elements.")
    if kind.is_number and not options["min"] <= default <= options["max"]:
        raise AppwriteError("column_value_invalid", "The default is outside the range.")
