"""Columns and indexes given with a new table: their own, narrower language.

Observed: the types are those below (email, ip, url and enum are string with ``format``), integers are of 32 bits
whatever their range, a number without a range shows none, ``encrypt`` is not read, and an index names its columns
under ``attributes``.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..api.errors import AppwriteError, invalid_argument
from ..api.identifiers import folded_id, is_identifier
from ..columns.kinds import accept
from ..columns.width import MOST_BYTES, row_width
from .columns import MOST_COLUMNS, NewColumn
from .indexes import MOST_INDEXES, NewIndex
from .indexes import TYPES as INDEX_TYPES
from .models import NUMBER_TYPES, Column

COLUMN_TYPES: Final = (
    "string",
    "integer",
    "bigint",
    "double",
    "boolean",
    "datetime",
    "point",
    "linestring",
    "polygon",
)
FORMATS: Final = ("email", "ip", "url", "enum")
_INTERNAL: Final = ("$id", "$createdAt", "$updatedAt")  # what an index may be on besides columns
_LONGEST: Final = 1_073_741_824
_WIDE: Final = 8  # bytes of an integer of 64 bits
_LARGEST: Final = 1.7976931348623157e308
_INT64: Final = (-(2**63), 2**63 - 1)


def inline_columns(given: Sequence[Mapping[str, Any]]) -> list[NewColumn]:
    """The columns described. Raises ``general_argument_invalid``, ``table_limit_exceeded``."""
    found: list[NewColumn] = []
    for entry in given:
        column = _column(entry)
        if any(column.key == other.key for other in found):
            raise _wrong(f"two columns have the key {column.key!r}")
        if any(folded_id(column.key) == folded_id(other.key) for other in found):  # observed: seen when it is made
            raise AppwriteError("table_already_exists", f"Two columns have the key {column.key!r} but for letter case.")
        found.append(column)
    drafts: list[Column] = [column.draft() for column in found]
    if row_width(drafts) > MOST_BYTES or len(found) > MOST_COLUMNS:
        raise AppwriteError("table_limit_exceeded", "The columns make a row wider than 65,535 bytes.")
    return found


def _column(entry: Mapping[str, Any]) -> NewColumn:
    key, type, format = entry.get("key"), entry.get("type"), entry.get("format", "")
    if not is_identifier(key):
        raise _wrong("a column needs a key of valid characters")
    if type not in COLUMN_TYPES:
        raise _wrong(f"{str(type)[:40]!r} is not a type of an inline column")
    if format and (type != "string" or format not in FORMATS):
        raise _wrong(f"{str(format)[:40]!r} is not a format of {type}")
    required, array = entry.get("required", False), entry.get("array", False)
    if not isinstance(required, bool) or not isinstance(array, bool):
        raise _wrong("`required` and `array` are true or false")
    options: dict[str, Any] = {"format": format} if format else {}
    if format == "enum":
        options["elements"] = _elements(entry.get("elements"))
    if type in NUMBER_TYPES:
        options |= _range(str(type), entry)
    elif any(entry.get(name) is not None for name in ("min", "max", "signed")):
        raise _wrong("`min`, `max` and `signed` are for numbers")
    column = NewColumn(str(key), str(type), required, array, _size(str(type), entry), options)
    return _with_default(column, entry.get("default"))


def _size(type: str, entry: Mapping[str, Any]) -> int:
    size = entry.get("size", 0)
    if type != "string":
        return 0
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= _LONGEST:
        raise _wrong("a string column needs a `size` of 1 or more")
    return size


def _elements(value: Any) -> list[str]:
    ok = isinstance(value, list) and 0 < len(value) <= 100
    if not ok or not all(isinstance(item, str) and 0 < len(item) <= 255 for item in value):
        raise _wrong("an enum needs 1 to 100 `elements` of 1 to 255 characters")
    return list(value)


def _range(type: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    low, high = entry.get("min"), entry.get("max")
    kinds: tuple[builtins.type, ...] = (int, float) if type == "double" else (int,)
    for bound in (low, high):
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, kinds)):
            raise _wrong("`min` and `max` are numbers")
    if not isinstance(entry.get("signed") or False, bool):
        raise _wrong("`signed` is true or false")
    size = entry.get("size")
    wide = isinstance(size, int) and size >= _WIDE  # the database library goes by the bytes of an integer
    shown: dict[str, Any] = {"narrow": type == "integer" and not wide}
    if entry.get("signed") is False:
        shown["unsigned"] = True
    if low is None and high is None:
        return shown
    lowest, highest = (-_LARGEST, _LARGEST) if type == "double" else _INT64
    low, high = (lowest if low is None else low), (highest if high is None else high)
    if low > high:
        raise _wrong("`min` is above `max`")
    return shown | {"min": low, "max": high}


def _with_default(column: NewColumn, default: Any) -> NewColumn:
    if default is None:
        return column
    if column.required or column.array:
        raise _wrong("required columns and lists have no default")
    try:
        accept(column.draft(), default)
    except ValueError as problem:
        raise _wrong(f"the default of {column.key!r} is refused: {problem}") from problem
    options = {**column.options, "default": default}
    return NewColumn(column.key, column.type, column.required, column.array, column.size, options)


def inline_indexes(given: Sequence[Mapping[str, Any]]) -> list[NewIndex]:
    """The indexes described. Raises ``general_argument_invalid``; whether the columns can carry them is
    checked on the table."""
    if len(given) > MOST_INDEXES:
        raise _wrong(f"a table has at most {MOST_INDEXES} indexes", "indexes")
    found: list[NewIndex] = []
    for entry in given:
        index = _index(entry)
        if any(index.key == other.key for other in found):
            raise _wrong(f"two indexes have the key {index.key!r}", "indexes")
        if any(folded_id(index.key) == folded_id(other.key) for other in found):  # as with columns
            raise AppwriteError("table_already_exists", f"Two indexes have the key {index.key!r} but for letter case.")
        found.append(index)
    return found


def _index(entry: Mapping[str, Any]) -> NewIndex:
    key, type, columns = entry.get("key"), entry.get("type"), entry.get("attributes")
    orders, lengths = entry.get("orders") or [], entry.get("lengths") or []
    if not is_identifier(key) or type not in INDEX_TYPES:
        raise _wrong("an index needs a key and a type", "indexes")
    if not isinstance(columns, list) or not columns or not all(isinstance(name, str) for name in columns):
        raise _wrong("an index needs `attributes`", "indexes")
    if not isinstance(orders, list) or any(order not in ("ASC", "DESC", None) for order in orders):
        raise _wrong("orders are ASC or DESC", "indexes")
    if not all(is_identifier(name) or name in _INTERNAL for name in columns):
        raise _wrong("an index names columns of the table", "indexes")
    if not isinstance(lengths, list) or any(
        isinstance(n, bool) or not isinstance(n, int | None) or (n or 0) < 0 for n in lengths
    ):
        raise _wrong("lengths are whole numbers from 0 on", "indexes")
    if (orders and len(orders) != len(columns)) or (lengths and len(lengths) != len(columns)):
        raise _wrong("there are as many orders and lengths as attributes", "indexes")
    return NewIndex(str(key), str(type), tuple(columns), tuple(lengths), tuple(order or "" for order in orders))


def _wrong(why: str, name: str = "columns") -> AppwriteError:
    return invalid_argument(name, why)
