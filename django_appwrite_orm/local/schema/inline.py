"""Columns and indexes sent with a new table, which follow narrower rules.

Observed: the kinds are those with ``inline`` (email, ip, url and enum are string with ``format``), integers have 32
bits whatever their range, a number without a range shows none, ``encrypt`` is ignored, and an index names its columns
under ``attributes``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..api.errors import AppwriteError, invalid_argument
from ..api.identifiers import folded_id, is_identifier
from ..columns.column import Column, NewColumn
from ..columns.conversion import accept
from ..columns.kinds import ColumnKind, find_inline_kind
from ..columns.width import MAX_ROW_BYTES, row_width
from .columns import MAX_COLUMNS
from .indexes import MAX_INDEXES, NewIndex
from .indexes import TYPES as INDEX_TYPES

_INTERNAL: Final = ("$id", "$createdAt", "$updatedAt")  # system columns that an index may have
_MAX_SIZE: Final = 1_073_741_824
_INT64_BYTES: Final = 8  # bytes of an integer of 64 bits


def inline_columns(entries: Sequence[Mapping[str, Any]]) -> list[NewColumn]:
    """Return the columns described. Raises ``general_argument_invalid``, ``table_limit_exceeded``."""
    columns: list[NewColumn] = []
    for entry in entries:
        column = _column(entry)
        if any(column.key == other.key for other in columns):
            raise _invalid(f"two columns have the key {column.key!r}")
        if any(
            folded_id(column.key) == folded_id(other.key) for other in columns
        ):  # observed: the server notices when it creates them
            raise AppwriteError("table_already_exists", f"Two columns have the key {column.key!r} but for letter case.")
        columns.append(column)
    drafts: list[Column] = [column.draft() for column in columns]
    if row_width(drafts) > MAX_ROW_BYTES or len(columns) > MAX_COLUMNS:
        raise AppwriteError("table_limit_exceeded", "The columns make a row wider than 65,535 bytes.")
    return columns


def _column(entry: Mapping[str, Any]) -> NewColumn:
    key, type, format = entry.get("key"), entry.get("type"), entry.get("format", "")
    if not is_identifier(key):
        raise _invalid("a column needs a key of valid characters")
    if find_inline_kind(type, "") is None:
        raise _invalid(f"{str(type)[:40]!r} is not a type of an inline column")
    kind = find_inline_kind(type, format or "")
    if kind is None:
        raise _invalid(f"{str(format)[:40]!r} is not a format of {type}")
    required, array = entry.get("required", False), entry.get("array", False)
    if not isinstance(required, bool) or not isinstance(array, bool):
        raise _invalid("`required` and `array` are true or false")
    options: dict[str, Any] = {"format": kind.format} if kind.format else {}
    if kind.has_elements:
        options["elements"] = _elements(entry.get("elements"))
    if kind.is_number:
        options |= _range(kind, entry)
    elif any(entry.get(name) is not None for name in ("min", "max", "signed")):
        raise _invalid("`min`, `max` and `signed` are for numbers")
    size = _size(entry.get("size", 0)) if kind.is_text else 0
    return _with_default(NewColumn(str(key), kind.type, required, array, size, options), entry.get("default"))


def _size(size: Any) -> int:
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= _MAX_SIZE:
        raise _invalid("a string column needs a `size` of 1 or more")
    return size


def _elements(value: Any) -> list[str]:
    ok = isinstance(value, list) and 0 < len(value) <= 100
    if not ok or not all(isinstance(item, str) and 0 < len(item) <= 255 for item in value):
        raise _invalid("an enum needs 1 to 100 `elements` of 1 to 255 characters")
    return list(value)


def _range(kind: ColumnKind, entry: Mapping[str, Any]) -> dict[str, Any]:
    low, high = entry.get("min"), entry.get("max")
    number = int if kind.is_whole else int | float
    for bound in (low, high):
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, number)):
            raise _invalid("`min` and `max` are numbers")
    if not isinstance(entry.get("signed") or False, bool):
        raise _invalid("`signed` is true or false")
    size = entry.get("size")
    is_wide = (
        isinstance(size, int) and size >= _INT64_BYTES
    )  # the database library reads the size as bytes of an integer
    options: dict[str, Any] = {"narrow": kind.may_be_narrow and not is_wide}
    if entry.get("signed") is False:
        options["unsigned"] = True
    if low is None and high is None:
        return options
    assert kind.range is not None
    lowest, highest = kind.range
    low, high = (lowest if low is None else low), (highest if high is None else high)
    if low > high:
        raise _invalid("`min` is above `max`")
    return options | {"min": low, "max": high}


def _with_default(column: NewColumn, default: Any) -> NewColumn:
    if default is None:
        return column
    if column.required or column.array:
        raise _invalid("required columns and lists have no default")
    try:
        accept(column.draft(), default)
    except ValueError as problem:
        raise _invalid(f"the default of {column.key!r} is refused: {problem}") from problem
    options = {**column.options, "default": default}
    return NewColumn(column.key, column.type, column.required, column.array, column.size, options)


def inline_indexes(entries: Sequence[Mapping[str, Any]]) -> list[NewIndex]:
    """Return the indexes described. Raises ``general_argument_invalid``.

    Their columns are checked on the table.
    """
    if len(entries) > MAX_INDEXES:
        raise _invalid(f"a table has at most {MAX_INDEXES} indexes", "indexes")
    indexes: list[NewIndex] = []
    for entry in entries:
        index = _index(entry)
        if any(index.key == other.key for other in indexes):
            raise _invalid(f"two indexes have the key {index.key!r}", "indexes")
        if any(folded_id(index.key) == folded_id(other.key) for other in indexes):  # as with columns
            raise AppwriteError("table_already_exists", f"Two indexes have the key {index.key!r} but for letter case.")
        indexes.append(index)
    return indexes


def _index(entry: Mapping[str, Any]) -> NewIndex:
    key, type, columns = entry.get("key"), entry.get("type"), entry.get("attributes")
    orders, lengths = entry.get("orders") or [], entry.get("lengths") or []
    if not is_identifier(key) or type not in INDEX_TYPES:
        raise _invalid("an index needs a key and a type", "indexes")
    if not isinstance(columns, list) or not columns or not all(isinstance(name, str) for name in columns):
        raise _invalid("an index needs `attributes`", "indexes")
    if not isinstance(orders, list) or any(order not in ("ASC", "DESC", None) for order in orders):
        raise _invalid("orders are ASC or DESC", "indexes")
    if not all(is_identifier(name) or name in _INTERNAL for name in columns):
        raise _invalid("an index names columns of the table", "indexes")
    if not isinstance(lengths, list) or any(
        isinstance(n, bool) or not isinstance(n, int | None) or (n or 0) < 0 for n in lengths
    ):
        raise _invalid("lengths are whole numbers from 0 on", "indexes")
    if (orders and len(orders) != len(columns)) or (lengths and len(lengths) != len(columns)):
        raise _invalid("there are as many orders and lengths as attributes", "indexes")
    return NewIndex(str(key), str(type), tuple(columns), tuple(lengths), tuple(order or "" for order in orders))


def _invalid(why: str, name: str = "columns") -> AppwriteError:
    return invalid_argument(name, why)
