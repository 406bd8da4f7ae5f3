"""The rows of tables as an open transaction sees them: those that are stored, with its changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ...cache import effective_policy
from ...connection import connections
from ...credentials import Using
from ...integrity import any_of, has_values, value_taken
from ...plans import Clause, GetRow, ReadPlan, TableRef, split
from ...plans.sequence_pages import SequencePages
from ...sansio import Operation
from ..columns import ROW_ID
from ..in_memory.collation import text_key
from ..pending_changes import PendingChanges, Raw


class BlockRows:
    """Reads rows by their ids and values. Without `pending`, the changes of the block, they are as they are stored."""

    def __init__(self, alias: Using, pending: PendingChanges | None = None) -> None:
        self._alias = alias
        self._pending = PendingChanges() if pending is None else pending

    def by_id(self, ref: TableRef, ids: Sequence[str]) -> Operation[list[Raw]]:
        """Return the rows with these ids, as the block sees them."""
        return self.changed(ref, ids, (yield from self.stored(ref, ids)))

    def changed(self, ref: TableRef, ids: Sequence[str], bases: Iterable[Raw]) -> list[Raw]:
        """Return the rows with these ids, as the block sees them; `bases` are what `stored` returned for them."""
        pending = self._pending.of(ref)
        stored = {row[ROW_ID].lower(): row for row in bases}
        rows: dict[str, Raw] = {}
        for row_id in ids:
            row, change = stored.get(row_id.lower()), pending.get(row_id)
            if change is not None and (row := change.over(row)) is not None:
                row = pending.whole(row)
            if row is not None:
                rows[row_id.lower()] = row
        return list(rows.values())

    def stored(self, ref: TableRef, ids: Sequence[str]) -> Operation[list[Raw]]:
        """Return the rows with these ids as they are stored, but for those that the block has created or deleted."""
        pending = self._pending.of(ref)
        needed = [row_id for row_id in ids if (change := pending.get(row_id)) is None or change.needs_stored_row]
        if len(needed) == 1:
            row = yield from self._read(GetRow(ref, needed[0]), ref)
            return [] if row is None else [row]
        if not needed:
            return []
        return (yield from self.listed(ref, (Clause("equal", ROW_ID, tuple(dict.fromkeys(needed))),)))

    def with_values(self, ref: TableRef, keys: Sequence[str], rows: Sequence[Raw]) -> Operation[list[Raw]]:
        """Return rows that may have the values of one of `rows`, as the block sees them."""
        stored = yield from self.listed(ref, (any_of(keys, rows),))
        pending = self._pending.of(ref)
        base: list[Raw] = []
        if ids := pending.stored_ids:
            base = yield from self.listed(ref, (Clause("equal", ROW_ID, ids),))
        return pending.untouched(stored) + pending.changed(base)

    def listed(self, ref: TableRef, filters: Sequence[Clause]) -> Operation[list[Raw]]:
        """Return all stored rows that match."""
        connection = connections[self._alias]
        rows: list[Raw] = []
        for part in split(filters, connection.room).requests:
            pages = SequencePages(ref, part, connection.settings.page_size)
            while not pages.finished:
                page = (yield from self._read(pages.plan, ref))["rows"]
                rows += page
                pages.advance(page)
        return rows

    def _read(self, plan: ReadPlan, ref: TableRef) -> Operation[Any]:
        """Read what is stored, through the cache."""
        connection = connections[self._alias]
        meta = self._pending.tables.get(ref)
        policy = (meta.policy if meta is not None else None) or connection.settings.cache.policy
        return (yield from connection.read(plan, effective_policy(policy))).data

    def check_unique(
        self, meta: Any, ref: TableRef, rows: Sequence[Raw], changed: Iterable[str], before: Sequence[Raw] = ()
    ) -> Operation[None]:
        """Raise `UniqueViolation` if two rows, at least one of these, have the same values of a unique index.

        `changed` are the keys of the columns that are written, `before` the rows that are changed: one that keeps its
        values clashes with no other row. Rows are written in their order, as by a statement of SQL: one cannot take the
        values that a later one has until then.
        """
        own = {row[ROW_ID].lower() for row in rows}
        stored = {row[ROW_ID].lower(): row for row in before}
        for index in meta.unique_indexes:
            columns = [meta.columns[name] for name in index.columns if name in meta.columns]
            keys = [column.key for column in columns]
            if len(keys) < len(index.columns) or not set(keys) & set(changed):
                continue
            whole = [row for row in rows if has_values(keys, row)]
            if all(_keeps_values(keys, stored.get(row[ROW_ID].lower()), row) for row in whole):
                continue
            others = [row for row in (yield from self.with_values(ref, keys, whole)) if row[ROW_ID].lower() not in own]
            taken = Counter(compared_values(keys, row) for row in [*others, *before] if has_values(keys, row))
            for row in rows:
                if (old := stored.get(row[ROW_ID].lower())) is not None and has_values(keys, old):
                    taken[compared_values(keys, old)] -= 1
                if not has_values(keys, row):
                    continue
                values = compared_values(keys, row)
                if taken[values]:
                    raise value_taken(index, f"Another {meta.model.__name__} has", columns, row)
                taken[values] += 1


def compared_values(keys: Sequence[str], row: Raw) -> tuple[Any, ...]:
    """Return what the server compares of these values: texts without their case and accents."""
    return tuple(text_key(row[key]) if isinstance(row[key], str) else row[key] for key in keys)


def _keeps_values(keys: Sequence[str], before: Raw | None, row: Raw) -> bool:
    return before is not None and all(before.get(key) == row[key] for key in keys)
