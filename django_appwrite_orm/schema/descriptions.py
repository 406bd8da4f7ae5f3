"""Read Appwrite's descriptions of tables, in a response or a file: check and normalize them.

Every value is checked: ids, keys and kinds have the form of such names, numbers are finite. A column or an index that
is not valid becomes one of the kind UNREADABLE with the reason; a table that is not valid raises `SchemaError`.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from typing import Any

from ..conf import ID_RULE, VALID_ID
from ..exceptions import SchemaError, one_line, shortened
from ..tables.columns.relations import ON_DELETE, TYPES, inverse
from ..tables.columns.serialized import Decimal, decimal_digits
from ..tables.kinds import Family, Kind, Range, kind_name, kind_named
from .state import AVAILABLE, UNREADABLE, ColumnState, IndexState, TableState, permission_set

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_SYSTEM_KEY = re.compile(r"\$[A-Za-z]{1,35}")


class _InvalidDescription(SchemaError):
    """The reason why a description is not valid."""


def table_states(response: Any) -> list[TableState]:
    """Return the tables in a response that lists them. Raises `SchemaError`."""
    try:
        return [table_state(described) for described in _list(_mapping(response), "tables")]
    except _InvalidDescription as error:
        raise SchemaError(f"This is not Appwrite's list of tables: {error}.") from error


def table_state(described: Any) -> TableState:
    """Return the table that a response of Appwrite describes. Raises `SchemaError`."""
    try:
        table = _mapping(described)
        id = _id(table, "$id")
    except _InvalidDescription as error:
        raise SchemaError(f"This does not describe a table of Appwrite: {error}.") from error
    try:
        columns = [_served_column(column) for column in _list(table, "columns")]
        indexes = [_served_index(index) for index in _list(table, "indexes")]
        return TableState(
            id=id,
            name=_text(table, "name"),
            permissions=permission_set(_texts(table, "$permissions")),
            row_security=_flag(table, "rowSecurity"),
            enabled=_flag(table, "enabled"),
            columns={column.key: column for column in columns},
            indexes={index.key: index for index in indexes},
        )
    except _InvalidDescription as error:
        raise SchemaError(f"The description of table {id} is not valid: {error}.") from error


def column_state(described: Mapping[str, Any], *, served: bool = False) -> ColumnState:
    """Return the column that `described` describes, in the form of Appwrite's responses. Raises `SchemaError`.

    `served`: the description comes from a server. An integer column without a range then has 32 bits, and a declared
    one 64: a server leaves out the range only of a column that was created with its table (observed on Appwrite 1.9.6).
    """
    type_name = _name(described, "type")
    kind = kind_named(kind_name(type_name, _name(described, "format") if described.get("format") else ""))
    default = _plain(described.get("default"), "default")
    return ColumnState(
        key=_id(described, "key"),
        kind=kind.name,
        required=bool(described.get("required")),
        array=bool(described.get("array")),
        default=_moment(default) if kind.family is Family.TIME else default,
        options=_options(kind, described, (served and kind.narrow_range) or kind.range),
        status=one_line(_text(described, "status", AVAILABLE)),
        error=one_line(_text(described, "error", "")),
        fixed_range=served and kind.range is not None and described.get("min") is None,
    )


def index_state(described: Mapping[str, Any]) -> IndexState:
    """Return the index that `described` describes, in the form of Appwrite's responses. Raises `SchemaError`."""
    columns = tuple(_texts(described, "columns"))
    for column in columns:
        if not (VALID_ID.fullmatch(column) or _SYSTEM_KEY.fullmatch(column)):
            raise _InvalidDescription(f"a column of it is {column!r}, which is not a key")
    orders = [_order(order) for order in _list(described, "orders", ())]
    lengths = [_whole(length, "a length") if length else 0 for length in _list(described, "lengths", ())]
    type = _name(described, "type")
    if type in ("fulltext", "spatial"):
        orders, lengths = [], []  # such an index has neither
    missing = len(columns) - len(orders)
    return IndexState(
        key=_id(described, "key"),
        type=type,
        columns=columns,
        orders=(*orders, *["ASC"] * missing)[: len(columns)],
        lengths=(*lengths, *[0] * len(columns))[: len(columns)],
        status=one_line(_text(described, "status", AVAILABLE)),
        error=one_line(_text(described, "error", "")),
    )


def _served_column(described: Any) -> ColumnState:
    column = _mapping(described)
    key = _id(column, "key")
    try:
        return column_state(column, served=True)
    except _InvalidDescription as error:
        return ColumnState(key, UNREADABLE, error=str(error))


def _served_index(described: Any) -> IndexState:
    index = _mapping(described)
    key = _id(index, "key")
    try:
        return index_state(index)
    except _InvalidDescription as error:
        return IndexState(key, UNREADABLE, (), (), (), error=str(error))


def _options(kind: Kind, described: Mapping[str, Any], unranged: Range | None) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if kind.max_size is not None:
        options["size"] = _whole(described.get("size"), "size")
    if kind.range is not None and unranged is not None:
        options["min"], options["max"] = _range(kind, kind.range, described, unranged)
        if kind is Decimal.kind and (digits := decimal_digits(options["max"])) is not None:
            options |= {"decimal": digits, "max": kind.range[1]}
    if kind.has_elements:
        options["elements"] = tuple(_texts(described, "elements", ()))
    if described.get("encrypt"):
        options["encrypt"] = True
    return options | (_ends(described) if kind.family is Family.LINK else {})


def _range(kind: Kind, limits: Range, described: Mapping[str, Any], unranged: Range) -> tuple[Any, Any]:
    """Return both ends. JavaScript rounds 64-bit ends to ±9223372036854776000, which is out of the kind's range."""
    (lowest, highest), (low, high) = limits, unranged
    if described.get("min") is not None:
        low = max(_number(described["min"], "min", kind), lowest)
    if described.get("max") is not None:
        high = min(_number(described["max"], "max", kind), highest)
    return low, high


def _ends(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a relationship from the side of its own table, whichever side created it.

    The key of the hidden other side of a one-way relationship is left out.
    """
    type, two_way = _one_of(described, "relationType", TYPES), bool(described.get("twoWay"))
    return {
        "relatedTable": _id(described, "relatedTable"),
        "relationType": inverse(type) if described.get("side") == "child" else type,
        "twoWay": two_way,
        "twoWayKey": _id(described, "twoWayKey") if two_way else None,
        "onDelete": _one_of(described, "onDelete", ON_DELETE) if described.get("onDelete") else "restrict",
    }


def _moment(text: Any) -> Any:
    """Return the default of a datetime column in a normal form; the server returns it as it was written."""
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds")
    except (TypeError, ValueError, OverflowError):
        return text


# Each returns a checked value of a description, or raises `_InvalidDescription`.


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _InvalidDescription(f"it has {_short(value)} where an object should be")
    return value


def _list(described: Mapping[str, Any], name: str, default: Any = None) -> Any:
    value = described.get(name)
    value = default if value is None else value
    if not isinstance(value, (list, tuple)):
        raise _InvalidDescription(f"its {name} {_wrong(described, name)}, and must be a list")
    return value


def _texts(described: Mapping[str, Any], name: str, default: Any = None) -> list[str]:
    values = list(_list(described, name, default))
    for value in values:
        if not isinstance(value, str):
            raise _InvalidDescription(f"its {name} have {_short(value)} among them, and must be texts")
    return values


def _text(described: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = described.get(name)
    value = default if value is None else value
    if not isinstance(value, str):
        raise _InvalidDescription(f"its {name} {_wrong(described, name)}, and must be a text")
    return value


def _flag(described: Mapping[str, Any], name: str) -> bool:
    value = described.get(name)
    if not isinstance(value, bool):
        raise _InvalidDescription(f"its {name} {_wrong(described, name)}, and must be true or false")
    return value


def _id(described: Mapping[str, Any], name: str) -> str:
    value = described.get(name)
    if not isinstance(value, str) or not VALID_ID.fullmatch(value):
        raise _InvalidDescription(f"its {name} {_wrong(described, name)}, and must be {ID_RULE}")
    return value


def _name(described: Mapping[str, Any], name: str) -> str:
    value = described.get(name)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise _InvalidDescription(f"its {name} {_wrong(described, name)}, and must be a name of letters and digits")
    return value


def _one_of(described: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = described.get(name)
    if not isinstance(value, str) or value not in choices:
        raise _InvalidDescription(f"its {name} {_wrong(described, name)}, and must be one of {', '.join(choices)}")
    return value


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _InvalidDescription(f"its {name} is {_short(value)}, and must be a whole number")
    return value


def _order(value: Any) -> str:
    order = str(value or "ASC").upper()
    if order not in ("ASC", "DESC"):
        raise _InvalidDescription(f"an order of it is {_short(value)}, and must be ASC or DESC")
    return order


def _number(value: Any, name: str, kind: Kind) -> Any:
    """Return the number, or infinity, which the caller clips."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and not math.isnan(value):
        if not kind.is_whole or math.isinf(value):
            return value
        if value.is_integer():
            return int(value)
    raise _InvalidDescription(f"its {name} is {_short(value)}, and must be a number that the column can hold")


def _plain(value: Any, name: str) -> Any:
    """Return a JSON value without objects in it."""
    if isinstance(value, (list, tuple)):
        for item in value:
            _plain(item, name)
    elif not (
        value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value))
    ):
        raise _InvalidDescription(f"its {name} is {_short(value)}, which is not a value of any column")
    return value


def _wrong(described: Mapping[str, Any], name: str) -> str:
    return "is missing" if described.get(name) is None else f"is {_short(described[name])}"


def _short(value: Any) -> str:
    return shortened(repr(value), 60)
