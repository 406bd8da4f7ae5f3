"""Column values in their three forms: as a client sends them, as answers show them, as SQLite stores them.

``accept`` goes from the first to the second and refuses what the column does not hold; ``store`` goes from the
second to the third, ``show`` back. The rules are those observed of Appwrite 1.9.6 on MariaDB.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ..emulation.dates import read_date
from ..emulation.formats import is_email, is_ip, is_url
from ..emulation.geometry import accept_line, accept_point, accept_polygon
from ..emulation.numbers import stored_digits, whole

if TYPE_CHECKING:
    from ..schema.models import Column

_TEXT_BYTES: Final = {"text": 65_535, "mediumtext": 16_777_215, "longtext": 4_294_967_295}
_INT64: Final = (-(2**63), 2**63 - 1)
_INT32: Final = (-(2**31), 2**31 - 1)
_LEADING_NUMBER: Final = re.compile(r"\s*[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_LARGEST: Final = 1.7976931348623157e308


def accept(column: Column, value: Any) -> Any:
    """The value as answers show it. Raises ``ValueError`` with the reason for what the column refuses."""
    if not column.array:
        return _ACCEPT[column.type](column, value)
    if isinstance(value, dict) and list(value) == [str(place) for place in range(len(value))]:
        value = list(value.values())  # PHP makes no difference between a list and such an object
    if not isinstance(value, list):
        raise ValueError("expected a list")
    one = _ACCEPT[column.type]
    return [_accept_element(one, column, item) for item in value]


def _accept_element(one: Callable[[Column, Any], Any], column: Column, item: Any) -> Any:
    if item is None and not column.required:
        return None
    return one(column, item)


def store(column: Column, value: Any, *, exact: bool = False) -> Any:
    """The SQLite value for an accepted one. A client's fraction is stored with 14 significant digits, as PHP hands
    it on; what the database works out itself is ``exact`` (both observed)."""
    if value is None:
        return None
    if column.array or column.type in _STORED_AS_JSON:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if column.type == "boolean":
        return int(value)
    if column.type == "double":
        return value if exact or isinstance(value, int) else stored_digits(value)
    return value


def show(column: Column, stored: Any) -> Any:
    """What an answer shows for a stored value; an unset array reads as an empty one."""
    if stored is None:
        return [] if column.array else None
    if column.array:
        return [_show_element(column, item) for item in json.loads(stored)]
    return _show_one(column, stored)


def _show_element(column: Column, item: Any) -> Any:
    """An element as PHP casts it; operators may have stored anything."""
    if column.type in ("integer", "bigint"):
        number = _as_number(item)
        return int(number) if abs(number) < 2**63 else 0
    if column.type == "double":
        return whole(_as_number(item))
    if column.type == "boolean" and item is not None:
        return bool(item) and item != "0"
    return item


def _as_number(item: Any) -> int | float:
    if isinstance(item, str):
        found = _LEADING_NUMBER.match(item)
        number = float(found[0]) if found else 0
        return number if abs(number) <= _LARGEST else 0
    if isinstance(item, bool) or not isinstance(item, int | float):
        return 1 if item else 0
    return item


def _show_one(column: Column, stored: Any) -> Any:
    if column.type == "boolean":
        return bool(stored)
    if column.type == "double":
        return whole(stored)
    if column.type in _STORED_AS_JSON:
        return json.loads(stored)
    return stored


def integer_range(column: Column) -> tuple[int, int]:
    """The range an integer column holds: its own, within 32 bits where it was made narrow."""
    low, high = _INT32 if column.options.get("narrow") else _INT64
    if column.type == "integer":
        low = -high  # observed: the least number of 32 or 64 bits is refused, which bigint takes
    if column.options.get("unsigned"):
        low = 0
    own_low, own_high = column.options.get("min"), column.options.get("max")
    return (low if own_low is None else max(low, own_low)), (high if own_high is None else min(high, own_high))


def _text(column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a text")
    if column.type in _TEXT_BYTES:
        if len(value.encode("utf-8", "surrogatepass")) > _TEXT_BYTES[column.type]:
            raise ValueError(f"longer than {_TEXT_BYTES[column.type]} bytes")
    elif len(value) > column.size:
        raise ValueError(f"longer than {column.size} characters")
    check = _FORMATS.get(column.format)
    if check is not None and not check(column, value):
        raise ValueError(f"not a valid {column.format} value")
    return value


def _integer(column: Column, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected a whole number")
    low, high = integer_range(column)
    if not low <= value <= high:
        raise ValueError(f"not between {low} and {high}")
    return value


def _bigint(column: Column, value: Any) -> int:
    if isinstance(value, str) and len(value) < 21 and value.removeprefix("-").isdecimal() and value.isascii():
        value = int(value)
    return _integer(column, value)


def _double(column: Column, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("expected a number")
    low, high = column.options.get("min"), column.options.get("max")
    low, high = (-_LARGEST if low is None else low), (_LARGEST if high is None else high)
    if not low <= value <= high:
        raise ValueError(f"not between {low} and {high}")
    if isinstance(value, float):
        return whole(value)
    digits = int(float(value))
    return digits if _INT64[0] <= digits <= _INT64[1] else float(value)  # the largest integers round up past 64 bits


def _boolean(column: Column, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


def _datetime(column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a date as text")
    return read_date(value)


_FORMATS: Final[dict[str, Callable[[Column, str], bool]]] = {
    "email": lambda column, value: is_email(value),
    "ip": lambda column, value: is_ip(value),
    "url": lambda column, value: is_url(value),
    "enum": lambda column, value: value in column.options.get("elements", ()),
}
_STORED_AS_JSON: Final = frozenset({"point", "linestring", "polygon"})
_ACCEPT: Final[dict[str, Callable[[Column, Any], Any]]] = {
    "string": _text,
    "varchar": _text,
    "text": _text,
    "mediumtext": _text,
    "longtext": _text,
    "integer": _integer,
    "bigint": _bigint,
    "double": _double,
    "boolean": _boolean,
    "datetime": _datetime,
    "point": lambda column, value: accept_point(value),
    "linestring": lambda column, value: accept_line(value),
    "polygon": lambda column, value: accept_polygon(value),
}
