"""Row data against the table's columns: what is missing, what is unknown, what has the wrong type, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..catalogue.models import Column, Table
from ..protocol.errors import invalid_structure
from ..values.columns import accept
from ..values.dates import read_date

_IGNORED: Final = frozenset({"$id", "$sequence", "$permissions", "$tableId", "$databaseId", "$collectionId"})
_DATES: Final = ("$createdAt", "$updatedAt")


@dataclass(frozen=True, slots=True)
class RowData:
    """Accepted data: values by column key, and the dates an API key may set itself."""

    values: dict[str, Any]
    created: str | None = None
    updated: str | None = None


def check_data(table: Table, data: Mapping[str, Any], *, whole_row: bool, defaults: bool = True) -> RowData:
    """Check data for a row; ``whole_row`` where every required column must be there (create, upsert).

    An explicit null takes the column's default, where ``defaults`` says so. Raises ``row_invalid_structure``.
    """
    values = {key: value for key, value in data.items() if not key.startswith("$")}
    if defaults:
        _apply_defaults(table, values, whole_row)
    for column in table.columns:
        if column.required and values.get(column.key) is None and (whole_row or column.key in values):
            raise invalid_structure(f"the required column `{column.key}` has no value")
    for key in data:
        if key not in table.by_key and key not in _IGNORED and key not in _DATES:
            raise invalid_structure(f"there is no column `{key[:80]}`")
    accepted = {key: _accepted(table.by_key[key], value) for key, value in values.items()}
    return RowData(accepted, *(_date(name, data.get(name)) for name in _DATES))


def _apply_defaults(table: Table, values: dict[str, Any], whole_row: bool) -> None:
    for column in table.columns:
        if column.default is not None and values.get(column.key) is None and (whole_row or column.key in values):
            values[column.key] = column.default


def _accepted(column: Column, value: Any) -> Any:
    if value is None:
        return [] if column.array and column.required else None
    try:
        return accept(column, value)
    except ValueError as problem:
        raise invalid_structure(f"column `{column.key}`: {problem}") from problem


def _date(name: str, value: Any) -> str | None:
    if value is None:
        return None
    try:
        if not isinstance(value, str):
            raise ValueError("expected a date as text")
        return read_date(value)
    except ValueError as problem:
        raise invalid_structure(f"{name}: {problem}") from problem
