"""Change a column: required, default, size, range, elements, key.

The route of any kind changes a column of any kind and answers in the form of its own (observed). So ``kind`` is the
route's here, and ``column.kind`` the column's.
"""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..api.params import numeric
from ..columns.column import Column
from ..columns.kinds import ColumnKind
from ..columns.parameters import check_default, number_range
from ..defects import Defect, Defects
from ..emulation.dates import now
from ..storage.session import Session
from .columns import check_fits
from .models import Table


def update_column(
    session: Session, table: Table, column: Column, kind: ColumnKind, args: Mapping[str, Any], defects: Defects
) -> Column:
    """Change a column through the route of a kind.

    Raises ``column_default_unsupported``, ``column_value_invalid``, ``column_invalid_resize``,
    ``column_limit_exceeded``, ``column_already_exists``.
    """
    default = args.get("default")
    if default is not None and (args["required"] or column.array):
        raise AppwriteError("column_default_unsupported", "Required columns and lists have no default.")
    options = {**column.options, "default": default} | _own_options(column, kind, args)
    if not kind.is_sized:  # observed: a longer default is accepted on update
        check_default(kind, default, column.size, {"min": default, "max": default, "elements": [default]} | options)
    if default is not None and not kind.is_number and column.options.get("min") is not None:
        _check_range(column, default)
    options.pop("kept", None)
    removed = column.default is not None and default is None and not args["required"]
    if removed and defects.imitate(Defect.KEPT_DEFAULT):
        options["kept"] = column.default
    changed = replace(column, required=args["required"], options=options, updated=now())
    if kind.is_sized and args.get("size") and column.type == kind.type:
        changed = replace(changed, size=args["size"])
        _check_resize(session, table, column, changed.size)
    check_fits(table, changed)
    if args.get("newKey"):
        changed = rename_column(session, table, changed, args["newKey"])
    session.run(
        "UPDATE columns SET required = ?, size = ?, options = ?, updated = ? WHERE n = ?",
        (changed.required, changed.size, json.dumps(options), changed.updated, column.number),
    )
    session.change_schema()
    return changed


def _check_range(column: Column, default: Any) -> None:
    """Check the default of a number with a range, sent to another kind's route (observed).

    Raises ``column_value_invalid``.
    """
    try:
        value = numeric(default) if column.kind.is_whole else float(default)
    except (TypeError, ValueError):
        value = None
    if not isinstance(value, int if column.kind.is_whole else float) or not (
        column.options["min"] <= value <= column.options["max"]
    ):
        raise AppwriteError("column_value_invalid", "The default is outside the range.")


def _own_options(column: Column, kind: ColumnKind, args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that only the route's kind has. A number without a range keeps none (observed)."""
    if kind.has_elements:
        if not args["elements"]:
            raise AppwriteError("column_value_invalid", "An enum needs elements.")
        if column.kind is not kind:
            raise AppwriteError("general_bad_request", "The column is not an enum.")
        return {"elements": args["elements"]}
    if kind.is_number and column.options.get("min") is not None:
        low, high = args.get("min"), args.get("max")
        bounds = number_range(
            kind, column.options["min"] if low is None else low, column.options["max"] if high is None else high
        )
        return bounds if low is not None or high is not None else {}
    return {}


def _check_resize(session: Session, table: Table, column: Column, size: int) -> None:
    if size >= column.size or column.array:
        return
    longest = session.scalar(f"SELECT max(length({column.stored})) FROM {table.rows_name}")
    if longest is not None and longest > size:
        raise AppwriteError("column_invalid_resize", f"Rows hold longer text than {size} characters.")


def rename_column(session: Session, table: Table, column: Column, key: str) -> Column:
    """Change a column's key, in indexes too. Raises ``column_already_exists``."""
    for other in table.columns:
        if other.number != column.number and folded_id(other.key) == folded_id(key):
            raise AppwriteError("column_already_exists", "The table has a column with this key.")
    session.run("UPDATE columns SET key = ?, key_f = ? WHERE n = ?", (key, folded_id(key), column.number))
    for index in table.indexes:
        if column.key in index.columns:
            names = [key if name == column.key else name for name in index.columns]
            session.run("UPDATE indexes SET columns = ? WHERE n = ?", (json.dumps(names), index.number))
    session.change_schema()
    return replace(column, key=key)
