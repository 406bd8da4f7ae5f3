"""Indexes added and dropped: each one request."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from ...connection import Connection
from ...plans import Clause, ListRows, Request, TableRef
from ...sansio import Operation
from .. import payloads
from ..conversions import Conversion
from ..rows import RawRow, walk
from ..state import IndexState, TableState
from .base import SingleRequest
from .columns import is_available


@dataclass(frozen=True, slots=True)
class AddIndex(SingleRequest):
    index: IndexState

    def __str__(self) -> str:
        return f"add index {self.ref.table}.{self.index}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset(self.index.columns)

    @property
    def adds(self) -> str:
        return self.index.key

    @property
    def request(self) -> Request:
        return Request("POST", f"{self.ref.path}/indexes", body=payloads.index_body(self.index))

    def is_ready(self, table: TableState | None) -> bool:
        """Appwrite builds columns in the background and refuses an index over one that is not there yet."""
        return (
            table is not None
            and self.index.key not in table.indexes
            and all(key.startswith("$") or is_available(table, key) for key in self.index.columns)
        )

    def state_after(self, table: TableState) -> TableState:
        return table.with_index(replace(self.index, status="processing"))


@dataclass(frozen=True, slots=True)
class DropIndex(SingleRequest):
    index: IndexState
    why: str

    def __str__(self) -> str:
        return f"drop index {self.ref.table}.{self.index}, {self.why}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset(self.index.columns)

    @property
    def request(self) -> Request:
        return Request("DELETE", f"{self.ref.path}/indexes/{quote(self.index.key, safe='')}", body={})

    def is_ready(self, table: TableState | None) -> bool:
        return table is not None and self.index.key in table.indexes

    def state_after(self, table: TableState) -> TableState:
        return table.with_index(replace(self.index, status="deleting"))


# Rows that are remembered, at about 300 bytes each, and questions that are asked about texts that look alike.
MOST_ROWS = 200_000
MOST_QUESTIONS = 100
_FILL = " A default= is the same for every row that it fills."
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Part:
    """What a column of an index will hold: what `present`, a key that the server has now, holds (None: nothing yet),
    after `conversion` if there is one; and `fill` (JSON) where there is nothing."""

    key: str
    present: str | None
    conversion: Conversion | None = None
    fill: Any = None

    def value(self, row: RawRow) -> Any:
        raw = row[self.present] if self.present is not None else None
        if raw is None:
            return self.fill
        if self.conversion is None or self.conversion.problem(raw) is not None:  # a problem is told by the copy
            return raw
        return self.conversion(raw)


@dataclass(frozen=True, slots=True)
class UniqueCheck:
    """Looks through the rows of a table for values that a unique index over `parts` would not allow."""

    ref: TableRef
    index: IndexState
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return f"unique index {self.ref.table}.{self.index.key}"

    def preflight(self, connection: Connection) -> Operation[list[str]]:
        """Nothing, or one sentence with the number of rows that stand against the index, and examples."""
        seen = _Seen()

        def look(rows: list[RawRow]) -> Operation[None]:
            for row in rows:
                yield from self._look(connection, row, seen)

        keys = dict.fromkeys(part.present for part in self.parts if part.present is not None)
        yield from walk(connection, self.ref, look, ("$id", "$sequence", *keys))
        if seen.count > MOST_ROWS:
            return [
                f"{self}: the table has more than {MOST_ROWS:,} rows, too many to look through for values that are"
                " there twice. Make sure of it, and make the index from code: orm.table(...).create_index(...)."
            ]
        if not seen.examples:
            return []
        more = f" and {seen.against - len(seen.examples)} more" if seen.against > len(seen.examples) else ""
        filled = any(part.fill is not None for part in self.parts)
        return [
            f"{self}: there would be values twice ({'; '.join(seen.examples)}{more}), and Appwrite would not enforce"
            f" the index for them. Change or delete those rows first.{_FILL * filled}"
        ]

    def _look(self, connection: Connection, row: RawRow, seen: _Seen) -> Operation[None]:
        values = [part.value(row) for part in self.parts]
        seen.count += 1
        if None in values or seen.count > MOST_ROWS:  # nulls do not count as the same
            return
        exact, alike = _digest(values), _digest([_folded(value) for value in values])
        first = seen.exact.setdefault(exact, row["$id"])
        if first == row["$id"]:
            first = seen.alike.setdefault(alike, first)
            if first == row["$id"] or not (yield from self._are_same(connection, row, first, seen)):
                return
        seen.against += 1
        if len(seen.examples) < _EXAMPLES:
            shown = ", ".join(f"{part.key} {value!r}" for part, value in zip(self.parts, values, strict=True))
            seen.examples.append(f"{shown} in rows {first} and {row['$id']}")

    def _are_same(self, connection: Connection, row: RawRow, other_id: str, seen: _Seen) -> Operation[bool]:
        """Whether the server takes two rows that look alike for the same. What it does not hold yet it cannot say."""
        if seen.questions == MOST_QUESTIONS or any(part.conversion or part.present is None for part in self.parts):
            return False
        seen.questions += 1
        clauses = tuple(Clause("equal", part.present, (part.value(row),)) for part in self.parts)
        plan = ListRows(self.ref, (*clauses, Clause("equal", "$id", (other_id,))), limit=1, select=("$id",))
        return bool((yield from connection.follow(plan.fetch())).data["rows"])


@dataclass(slots=True)
class _Seen:
    """Rows looked at; the first one's id by a digest of its values, and by one of what they look like; how many stand
    against the index."""

    exact: dict[bytes, str] = field(default_factory=dict)
    alike: dict[bytes, str] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    count: int = 0
    against: int = 0
    questions: int = 0


def _digest(values: Sequence[Any]) -> bytes:
    return hashlib.blake2b(json.dumps(values).encode(), digest_size=12).digest()


def _folded(value: Any) -> Any:
    """A text without what some databases do not look at: case, accents, spaces at its end, which emoji it is."""
    if not isinstance(value, str):
        return value
    plain = "".join(part for part in unicodedata.normalize("NFKD", value) if not unicodedata.combining(part))
    return "".join("*" if part > "\uffff" else part for part in plain.casefold().replace("ss", "s")).rstrip(" ")
