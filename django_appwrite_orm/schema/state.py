"""A schema as immutable data, in one form for what is declared and for what a server has.

Both sides are brought to the same terms before they are compared: kinds under the words of Appwrite's routes,
ranges with both ends, index lengths and orders one for each column, `write` permissions spelled out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ..exceptions import one_line
from ..tables.kinds import Family, Kind, kind_named

AVAILABLE = "available"
# The kind of a column, and the type of an index, whose description makes no sense; its `error` says why.
UNREADABLE = "unreadable"
# Appwrite is still at work on a part in one of these states; in one of the others it has given up.
UNFINISHED = ("processing", "deleting")
BROKEN = ("failed", "stuck")


@dataclass(frozen=True, slots=True)
class ColumnState:
    """A column. `kind` is the word in the route that creates it; `options` what only some kinds have: size,
    min and max, `decimal` (max_digits and decimal_places of a `Decimal`, which the server keeps in the upper bound),
    elements, encrypt, the ends of a relationship as this table sees it. `status` and `error` are the
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
    def facts(self) -> Kind:
        """What is known about its kind."""
        return kind_named(self.kind)

    @property
    def is_relationship(self) -> bool:
        return self.facts.family is Family.LINK

    @property
    def traits(self) -> list[str]:
        """What it is, in words."""
        words = [f"{self.kind}({self.options['size']})" if "size" in self.options else self.kind]
        if "decimal" in self.options:
            words = ["decimal({}, {})".format(*self.options["decimal"])]
        words += ["array"] if self.array else []
        words += ["required"] if self.required else []
        words += [f"default {self.default!r}"] if self.default is not None else []
        words += [f"one of {', '.join(map(one_line, self.options['elements']))}"] if "elements" in self.options else []
        if "min" in self.options and (self.options["min"], self.options["max"]) != self.facts.range:
            words.append(f"{self.options['min']} to {self.options['max']}")
        words += ["encrypted"] if self.options.get("encrypt") else []
        return words + (self._link if self.is_relationship else [])

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
