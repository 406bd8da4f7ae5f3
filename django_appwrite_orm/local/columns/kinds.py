"""The kinds of columns, one row each: everything that differs from one kind to another.

To add a kind, add a row to ``KINDS``; the routes, the stored form, queries and operators follow from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ..api.params import Param, Validator, boolean, formatted, integer, list_of, number, text, whole_range
from ..emulation.dates import read_date
from ..emulation.formats import is_email, is_ip, is_url
from ..emulation.geometry import accept_line, accept_point, accept_polygon
from ..emulation.numbers import INT64, LARGEST_DOUBLE, whole
from . import operators, values
from .width import fixed, integer_width, outside_row, text_width

if TYPE_CHECKING:
    from .column import Column


@dataclass(frozen=True, slots=True, eq=False)
class ColumnKind:
    """One kind of column. Email, ip, url and enum are kinds of their own, of the type string.

    Creating a column:

    - ``name``: in the path of the routes. ``type`` and ``format``: in responses, and of an inline column.
    - ``default``: check of the parameter of that name. ``params``: the parameters that only this kind has.
    - ``fields``: what its response shows besides the fields of every column.
    - ``size``: of every column of the kind, 0 where the client gives it or there is none.
    - ``shortest_encrypted``: the least size of an encrypted column.
    - ``lists_encryption``: whether the list of columns shows ``encrypt`` (observed).
    - ``inline``: whether a new table may be sent with such a column.
    - ``range``: the range of a number that has none of its own. ``may_be_narrow``: 32 bits, where its range allows.

    On the database:

    - ``affinity``: of its SQLite column. ``width_of``: its bytes in a row. ``index_units``: its part of an index's
      length. ``index_size``: the most characters of an index on a text without a size.
    - ``max_bytes``: of a text without a size. ``is_valid``: the format of a text.
    - ``accept``, ``store``, ``show``, ``cast``: conversions, see ``values``.

    Queries and operators:

    - ``is_comparable``: whether a value has the type to compare with. ``bind``, ``bind_element``: the value, or the
      value for an element of a list, as SQLite compares it. ``as_text``: the SQL for patterns.
    - ``has_distance_in_metres``: filters may give a distance on the sphere, not only in the plane.
    - ``operators``: the names of those that apply to a single value.
    - ``operands_are_int32``: the server refuses what is beyond 32 bits, of columns of 64 bits too (observed).
    - ``list_text``: a text element as the database compares it in ``arrayRemove`` and the like.
    """

    name: str
    type: str
    default: Validator
    accept: Callable[[Column, Any], Any]
    width_of: Callable[[Column], int]
    format: str = ""
    params: tuple[Param, ...] = ()
    fields: tuple[str, ...] = ()
    size: int = 0
    may_be_list: bool = True
    may_be_encrypted: bool = False
    shortest_encrypted: int = 0
    lists_encryption: bool = True
    inline: bool = True
    range: tuple[int | float, int | float] | None = None
    is_whole: bool = False
    may_be_narrow: bool = False
    refuses_least_integer: bool = False
    affinity: str = "TEXT"
    index_units: int = 1
    index_size: int = 0
    max_bytes: int = 0
    is_valid: Callable[[Column, str], bool] | None = None
    store: Callable[[Any, bool], Any] = lambda value, exact: value
    show: Callable[[Any], Any] = values.unchanged
    cast: Callable[[Any], Any] = values.unchanged
    is_text: bool = False
    is_spatial: bool = False
    has_distance_in_metres: bool = False
    is_comparable: Callable[[Any], bool] = values.is_text
    bind: Callable[[Any], Any] = values.unchanged
    bind_element: Callable[[Any], Any] = values.unchanged
    as_text: str = "CAST({sql} AS TEXT)"
    operators: tuple[str, ...] = ()
    operands_are_int32: bool = False
    list_text: Callable[[str], str] = values.unchanged

    @property
    def is_number(self) -> bool:
        return self.range is not None

    @property
    def has_elements(self) -> bool:
        """Whether a column lists its values."""
        return "elements" in self.fields

    @property
    def is_sized(self) -> bool:
        """Whether the client gives the size of a column."""
        return any(param.name == "size" for param in self.params)


def _bounds(check: Validator) -> tuple[Param, Param]:
    return Param("min", check, default=None, nullable=True), Param("max", check, default=None, nullable=True)


_ANY_TEXT: Final = text(0, shortest=0)

STRING: Final = ColumnKind(
    "string",
    "string",
    default=_ANY_TEXT,
    params=(Param("size", whole_range(1, 1_073_741_824)),),
    fields=("size", "encrypt"),
    may_be_encrypted=True,
    shortest_encrypted=150,
    accept=values.accept_text,
    width_of=text_width,
    is_text=True,
    operators=operators.TEXT,
)
_FORMATTED: Final = replace(STRING, params=(), fields=("format",), may_be_encrypted=False, shortest_encrypted=0)
EMAIL: Final = replace(
    _FORMATTED,
    name="email",
    format="email",
    size=254,
    default=formatted(is_email, "email address"),
    is_valid=lambda column, value: is_email(value),
)
IP: Final = replace(
    _FORMATTED,
    name="ip",
    format="ip",
    size=39,
    default=formatted(is_ip, "IP address"),
    is_valid=lambda column, value: is_ip(value),
)
URL: Final = replace(
    _FORMATTED,
    name="url",
    format="url",
    size=2_000,
    default=formatted(is_url, "URL"),
    is_valid=lambda column, value: is_url(value),
)
ENUM: Final = replace(
    _FORMATTED,
    name="enum",
    format="enum",
    size=255,
    params=(Param("elements", list_of(text(255))),),
    fields=("format", "elements"),
    is_valid=values.is_element,
)
VARCHAR: Final = replace(
    STRING,
    name="varchar",
    type="varchar",
    params=(Param("size", whole_range(1, 16_381)),),
    lists_encryption=False,
    inline=False,
)
TEXT: Final = replace(
    STRING,
    name="text",
    type="text",
    params=(),
    fields=("encrypt",),
    shortest_encrypted=0,
    lists_encryption=False,
    inline=False,
    width_of=outside_row,
    max_bytes=65_535,
    index_size=65_535,
)
MEDIUMTEXT: Final = replace(TEXT, name="mediumtext", type="mediumtext", max_bytes=16_777_215)
LONGTEXT: Final = replace(TEXT, name="longtext", type="longtext", max_bytes=4_294_967_295)
INTEGER: Final = ColumnKind(
    "integer",
    "integer",
    default=integer,
    params=_bounds(integer),
    fields=("min", "max"),
    range=INT64,
    is_whole=True,
    may_be_narrow=True,
    refuses_least_integer=True,  # observed, of 32 and 64 bits; bigint takes it
    affinity="INTEGER",
    accept=values.accept_integer,
    cast=values.cast_integer,
    width_of=integer_width,
    is_comparable=values.is_integer,
    operators=operators.NUMERIC,
    operands_are_int32=True,
)
BIGINT: Final = replace(
    INTEGER,
    name="bigint",
    type="bigint",
    may_be_narrow=False,
    refuses_least_integer=False,
    accept=values.accept_bigint,
    is_comparable=values.is_bigint,
    bind=values.integer_from_digits,
    operators=(),
    operands_are_int32=False,
)
FLOAT: Final = ColumnKind(
    "float",
    "double",
    default=number,
    params=_bounds(number),
    fields=("min", "max"),
    range=(-LARGEST_DOUBLE, LARGEST_DOUBLE),
    affinity="REAL",
    accept=values.accept_double,
    store=values.store_double,
    show=whole,
    cast=values.cast_double,
    width_of=fixed(8),
    index_units=2,
    is_comparable=values.is_number,
    as_text="iif({sql} = CAST({sql} AS INTEGER), CAST(CAST({sql} AS INTEGER) AS TEXT), CAST({sql} AS TEXT))",
    operators=operators.NUMERIC,
)
BOOLEAN: Final = ColumnKind(
    "boolean",
    "boolean",
    default=boolean,
    affinity="INTEGER",
    accept=values.accept_boolean,
    store=values.store_boolean,
    show=bool,
    cast=values.cast_boolean,
    width_of=fixed(1),
    is_comparable=values.is_boolean,
    bind=int,
    bind_element=int,
    operators=operators.BOOLEANS,
)
DATETIME: Final = ColumnKind(
    "datetime",
    "datetime",
    default=values.date_text,
    fields=("format",),
    accept=values.accept_datetime,
    width_of=fixed(7),
    is_comparable=values.is_date,
    bind=read_date,
    bind_element=read_date,
    operators=operators.DATES,
    list_text=values.without_offset,
)
POINT: Final = ColumnKind(
    "point",
    "point",
    default=accept_point,
    may_be_list=False,
    accept=lambda column, value: accept_point(value),
    store=values.store_json,
    show=json.loads,
    width_of=fixed(25),
    is_spatial=True,
    has_distance_in_metres=True,
)
LINE: Final = replace(
    POINT,
    name="line",
    type="linestring",
    default=accept_line,
    accept=lambda column, value: accept_line(value),
    width_of=outside_row,
    has_distance_in_metres=False,
)
POLYGON: Final = replace(
    LINE,
    name="polygon",
    type="polygon",
    default=accept_polygon,
    accept=lambda column, value: accept_polygon(value),
)
# Every kind with routes of its own.
KINDS: Final = (
    *(STRING, VARCHAR, TEXT, MEDIUMTEXT, LONGTEXT, INTEGER, BIGINT, FLOAT, BOOLEAN, DATETIME),
    *(EMAIL, IP, URL, ENUM, POINT, LINE, POLYGON),
)


def _never(column: Column, value: Any) -> Any:
    raise ValueError("a relationship has no value of its own")


# A relationship is stored as links between rows; its routes and their parameters are those of `schema.relationships`.
RELATIONSHIP: Final = ColumnKind("relationship", "relationship", values.unchanged, _never, fixed(1_021), inline=False)
# The system column $sequence, which no client creates.
SEQUENCE: Final = replace(BIGINT, name="sequence", type="sequence", inline=False, is_comparable=values.is_sequence)

_BY_TYPE: Final = {(kind.type, kind.format): kind for kind in (*KINDS, RELATIONSHIP)}


def kind_of(type: str, format: str) -> ColumnKind:
    """Return the kind of a column of this type and format. Raises ``KeyError``."""
    return _BY_TYPE[type, format]


def find_inline_kind(type: Any, format: Any) -> ColumnKind | None:
    """Return the kind of an inline column; None where a new table cannot have one."""
    kind = _BY_TYPE.get((type, format)) if isinstance(type, str) and isinstance(format, str) else None
    return kind if kind is not None and kind.inline else None
