"""Change the kind of a column: fill a second column and rename it.

Appwrite cannot change type, array or encryption of a column. The values are copied into a temporary column; the old
column is renamed, so that no client writes to it; values written meanwhile are copied too; and the temporary column is
renamed to the key of the old one. The old column stays until a migration may drop it. The columns on the server show
how far a migration got, so an interrupted one continues (or, between the two renames, renames the old column back and
starts again).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...connection import Connection
from ...exceptions import SchemaError
from ...plans import Clause
from ...plans.limits import ID_LENGTH
from ...sansio import Operation
from ..conversions import Conversion, same, survey
from ..rows import RawRow, newest, walk, write_same
from ..state import TableState
from .base import Report, SchemaOperation
from .columns import is_available

# Passes over the rows changed since the last pass, before a copy gives up. Each is much shorter than the one before.
_PASSES = 6


def temporary_key(key: str) -> str:
    """Return the key of the column that is filled."""
    return _companion(key, "__migrating")


def former_key(key: str) -> str:
    """Return the key of the column that keeps the values from before the conversion."""
    return _companion(key, "__before")


def _companion(key: str, suffix: str) -> str:
    if len(key) + len(suffix) <= ID_LENGTH:
        return key + suffix
    digest = hashlib.blake2b(key.encode(), digest_size=4).hexdigest()
    return f"{key[: ID_LENGTH - len(suffix) - len(digest) - 1]}_{digest}{suffix}"


@dataclass(slots=True)
class _Copied:
    """The values that one pass had to copy: their number, and the row of the last one."""

    count: int = 0
    row_id: str = ""


@dataclass(frozen=True, slots=True)
class CopyColumn(SchemaOperation):
    """Copy values from one column into another, until a pass over the rows changed meanwhile has nothing to copy.

    `present` is the key of the source on the server before the migration. The rows are checked before the migration
    only if `checked` is set: a second copy of the same values needs no second check.
    """

    source: str
    target: str
    conversion: Conversion
    present: str
    checked: bool
    by_row: bool

    def __str__(self) -> str:
        return f"copy values of {self.ref.table}.{self.source} to {self.target}, and check them"

    @property
    def subject(self) -> str:
        return f"column {self.ref.table}.{self.target}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.source, self.target})

    def is_ready(self, table: TableState | None) -> bool:
        return table is not None and is_available(table, self.source) and is_available(table, self.target)

    def state_after(self, table: TableState) -> TableState:
        return table

    def preflight(self, connection: Connection) -> Operation[list[str]]:
        """Return the values that cannot be converted."""
        if not self.checked:
            return []
        return (yield from survey(connection, self.ref, self.present, self.conversion))

    def apply(self, connection: Connection, report: Report) -> Operation[None]:
        filters: tuple[Clause, ...] = ()
        for _ in range(_PASSES):
            # A copy changes its row, so the next pass reads and compares that row again.
            moment = yield from newest(connection, self.ref)
            copied = _Copied()
            copy = partial(self._copy, connection, report, copied)
            yield from walk(connection, self.ref, copy, ("$id", "$sequence", self.source, self.target), filters)
            if not copied.count:
                return
            filters = (Clause("greaterThanEqual", "$updatedAt", (moment,)),) if moment else ()
        raise SchemaError(
            f"After {_PASSES} passes, {self.ref.table}.{self.target} still differs from the converted values of"
            f" {self.source} (row {copied.row_id}). A convert= must return the same value every time. If rows are"
            " written all the time, run the migration again when they are not."
        )

    def _copy(self, connection: Connection, report: Report, copied: _Copied, rows: list[RawRow]) -> Operation[None]:
        different = list(self._different(rows))
        if different:
            copied.count += len(different)
            copied.row_id = different[0][0]
            for value, ids in _grouped(different):
                yield from write_same(connection, self.ref, ids, {self.target: value}, by_row=self.by_row)
            report(f"  {copied.count} values of {self.ref.table}.{self.source} copied")

    def _different(self, rows: list[RawRow]) -> Iterator[tuple[str, Any]]:
        for row in rows:
            value = self.conversion(row[self.source])
            if not same(row[self.target], [] if value is None and isinstance(row[self.target], list) else value):
                yield row["$id"], value


def _grouped(values: list[tuple[str, Any]]) -> list[tuple[Any, list[str]]]:
    """Group row ids by their new value, so that rows with the same value share a request."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for row_id, value in values:
        groups[json.dumps(value)].append(row_id)
    return [(json.loads(value), ids) for value, ids in groups.items()]
