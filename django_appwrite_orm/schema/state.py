"""A schema as immutable data, in one form for what is declared and for what a server has.

Both sides are brought to the same terms before they are compared: kinds under the words of Appwrite's routes,
ranges with both ends, index lengths and orders one for each column, `write` permissions spelled out.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ..tables.columns.relationship import inverse

INT32 = (-(2**31), 2**31 - 1)
INT64 = (-(2**63), 2**63 - 1)
DOUBLE = (-1.7976931348623157e308, 1.7976931348623157e308)
AVAILABLE = "available"
# Appwrite is still at work on a part in one of these states; in one of the others it has given up.
UNFINISHED = ("processing", "deleting")
BROKEN = ("failed", "stuck")

_ROUTES = {"double": "float", "linestring": "line"}


@dataclass(frozen=True, slots=True)
class ColumnState:
    """A column. `kind` is the word in the route that creates it; `options` what only some kinds have: size,
    min and max, elements, encrypt, the ends of a relationship as this table sees it. `status` and `error` are the
    server's, and so is `fixed_range`: a number column given with its table without a range can never be given one."""

    key: str
    kind: str
    required: bool = False
    array: bool = False
    default: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    status: str = AVAILABLE
    error: str = ""
    fixed_range: bool = False

    def __str__(self) -> str:
        return f"{self.key} ({', '.join(self.traits)})"

    @property
    def traits(self) -> list[str]:
        """What it is, in words."""
        words = [f"{self.kind}({self.options['size']})" if "size" in self.options else self.kind]
        words += ["array"] if self.array else []
        words += ["required"] if self.required else []
        words += [f"default {self.default!r}"] if self.default is not None else []
        words += [f"one of {', '.join(self.options['elements'])}"] if "elements" in self.options else []
        if "min" in self.options and (self.options["min"], self.options["max"]) not in (INT64, DOUBLE):
            words.append(f"{self.options['min']} to {self.options['max']}")
        words += ["encrypted"] if self.options.get("encrypt") else []
        return words + (self._link if self.kind == "relationship" else [])

    @property
    def _link(self) -> list[str]:
        of = self.options
        back = [f"two-way as {of['twoWayKey']}"] if of["twoWay"] else []
        return [f"{of['relationType']} to {of['relatedTable']}", *back, f"on delete {of['onDelete']}"]


@dataclass(frozen=True, slots=True)
class IndexState:
    """An index; `columns` are keys on the server, `lengths` 0 for a whole column."""

    key: str
    type: str
    columns: tuple[str, ...]
    orders: tuple[str, ...]
    lengths: tuple[int, ...]
    status: str = AVAILABLE
    error: str = ""

    def __str__(self) -> str:
        signs = ("-" if order == "DESC" else "" for order in self.orders)
        names = (
            f"{sign}{column}{f'[{length}]' if length else ''}"
            for sign, column, length in zip(signs, self.columns, self.lengths, strict=True)
        )
        return f"{self.key} ({self.type} on {', '.join(names)})"


@dataclass(frozen=True, slots=True)
class TableState:
    """A table with its columns and indexes by key, in order."""

    id: str
    name: str
    permissions: frozenset[str] = frozenset()
    row_security: bool = False
    enabled: bool = True
    columns: Mapping[str, ColumnState] = field(default_factory=dict)
    indexes: Mapping[str, IndexState] = field(default_factory=dict)

    @property
    def parts(self) -> Sequence[ColumnState | IndexState]:
        return (*self.columns.values(), *self.indexes.values())

    def with_column(self, column: ColumnState) -> TableState:
        return replace(self, columns={**self.columns, column.key: column})

    def with_index(self, index: IndexState) -> TableState:
        return replace(self, indexes={**self.indexes, index.key: index})

    def with_renamed(self, key: str, column: ColumnState) -> TableState:
        """With `column` in the place of the one called `key`; indexes follow, as Appwrite's do (observed)."""
        columns = [column if each.key == key else each for each in self.columns.values()]
        indexes = [
            replace(index, columns=tuple(column.key if name == key else name for name in index.columns))
            for index in self.indexes.values()
        ]
        return replace(
            self,
            columns={each.key: each for each in columns},
            indexes={index.key: index for index in indexes},
        )


State = TypeVar("State", ColumnState, IndexState)


def column_state(described: Mapping[str, Any], *, served: bool = False) -> ColumnState:
    """The column that `described` is about, in the form of Appwrite's answers.

    `served`: a server said so. An integer column without a range then holds 32 bits, and a declared one 64,
    for only a column given with its table shows none (observed on Appwrite 1.9.6).
    """
    type_name = str(described["type"])
    kind = described.get("format") or _ROUTES.get(type_name, type_name)
    return ColumnState(
        key=described["key"],
        kind=kind,
        required=bool(described.get("required")),
        array=bool(described.get("array")),
        default=_moment(described.get("default")) if kind == "datetime" else described.get("default"),
        options=_options(kind, described, INT32 if served else INT64),
        status=described.get("status", AVAILABLE),
        error=described.get("error", ""),
        fixed_range=served and kind in ("integer", "bigint", "float") and described.get("min") is None,
    )


def _options(kind: str, described: Mapping[str, Any], unranged: tuple[int, int]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if kind in ("string", "varchar"):
        options["size"] = described["size"]
    if kind in ("integer", "bigint", "float"):
        limits = DOUBLE if kind == "float" else unranged if kind == "integer" else INT64
        low, high = described.get("min"), described.get("max")
        options["min"], options["max"] = (limits[0] if low is None else low), (limits[1] if high is None else high)
    if kind == "enum":
        options["elements"] = tuple(described.get("elements", ()))
    if described.get("encrypt"):
        options["encrypt"] = True
    return options | (_ends(described) if kind == "relationship" else {})


def _ends(described: Mapping[str, Any]) -> dict[str, Any]:
    """A relationship as its own table sees it, whichever side asked for it. The key that the other side of a one-way
    one has all the same is nobody's business."""
    type, two_way = described["relationType"], bool(described.get("twoWay"))
    return {
        "relatedTable": described["relatedTable"],
        "relationType": inverse(type) if described.get("side") == "child" else type,
        "twoWay": two_way,
        "twoWayKey": described.get("twoWayKey") if two_way else None,
        "onDelete": described.get("onDelete") or "restrict",
    }


def _moment(text: str | None) -> str | None:
    """A default point in time in one spelling; the server gives it back as it was written."""
    if text is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds")


def index_state(described: Mapping[str, Any]) -> IndexState:
    """The index that `described` is about, in the form of Appwrite's answers."""
    columns = tuple(described["columns"])
    orders = [str(order or "ASC").upper() for order in described.get("orders", ())]
    lengths = [int(length or 0) for length in described.get("lengths", ())]
    if described["type"] in ("fulltext", "spatial"):
        orders, lengths = [], []  # such an index has neither
    missing = len(columns) - len(orders)
    return IndexState(
        key=described["key"],
        type=described["type"],
        columns=columns,
        orders=(*orders, *["ASC"] * missing)[: len(columns)],
        lengths=(*lengths, *[0] * len(columns))[: len(columns)],
        status=described.get("status", AVAILABLE),
        error=described.get("error", ""),
    )


def lookup(parts: Mapping[str, State], key: str) -> State | None:
    """The part with this key, whatever its case: keys that differ in that alone are one to Appwrite."""
    return parts.get(key) or next((part for name, part in parts.items() if name.lower() == key.lower()), None)


def permission_set(permissions: Sequence[str]) -> frozenset[str]:
    """Permissions of a table as a set, with `write` spelled out as Appwrite keeps it."""
    spelled: set[str] = set()
    for permission in permissions:
        verb, _, role = permission.partition("(")
        verbs = ("create", "update", "delete") if verb == "write" else (verb,)
        spelled.update(f"{each}({role}" for each in verbs)
    return frozenset(spelled)
