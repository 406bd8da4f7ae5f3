"""The changes of an open block that wait for its commit, and the rows as the block sees them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..plans import TableRef
from ..tables.system_columns import PERMISSIONS_KEY
from ..tables.validation import looks_like_operator
from ..transactions import TableMeta
from .columns import ROW_ID

Raw = dict[str, Any]


class Action(Enum):
    CREATE = "create"
    UPDATE = "update"
    INCREMENT = "increment"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one row that waits for the commit.

    `data` are the values by key; of an increment, what is added, and `limit` is what the sum must not pass.
    `permissions` are those to be set, None to leave them.
    """

    action: Action
    table: TableMeta
    ref: TableRef
    row_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    permissions: tuple[str, ...] | None = None
    limit: int | float | None = None

    @property
    def name(self) -> tuple[TableRef, str]:
        """What tells its row from others: Appwrite compares ids without case."""
        return self.ref, self.row_id.lower()


@dataclass(slots=True)
class PendingRow:
    """What the changes of one row come to."""

    row_id: str
    is_new: bool = False
    is_deleted: bool = False
    data: Raw = field(default_factory=dict)
    added: dict[str, int | float] = field(default_factory=dict)
    permissions: tuple[str, ...] | None = None

    def add(self, change: Change) -> None:
        if change.permissions is not None or change.action in (Action.CREATE, Action.DELETE):
            self.permissions = change.permissions
        if change.action is Action.DELETE:
            self.is_deleted, self.is_new, self.data, self.added = True, False, {}, {}
        elif change.action is Action.CREATE:
            self.is_new, self.is_deleted, self.data, self.added = True, False, dict(change.data), {}
        elif change.action is Action.UPDATE:
            for key, value in change.data.items():
                if (by := step_of_increment(value)) is not None:
                    self._increase(key, by)
                else:
                    self.data[key] = value
                    self.added.pop(key, None)
        else:
            for key, by in change.data.items():
                self._increase(key, by)

    def _increase(self, key: str, by: float) -> None:
        if self.data.get(key) is not None:
            self.data[key] += by
        elif key not in self.data:
            self.added[key] = self.added.get(key, 0) + by

    @property
    def needs_stored_row(self) -> bool:
        return not (self.is_new or self.is_deleted)

    def over(self, stored: Mapping[str, Any] | None) -> Raw | None:
        """Return the row as the block sees it, None if there is none."""
        if self.is_deleted:
            return None
        granted = {} if self.permissions is None else {PERMISSIONS_KEY: list(self.permissions)}
        if self.is_new:
            return {ROW_ID: self.row_id, **self.data, **granted}
        if stored is None:
            return None
        row = {**stored, **self.data, **granted}
        for key, by in self.added.items():
            if row.get(key) is not None:  # a null stays null
                row[key] += by
        return row


def step_of_increment(value: Any) -> int | float | None:
    """Return what an operator that increments adds; None for another value."""
    if not isinstance(value, str) or not looks_like_operator(value):
        return None
    operator = json.loads(value)
    return operator["values"][0] if operator["method"] == "increment" else None


class PendingRows:
    """The changed rows of one table, by their ids in lower case."""

    def __init__(self, rows: Mapping[str, PendingRow], keys: Sequence[str]) -> None:
        self._rows = rows
        self._keys = keys

    def __bool__(self) -> bool:
        return bool(self._rows)

    @property
    def stored_ids(self) -> tuple[str, ...]:
        """The ids of the rows whose stored form is needed to know what they are now."""
        return tuple(row.row_id for row in self._rows.values() if row.needs_stored_row)

    def touches(self, row_id: str) -> bool:
        return row_id.lower() in self._rows

    def get(self, row_id: str) -> PendingRow | None:
        return self._rows.get(row_id.lower())

    def untouched(self, rows: Iterable[Raw]) -> list[Raw]:
        """Return the stored rows that the block has not changed."""
        return [row for row in rows if not self.touches(row[ROW_ID])]

    def changed(self, stored: Iterable[Raw]) -> list[Raw]:
        """Return the changed rows as they are now; `stored` are those of `stored_ids` that there are."""
        by_id = {row[ROW_ID].lower(): row for row in stored}
        rows = [pending.over(by_id.get(row_id)) for row_id, pending in self._rows.items()]
        return [self.whole(row) for row in rows if row is not None]

    def whole(self, row: Raw) -> Raw:
        """Return the row with every column of its table."""
        system: Raw = {"$sequence": "", "$createdAt": None, "$updatedAt": None, PERMISSIONS_KEY: []}
        return {**dict.fromkeys(self._keys), **system, **row}


class PendingChanges:
    """The changes of a block in their order, and what they come to."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._tables: dict[TableRef, dict[str, PendingRow]] = {}
        self._metas: dict[TableRef, TableMeta] = {}

    def append(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.changes.append(change)
            self._add(change)

    def truncate(self, length: int) -> None:
        """Drop the changes after the first `length`."""
        if length < len(self.changes):
            del self.changes[length:]
            self._tables.clear()
            self._metas.clear()
            for change in self.changes:
                self._add(change)

    def _add(self, change: Change) -> None:
        self._metas[change.ref] = change.table
        rows = self._tables.setdefault(change.ref, {})
        rows.setdefault(change.row_id.lower(), PendingRow(change.row_id)).add(change)

    @property
    def tables(self) -> Mapping[TableRef, TableMeta]:
        """The changed tables."""
        return self._metas

    def of(self, ref: TableRef) -> PendingRows:
        """Return the changed rows of a table, without any if it was not changed."""
        meta: Any = self._metas.get(ref)
        return PendingRows(self._tables.get(ref, {}), () if meta is None else tuple(meta.by_key))
