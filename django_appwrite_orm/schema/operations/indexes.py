"""Operations that add or drop an index, and the check of rows before a unique one."""

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
    """Add an index, which Appwrite builds in the background."""

    index: IndexState

    def __str__(self) -> str:
        return f"add index {self.ref.table}.{self.index}"

    @property
    def subject(self) -> str:
        return f"index {self.ref.table}.{self.index.key}"

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
        """Whether its columns are built: Appwrite builds them in the background and refuses an index before that."""
        return (
            table is not None
            and self.index.key not in table.indexes
            and all(key.startswith("$") or is_available(table, key) for key in self.index.columns)
        )

    def state_after(self, table: TableState) -> TableState:
        return table.with_index(replace(self.index, status="processing"))


@dataclass(frozen=True, slots=True)
class DropIndex(SingleRequest):
    """Drop an index; `reason` is shown in the plan."""

    index: IndexState
    reason: str

    def __str__(self) -> str:
        return f"drop index {self.ref.table}.{self.index}, {self.reason}"

    @property
    def subject(self) -> str:
        return f"index {self.ref.table}.{self.index.key}"

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


# Rows that a check keeps in memory, at about 300 bytes each, and requests that it sends to compare similar texts.
MAX_ROWS = 200_000
MAX_COMPARISONS = 100
_FILL = " A default= gives the same value to every row that it fills."
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Part:
    """The values that a column of an index will hold after the migration.

    They are those of the server's column `present` (None: it has none yet), converted by `conversion` if there is one;
    rows without a value get `fill` (JSON).
    """

    key: str
    present: str | None
    conversion: Conversion | None = None
    fill: Any = None

    def value(self, row: RawRow) -> Any:
        """Return the value that the row will have."""
        raw = row[self.present] if self.present is not None else None
        if raw is None:
            return self.fill
        if self.conversion is None or self.conversion.problem(raw) is not None:  # the copy reports the problem
            return raw
        return self.conversion(raw)


@dataclass(frozen=True, slots=True)
class UniqueCheck:
    """Search the rows of a table for values that a unique index over `parts` does not allow."""

    ref: TableRef
    index: IndexState
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return f"unique index {self.ref.table}.{self.index.key}"

    def preflight(self, connection: Connection) -> Operation[list[str]]:
        """Return nothing, or one sentence with examples and the number of rows that violate the index."""
        survey = _Survey()

        def check(rows: list[RawRow]) -> Operation[None]:
            for row in rows:
                yield from self._check(connection, row, survey)

        keys = dict.fromkeys(part.present for part in self.parts if part.present is not None)
        yield from walk(connection, self.ref, check, ("$id", "$sequence", *keys))
        if survey.count > MAX_ROWS:
            return [
                f"{self}: the table has more than {MAX_ROWS:,} rows, too many to check for duplicate values. Check"
                " that there are none, and create the index from code: orm.table(...).create_index(...)."
            ]
        if not survey.examples:
            return []
        remaining = survey.violations - len(survey.examples)
        more = f" and {remaining} more" if remaining else ""
        filled = any(part.fill is not None for part in self.parts)
        return [
            f"{self}: there would be duplicate values ({'; '.join(survey.examples)}{more}), and Appwrite would not"
            f" enforce the index for them. Change or delete those rows first.{_FILL * filled}"
        ]

    def _check(self, connection: Connection, row: RawRow, survey: _Survey) -> Operation[None]:
        values = [part.value(row) for part in self.parts]
        survey.count += 1
        if None in values or survey.count > MAX_ROWS:  # nulls are distinct
            return
        exact, folded = _digest(values), _digest([_folded(value) for value in values])
        first = survey.exact.setdefault(exact, row["$id"])
        if first == row["$id"]:
            first = survey.folded.setdefault(folded, first)
            if first == row["$id"] or not (yield from self._are_equal(connection, row, first, survey)):
                return
        survey.violations += 1
        if len(survey.examples) < _EXAMPLES:
            texts = ", ".join(f"{part.key} {value!r}" for part, value in zip(self.parts, values, strict=True))
            survey.examples.append(f"{texts} in rows {first} and {row['$id']}")

    def _are_equal(self, connection: Connection, row: RawRow, other_id: str, survey: _Survey) -> Operation[bool]:
        """Whether two rows with equal folded values are equal to the server; False if it lacks the values yet."""
        if survey.requests == MAX_COMPARISONS or any(part.conversion or part.present is None for part in self.parts):
            return False
        survey.requests += 1
        clauses = tuple(Clause("equal", part.present, (part.value(row),)) for part in self.parts)
        plan = ListRows(self.ref, (*clauses, Clause("equal", "$id", (other_id,))), limit=1, select=("$id",))
        return bool((yield from connection.follow(plan.fetch())).data["rows"])


@dataclass(slots=True)
class _Survey:
    """The state of a check: ids of rows by the digest of their values, exact and folded, and what was counted."""

    exact: dict[bytes, str] = field(default_factory=dict)
    folded: dict[bytes, str] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    count: int = 0
    violations: int = 0
    requests: int = 0


def _digest(values: Sequence[Any]) -> bytes:
    return hashlib.blake2b(json.dumps(values).encode(), digest_size=12).digest()


def _folded(value: Any) -> Any:
    """Return a text without what some databases ignore: case, accents, spaces at its end, which emoji it is."""
    if not isinstance(value, str):
        return value
    plain = "".join(part for part in unicodedata.normalize("NFKD", value) if not unicodedata.combining(part))
    return "".join("*" if part > "\uffff" else part for part in plain.casefold().replace("ss", "s")).rstrip(" ")
