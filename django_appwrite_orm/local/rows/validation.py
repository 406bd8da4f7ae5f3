"""Check row data against columns: missing values, unknown names, wrong types, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..api.errors import invalid_structure
from ..columns.column import Column
from ..columns.conversion import accept
from ..emulation.dates import read_date
from ..schema.models import Table
from .context import RequestContext
from .operators.parser import Operator, check_operator, operator_in

_IGNORED: Final = frozenset({"$id", "$permissions", "$collection"})
_DATES: Final = ("$createdAt", "$updatedAt")


@dataclass(frozen=True, slots=True)
class RowData:
    """Checked data: values and operators by column key, and the dates that an API key may set."""

    values: dict[str, Any]
    operators: dict[str, Operator] = field(default_factory=dict)
    created: str | None = None
    updated: str | None = None


def writable(context: RequestContext, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data without the fields that a client cannot write.

    These are the sequence, the database, the table, and for users and guests the dates (the server's source).
    """
    read_only = {"$sequence", "$databaseId", context.view.dialect.table_id, *(() if context.caller.is_key else _DATES)}
    return {key: value for key, value in data.items() if key not in read_only}


def check_data(
    table: Table, data: Mapping[str, Any], *, whole_row: bool, defaults: bool = True, operators: bool = False
) -> RowData:
    """Check data of a row. Raises ``row_invalid_structure``.

    - ``whole_row``: every required column must have a value (create, upsert).
    - ``defaults``: an explicit null takes the column's default.
    - ``operators``: values may be operators (update, upsert).
    """
    values = {key: value for key, value in data.items() if not key.startswith("$")}
    operators_by_key = _take_operators(table, values) if operators else {}
    if defaults:
        _apply_defaults(table, values, whole_row, operators_by_key)
    for column in table.columns:
        key = column.key
        if column.required and values.get(key) is None and key not in operators_by_key and (whole_row or key in values):
            raise invalid_structure(f"the required column `{key}` has no value")
    for key in data:
        if key not in table.by_key and key not in _IGNORED and key not in _DATES:
            raise invalid_structure(f"there is no column `{key[:80]}`")
    accepted = {key: _accepted(table.by_key[key], value) for key, value in values.items()}
    return RowData(accepted, operators_by_key, *(_date(name, data.get(name)) for name in _DATES))


def _take_operators(table: Table, values: dict[str, Any]) -> dict[str, Operator]:
    """Move operators out of the values, and check them as far as possible without a row."""
    operators_by_key: dict[str, Operator] = {}
    for key in list(values):
        operator = operator_in(values[key])
        column = table.by_key.get(key)
        if operator is None or column is None:
            continue
        try:
            check_operator(operator, column)
        except ValueError as problem:
            raise invalid_structure(f"column `{key}`: {problem}") from problem
        operators_by_key[key] = operator
        del values[key]
    return operators_by_key


def check_unchanged(table: Table, row: Mapping[str, Any], data: RowData) -> None:
    """Check the stored values that a change leaves alone. Raises ``row_invalid_structure``.

    The server checks the whole row when it changes one; operators may have stored values that do not fit (observed).
    """
    for column in table.plain:
        if column.key in data.values or column.key in data.operators:
            continue
        value = row[column.key]
        if value is None and column.required:
            raise invalid_structure(f"the required column `{column.key}` has no value")
        if value is not None:
            _accepted(column, value)


def _apply_defaults(table: Table, values: dict[str, Any], whole_row: bool, operators: Mapping[str, Operator]) -> None:
    for column in table.columns:
        key = column.key
        if column.default is None or key in operators or values.get(key) is not None:
            continue
        if whole_row or key in values:
            values[key] = column.default


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
        if not isinstance(value, str) or not value:
            raise ValueError("expected a date as text")
        return read_date(value)
    except ValueError as problem:
        raise invalid_structure(f"{name}: {problem}") from problem
