"""What Appwrite can change of a column where it stands, and what its rows have to say to that."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...connection import Connection
from ...plans import Clause, ListRows, Request, UpdateRows
from ...sansio import Operation
from ...tables.columns import Column, Decimal
from ...tables.columns.text import SHORTEST_ENCRYPTED
from ...tables.kinds import Family
from .. import payloads
from ..conversions import fill_of, kept, survey
from ..rows import RawRow, walk, write_same
from ..state import ColumnState, TableState, differences
from .base import Report, SchemaOperation
from .columns import column_path, is_available


def is_possible(wanted: ColumnState, found: ColumnState) -> bool:
    """Whether Appwrite can make `wanted` of `found` in place."""
    changed = set(differences(wanted, found))
    if changed & {"type", "array", "encrypt"} or _rescales(wanted, found):
        return False
    if found.options.get("encrypt") and wanted.options.get("size", SHORTEST_ENCRYPTED) < SHORTEST_ENCRYPTED:
        return False  # its encrypted values would not fit
    if wanted.is_relationship:
        return changed <= {"onDelete", "twoWayKey"}
    if changed & {"min", "max"}:
        # Its width was chosen when it was made, by the upper bound; without a range a change has no effect.
        narrow = found.facts.narrow_range
        widens = narrow is not None and found.options["max"] <= narrow[1] < wanted.options["max"]
        return not (found.fixed_range or widens)
    largest = found.facts.max_size
    return largest is None or wanted.options["size"] <= largest


def _rescales(wanted: ColumnState, found: ColumnState) -> bool:
    """Whether the whole numbers that the column holds would mean other decimal numbers afterwards.

    A whole number of the full range may be a Decimal from before its digits were kept in the upper bound: that is
    taken for the one that is declared.
    """
    new, old = wanted.options.get("decimal"), found.options.get("decimal")
    if old is None:
        return new is not None and not is_full(found)
    return new is None or new[1] != old[1]


def is_full(column: ColumnState) -> bool:
    """Whether a column of whole numbers of 64 bits has no bounds of its own."""
    return column.facts is Decimal.kind and (column.options["min"], column.options["max"]) == column.facts.range


@dataclass(frozen=True, slots=True)
class ChangeColumn(SchemaOperation):
    """Changes required, default, size, range or elements. `present` is the key the server has it under before
    the migration, None while it has none; `column` the declared one; `by_row`: many rows cannot be changed at
    once."""

    before: ColumnState
    after: ColumnState
    column: Column
    present: str | None
    by_row: bool = False

    def __str__(self) -> str:
        before, after = (", ".join(state.traits) for state in (self.before, self.after))
        fill = f", and {self._fill()!r} for rows without a value" if self._fills else ""
        return f"change column {self.ref.table}.{self.after.key}: {before} → {after}{fill}{self._meaning}"

    @property
    def _meaning(self) -> str:
        """What a column of whole numbers that becomes a Decimal will be read as."""
        digits = self.after.options.get("decimal")
        if digits is None or "decimal" in self.before.options or not digits[1] or self.present is None:
            return ""
        shown = decimal.Decimal(1234).scaleb(-digits[1])
        return f"; what it holds is read with {digits[1]} decimal places, 1234 as {shown:f}"

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
        """Values that the narrower column would not hold, and rows without one when it becomes required."""
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
        # Appwrite cannot look for nothing in what is encrypted, and answers with 500 where a place is asked for it.
        unasked = bool(self.after.options.get("encrypt")) or self.after.facts.family is Family.SHAPE
        empty = () if unasked else (Clause("isNull", key),)
        if not (self.by_row or unasked):
            yield from connection.write([self.ref], UpdateRows(self.ref, data, empty).request)
            return

        def fill(rows: list[RawRow]) -> Operation[None]:
            ids = [row["$id"] for row in rows if row[key] in (None, [])]
            yield from write_same(connection, self.ref, ids, data, by_row=self.by_row)

        yield from walk(connection, self.ref, fill, ("$id", "$sequence", key), empty)

    @property
    def _route(self) -> ColumnState:
        """A string that counts as a varchar is changed by the route of what it is."""
        return replace(self.before, key=self.after.key)


def narrows(wanted: ColumnState, found: ColumnState) -> bool:
    """Whether values that the column holds now may not fit it any more."""
    new, old = wanted.options, found.options
    return (
        (wanted.required and not found.required)
        or ("size" in old and new["size"] < old["size"])
        or ("min" in old and (new["min"] > old["min"] or new["max"] < old["max"]))
        or ("decimal" in new and ("decimal" not in old or new["decimal"][0] < old["decimal"][0]))
        or ("elements" in old and not set(old["elements"]) <= set(new["elements"]))
    )
