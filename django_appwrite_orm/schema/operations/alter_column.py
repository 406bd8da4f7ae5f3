"""Changes of a column in place: which ones Appwrite can make, and whether the rows allow them."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...connection import Connection
from ...plans import Clause, ListRows, Request, UpdateRows
from ...plans.limits import ENCRYPTED_SIZE
from ...sansio import Operation
from ...tables.columns import Column, Decimal
from ...tables.kinds import Family
from .. import payloads
from ..conversions import fill_of, kept, survey
from ..rows import RawRow, walk, write_same
from ..state import ColumnState, TableState, differences
from .base import Report, SchemaOperation
from .columns import column_path, is_available


def is_possible(declared: ColumnState, existing: ColumnState) -> bool:
    """Whether Appwrite can change `existing` to `declared` in place."""
    changed = set(differences(declared, existing))
    if changed & {"type", "array", "encrypt"} or _rescales(declared, existing):
        return False
    if existing.options.get("encrypt") and declared.options.get("size", ENCRYPTED_SIZE) < ENCRYPTED_SIZE:
        return False  # the encrypted values would not fit
    if declared.is_relationship:
        return changed <= {"onDelete", "twoWayKey"}
    if changed & {"min", "max"}:
        # Its width was chosen by the upper bound at its creation; without a range there, a change has no effect.
        narrow = existing.facts.narrow_range
        widens = narrow is not None and existing.options["max"] <= narrow[1] < declared.options["max"]
        return not (existing.fixed_range or widens)
    largest = existing.facts.max_size
    return largest is None or declared.options["size"] <= largest


def _rescales(declared: ColumnState, existing: ColumnState) -> bool:
    """Whether the integers that the column holds would stand for other decimal numbers afterwards.

    An integer column of the full range counts as the declared Decimal: older versions of this package did not keep
    the digits in the upper bound.
    """
    new, old = declared.options.get("decimal"), existing.options.get("decimal")
    if old is None:
        return new is not None and not is_full(existing)
    return new is None or new[1] != old[1]


def is_full(column: ColumnState) -> bool:
    """Whether the column holds 64-bit integers without other bounds."""
    return column.facts is Decimal.kind and (column.options["min"], column.options["max"]) == column.facts.range


@dataclass(frozen=True, slots=True)
class ChangeColumn(SchemaOperation):
    """Change required, default, size, range or elements.

    `column` is the declared column object. `present` is the column's key on the server before the migration, None when
    the migration adds it. `by_row`: Appwrite refuses to change many rows of the table at once.
    """

    before: ColumnState
    after: ColumnState
    column: Column
    present: str | None
    by_row: bool = False

    def __str__(self) -> str:
        before, after = (", ".join(state.traits) for state in (self.before, self.after))
        fill = f", and {self._fill()!r} for rows without a value" if self._fills else ""
        return f"change column {self.ref.table}.{self.after.key}: {before} → {after}{fill}{self._scale_note}"

    @property
    def subject(self) -> str:
        return f"column {self.ref.table}.{self.after.key}"

    @property
    def _scale_note(self) -> str:
        """How the values of an integer column will be read when it becomes a Decimal."""
        digits = self.after.options.get("decimal")
        if digits is None or "decimal" in self.before.options or not digits[1] or self.present is None:
            return ""
        example = decimal.Decimal(1234).scaleb(-digits[1])
        return f"; its values are read with {digits[1]} decimal places, 1234 as {example:f}"

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.after.key})

    @property
    def _fills(self) -> bool:
        return self.after.required and not self.before.required and fill_of(self.column) is not None

    def _fill(self) -> Any:
        return self.column.to_appwrite(self.column.clean(fill_of(self.column)))

    def is_ready(self, table: TableState | None) -> bool:
        return table is not None and is_available(table, self.after.key)

    def state_after(self, table: TableState) -> TableState:
        return table.with_column(self.after)

    def preflight(self, connection: Connection) -> Operation[list[str]]:
        """Return values that the narrower column cannot hold, and rows without a value if it becomes required."""
        if self.present is not None:
            if not narrows(self.after, self.before):
                return []
            return (yield from survey(connection, self.ref, self.present, kept(self.column)))
        if not self.after.required or fill_of(self.column) is not None:
            return []
        rows = (yield from connection.follow(ListRows(self.ref, limit=1, select=("$id",)).fetch())).data["rows"]
        advice = "Give it a default=, which fills them, or make it optional."
        return [f"column {self.ref.table}.{self.after.key}: it is required, and there are rows. {advice}"] * bool(rows)

    def apply(self, connection: Connection, report: Report) -> Operation[None]:
        states: Sequence[ColumnState] = (self.after,)
        if self._fills:
            states = (replace(self.after, required=False), self.after)
        for state in states:
            if state.required and self._fills:
                yield from self._fill_empty(connection)
            body = payloads.change_body(replace(state, kind=self.before.kind))
            yield from connection.write([self.ref], Request("PATCH", column_path(self.ref, self._route), body=body))

    def _fill_empty(self, connection: Connection) -> Operation[None]:
        key = self.after.key
        data = {key: self._fill()}
        # Appwrite cannot filter encrypted columns, and fails with status 500 for isNull on a spatial one.
        unfiltered = bool(self.after.options.get("encrypt")) or self.after.facts.family is Family.SHAPE
        empty = () if unfiltered else (Clause("isNull", key),)
        if not (self.by_row or unfiltered):
            yield from connection.write([self.ref], UpdateRows(self.ref, data, empty).request)
            return

        def fill(rows: list[RawRow]) -> Operation[None]:
            ids = [row["$id"] for row in rows if row[key] in (None, [])]
            yield from write_same(connection, self.ref, ids, data, by_row=self.by_row)

        yield from walk(connection, self.ref, fill, ("$id", "$sequence", key), empty)

    @property
    def _route(self) -> ColumnState:
        """The column that names the route: a string that counts as a varchar is changed as a string."""
        return replace(self.before, key=self.after.key)


def narrows(declared: ColumnState, existing: ColumnState) -> bool:
    """Whether there may be values in `existing` that `declared` cannot hold."""
    new, old = declared.options, existing.options
    return (
        (declared.required and not existing.required)
        or ("size" in old and new["size"] < old["size"])
        or ("min" in old and (new["min"] > old["min"] or new["max"] < old["max"]))
        or ("decimal" in new and ("decimal" not in old or new["decimal"][0] < old["decimal"][0]))
        or ("elements" in old and not set(old["elements"]) <= set(new["elements"]))
    )
