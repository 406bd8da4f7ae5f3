"""Appwrite's column kinds: one row of data for each, which everything else about a kind is derived from.

A column class names its row as `kind`. A schema that was read from a server or a file knows a kind by its name and
gets the row with `kind_named`. Source: Appwrite 1.9.6, its API reference and what it was observed to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Range = tuple[float, float]

INT32: Final = (-(2**31), 2**31 - 1)
INT64: Final = (-(2**63), 2**63 - 1)
DOUBLE: Final = (-1.7976931348623157e308, 1.7976931348623157e308)


class Family(StrEnum):
    """What a value is. It decides which lookups and expressions a column takes.

    A column class may belong to another family than its kind: a `Date` is a time kept in a kind of text.
    """

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    SHAPE = "shape"
    LINK = "link"
    DOCUMENT = "document"  # JSON
    IDENTIFIER = "identifier"  # a value whose parts mean nothing, such as a UUID
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of column.

    `name` is the word in the route that creates it, `type` and `format` are those in Appwrite's description of it.
    `json_type` is the type of a value in JSON, in the words of JSON Schema; `sql` is the common type of SQLite and
    PostgreSQL, without a size.
    """

    name: str
    type: str
    family: Family
    json_type: str = "string"
    sql: str = "TEXT"
    format: str = ""
    # The number of characters that a format has room for; a column has no `size` of its own then.
    size: int | None = None
    # The largest `size` that a column can have, in characters; None for kinds without that option.
    max_size: int | None = None
    # The most bytes of UTF-8 that a value can have.
    max_bytes: int | None = None
    # The values that the kind can hold, for kinds with the options `min` and `max`.
    range: Range | None = None
    # The part of `range` that Appwrite keeps in half the bytes, chosen when the column is created.
    narrow_range: Range | None = None
    has_elements: bool = False
    has_arrays: bool = True
    # Whether a new table can bring such a column with it.
    inline: bool = False
    # Whether Python orders the values as every database under Appwrite does. Text is ordered by a collation.
    orderable: bool = False
    # Whether a value is read as the one that was written: a double is cut to 14 significant digits.
    exact: bool = True
    # Whether Appwrite's operators count with it.
    arithmetic: bool = False
    # Its share of the bytes of a row; None where that depends on the size.
    row_bytes: int | None = None
    # Its share of the length of an index, where that is not the number of its characters or bytes.
    index_length: int = 1

    @property
    def is_text(self) -> bool:
        """Whether a database compares the values as text, by its collation. Links are compared by id."""
        return self.family in (Family.TEXT, Family.LINK)

    @property
    def is_whole(self) -> bool:
        return self.json_type == "integer"

    def is_narrow(self, low: float, high: float) -> bool:
        """Return whether a column with this range is kept in half the bytes."""
        return self.narrow_range is not None and self.narrow_range[0] <= low and high <= self.narrow_range[1]


# Bytes of a row (observed: bytesUsed). Long text, arrays, lines and polygons stand outside of the row, which keeps a
# pointer.
POINTER_BYTES: Final = 20
# The share of each side of a relationship.
SIDE_BYTES: Final = 1_021

_ROWS = (
    Kind(
        name="string",
        type="string",
        family=Family.TEXT,
        sql="VARCHAR",
        max_size=1_073_741_824,
        inline=True,
    ),
    Kind(
        name="varchar",
        type="varchar",
        family=Family.TEXT,
        sql="VARCHAR",
        max_size=16_381,
    ),
    Kind(name="text", type="text", family=Family.TEXT, max_bytes=65_535, row_bytes=POINTER_BYTES),
    Kind(name="mediumtext", type="mediumtext", family=Family.TEXT, max_bytes=16_777_215, row_bytes=POINTER_BYTES),
    Kind(name="longtext", type="longtext", family=Family.TEXT, max_bytes=4_294_967_295, row_bytes=POINTER_BYTES),
    Kind(name="email", type="string", format="email", family=Family.TEXT, sql="VARCHAR", size=254, inline=True),
    Kind(name="url", type="string", format="url", family=Family.TEXT, sql="VARCHAR", size=2000, inline=True),
    Kind(name="ip", type="string", format="ip", family=Family.TEXT, sql="VARCHAR", size=39, inline=True),
    Kind(
        name="enum",
        type="string",
        format="enum",
        family=Family.TEXT,
        sql="VARCHAR",
        size=255,
        has_elements=True,
        inline=True,
    ),
    Kind(
        name="integer",
        type="integer",
        family=Family.NUMBER,
        json_type="integer",
        sql="BIGINT",
        range=INT64,
        narrow_range=INT32,
        inline=True,
        orderable=True,
        arithmetic=True,
        row_bytes=8,
    ),
    Kind(
        name="bigint",
        type="bigint",
        family=Family.NUMBER,
        json_type="integer",
        sql="BIGINT",
        range=INT64,
        inline=True,
        orderable=True,
        row_bytes=8,
    ),
    Kind(
        name="float",
        type="double",
        family=Family.NUMBER,
        json_type="number",
        sql="DOUBLE PRECISION",
        range=DOUBLE,
        inline=True,
        orderable=True,
        exact=False,
        arithmetic=True,
        row_bytes=8,
        index_length=2,
    ),
    Kind(
        name="boolean",
        type="boolean",
        family=Family.BOOLEAN,
        json_type="boolean",
        sql="BOOLEAN",
        inline=True,
        orderable=True,
        row_bytes=1,
    ),
    Kind(
        name="datetime",
        type="datetime",
        family=Family.TIME,
        sql="TIMESTAMP WITH TIME ZONE",
        inline=True,
        orderable=True,
        row_bytes=7,
    ),
    Kind(
        name="point",
        type="point",
        family=Family.SHAPE,
        json_type="array",
        has_arrays=False,
        inline=True,
        row_bytes=25,
    ),
    Kind(
        name="line",
        type="linestring",
        family=Family.SHAPE,
        json_type="array",
        has_arrays=False,
        inline=True,
        row_bytes=POINTER_BYTES,
    ),
    Kind(
        name="polygon",
        type="polygon",
        family=Family.SHAPE,
        json_type="array",
        has_arrays=False,
        inline=True,
        row_bytes=POINTER_BYTES,
    ),
    Kind(name="relationship", type="relationship", family=Family.LINK, row_bytes=SIDE_BYTES),
)

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _ROWS}
_NAME_BY_TYPE: Final = {kind.type: kind.name for kind in _ROWS if not kind.format}


def kind_named(name: str) -> Kind:
    """Return the kind of this name; for an unknown one, which a newer server may have, a kind of the family UNKNOWN."""
    return KINDS.get(name) or Kind(name=name, type=name, family=Family.UNKNOWN)


def kind_name(type: str, format: str) -> str:
    """Return the name of the kind that Appwrite describes with this `type` and `format`."""
    return format or _NAME_BY_TYPE.get(type, type)
