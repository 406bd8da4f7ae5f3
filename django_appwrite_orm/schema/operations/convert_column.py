"""Giving a column another kind: a second column is filled beside it and takes its place.

Appwrite cannot change type, array or encryption. So the values are copied into a temporary column; the old one is
then renamed out of the way, which ends all writing to it; what was written meanwhile is copied too; and the
temporary column takes the name. The old column stays until somebody allows it to be dropped. Every state in
between can be told from the columns that are there, so a migration that was interrupted anywhere goes on (or,
between the two renames, gives the old column its name back and starts again).
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
from ...sansio import Operation
from ..conversions import Conversion, same, survey
from ..rows import RawRow, newest, walk, write_same
from ..state import TableState
from .base import Report, SchemaOperation
from .columns import is_available

_LONGEST_KEY = 36
# Looks at what has changed since the last one, before a copy gives up. Each is much shorter than the one before.
_PASSES = 6


def temporary_key(key: str) -> str:
    """The key of the column that is being filled."""
    return _companion(key, "__migrating")


def former_key(key: str) -> str:
    """The key under which the values from before a conversion are kept."""
    return _companion(key, "__before")


def _companion(key: str, suffix: str) -> str:
    if len(key) + len(suffix) <= _LONGEST_KEY:
        return key + suffix
    digest = hashlib.blake2b(key.encode(), digest_size=4).hexdigest()
    return f"{key[: _LONGEST_KEY - len(suffix) - len(digest) - 1]}_{digest}{suffix}"


@dataclass(slots=True)
class _Late:
    """What one look found still to copy."""

    count: int = 0
    row_id: str = ""


@dataclass(frozen=True, slots=True)
class CopyColumn(SchemaOperation):
    """Copies values from one column into another, again and again until a look at what has changed meanwhile
    finds nothing to copy. `present` is the source's key on the server before the migration; the rows are only
    surveyed where `checked` is set, for a second copy of what was surveyed needs no survey."""

    source: str
    target: str
    conversion: Conversion
    present: str
    checked: bool
    by_row: bool

    def __str__(self) -> str:
        return f"copy values of {self.ref.table}.{self.source} to {self.target}, and check them"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.source, self.target})

    def is_ready(self, table: TableState | None) -> bool:
        return table is not None and is_available(table, self.source) and is_available(table, self.target)

    def state_after(self, table: TableState) -> TableState:
        return table

    def preflight(self, connection: Connection) -> Operation[list[str]]:
        """Values that cannot be converted."""
        if not self.checked:
            return []
        return (yield from survey(connection, self.ref, self.present, self.conversion))

    def apply(self, connection: Connection, report: Report) -> Operation[None]:
        filters: tuple[Clause, ...] = ()
        for _ in range(_PASSES):
            # The copies themselves count as changes, so every one of them is looked at once more.
            moment = yield from newest(connection, self.ref)
            late = _Late()
            copy = partial(self._copy, connection, report, late)
            yield from walk(connection, self.ref, copy, ("$id", "$sequence", self.source, self.target), filters)
            if not late.count:
                return
            filters = (Clause("greaterThanEqual", "$updatedAt", (moment,)),) if moment else ()
        raise SchemaError(
            f"After {_PASSES} looks, {self.ref.table}.{self.target} still is not what {self.source} converts to (row"
            f" {late.row_id}). A convert= must give the same value every time; and where rows are written all the time,"
            " run it again when they are not."
        )

    def _copy(self, connection: Connection, report: Report, late: _Late, rows: list[RawRow]) -> Operation[None]:
        different = list(self._different(rows))
        if different:
            late.count += len(different)
            late.row_id = different[0][0]
            for value, ids in _grouped(different):
                yield from write_same(connection, self.ref, ids, {self.target: value}, by_row=self.by_row)
            report(f"  {late.count} values of {self.ref.table}.{self.source} copied")

    def _different(self, rows: list[RawRow]) -> Iterator[tuple[str, Any]]:
        for row in rows:
            value = self.conversion(row[self.source])
            if not same(row[self.target], [] if value is None and isinstance(row[self.target], list) else value):
                yield row["$id"], value


def _grouped(values: list[tuple[str, Any]]) -> list[tuple[Any, list[str]]]:
    """Row ids by the value they are to have, so that rows with one value share a request."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for row_id, value in values:
        groups[json.dumps(value)].append(row_id)
    return [(json.loads(value), ids) for value, ids in groups.items()]
