"""A schema as immutable data, in the same form for declared tables and those of a server.

Both are normalized before they are compared: kinds are named as in Appwrite's routes, ranges have both ends, indexes
have a length and an order for each column, `write` permissions are expanded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ..exceptions import one_line
from ..tables.kinds import Family, Kind, kind_named

AVAILABLE = "available"
# The kind of a column, and the type of an index, whose description is not valid; `error` has the reason.
UNREADABLE = "unreadable"
# The statuses of a part that Appwrite is building or deleting, and of one where it has failed.
UNFINISHED = ("processing", "deleting")
BROKEN = ("failed", "stuck")


@dataclass(frozen=True, slots=True)
class ColumnState:
    """A column.

    `kind` is its name in the route that creates it. `options` are those of its kind: size, min and max, `decimal`
    (max_digits and decimal_places of a `Decimal`, which the server keeps in the upper bound), elements, encrypt, the
    ends of a relationship from the side of this table. `status`, `error` and `fixed_range` come from the server:
    Appwrite never changes the range of a number column that was created with its table and without a range.
    """

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
    def facts(self) -> Kind:
        """What is known about its kind."""
        return kind_named(self.kind)

    @property
    def is_relationship(self) -> bool:
        """Whether it is one side of a relationship."""
        return self.facts.family is Family.LINK

    @property
    def traits(self) -> list[str]:
        """Its kind and options, as texts for messages."""
        texts = [f"{self.kind}({self.options['size']})" if "size" in self.options else self.kind]
        if "decimal" in self.options:
            texts = ["decimal({}, {})".format(*self.options["decimal"])]
        texts += ["array"] if self.array else []
        texts += ["required"] if self.required else []
        texts += [f"default {self.default!r}"] if self.default is not None else []
        texts += [f"one of {', '.join(map(one_line, self.options['elements']))}"] if "elements" in self.options else []
        if "min" in self.options and (self.options["min"], self.options["max"]) != self.facts.range:
            texts.append(f"{self.options['min']} to {self.options['max']}")
        texts += ["encrypted"] if self.options.get("encrypt") else []
        return texts + (self._relationship if self.is_relationship else [])

    @property
    def _relationship(self) -> list[str]:
        options = self.options
        two_way = [f"two-way as {options['twoWayKey']}"] if options["twoWay"] else []
        return [f"{options['relationType']} to {options['relatedTable']}", *two_way, f"on delete {options['onDelete']}"]


@dataclass(frozen=True, slots=True)
class IndexState:
    """An index. `columns` are keys on the server; a length of 0 is the whole column."""

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
        """Its columns and indexes."""
        return (*self.columns.values(), *self.indexes.values())

    def with_column(self, column: ColumnState) -> TableState:
        """Return this table with another column, or with this one in place of one of the same key."""
        return replace(self, columns={**self.columns, column.key: column})

    def with_index(self, index: IndexState) -> TableState:
        """Return this table with another index, or with this one in place of one of the same key."""
        return replace(self, indexes={**self.indexes, index.key: index})

    def with_renamed(self, key: str, column: ColumnState) -> TableState:
        """Return this table with `column` in place of column `key`; indexes follow, as on Appwrite (observed)."""
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


def differences(first: ColumnState, second: ColumnState) -> list[str]:
    """Return the names of what differs between two columns, apart from key and status.

    A string and a varchar of one size hold the same values and count as equal. `encrypt` counts only where `first`
    has it: a column that is encrypted on the server stays so.
    """
    names = []
    have_size = first.facts.max_size is not None and second.facts.max_size is not None
    if first.kind != second.kind and not have_size:
        names.append("type")
    names += [name for name in ("required", "array", "default") if getattr(first, name) != getattr(second, name)]
    if "type" not in names:
        options = dict.fromkeys((*first.options, *(name for name in second.options if name != "encrypt")))
        names += [name for name in options if _comparable(first, name) != _comparable(second, name)]
    return names


def _comparable(column: ColumnState, option: str) -> Any:
    value = column.options.get(option)
    return str(value).lower() if option == "relatedTable" else value  # Appwrite ignores the case of table ids


State = TypeVar("State", ColumnState, IndexState)


def lookup(parts: Mapping[str, State], key: str) -> State | None:
    """Return the part with this key in any case: Appwrite treats keys that differ only in case as equal."""
    return parts.get(key) or next((part for name, part in parts.items() if name.lower() == key.lower()), None)


def permission_set(permissions: Sequence[str]) -> frozenset[str]:
    """Return permissions of a table as a set, with `write` expanded as Appwrite stores it."""
    expanded: set[str] = set()
    for permission in permissions:
        verb, _, role = permission.partition("(")
        verbs = ("create", "update", "delete") if verb == "write" else (verb,)
        expanded.update(f"{verb}({role}" for verb in verbs)
    return frozenset(expanded)
