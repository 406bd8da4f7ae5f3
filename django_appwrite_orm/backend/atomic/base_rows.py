"""The stored rows that a block has computed new values from: its commit is refused when they have changed since."""

from __future__ import annotations

from collections.abc import Iterable

from ...credentials import Using
from ...exceptions import Conflict
from ...integrity import rows_by_id
from ...plans import BULK_LIMIT, TableRef
from ...sansio import Operation
from ..columns import ROW_ID
from ..pending_changes import Raw

# A system column that each change of a row changes.
_UPDATED_AT = "$updatedAt"


class BaseRows:
    """Rows as they were when values were computed from them, each with the number of changes made by then."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, TableRef, Raw]] = []

    def add(self, length: int, ref: TableRef, rows: Iterable[Raw]) -> None:
        self._rows += [(length, ref, row) for row in rows]

    def truncate(self, length: int) -> None:
        """Forget the rows of changes after the first `length`."""
        self._rows = [base for base in self._rows if base[0] <= length]

    @property
    def names(self) -> set[tuple[TableRef, str]]:
        """What tells these rows from others, as `Change.name` does."""
        return {(ref, row[ROW_ID].lower()) for _, ref, row in self._rows}

    def check(self, alias: Using) -> Operation[None]:
        """Raise `Conflict` if one of the rows is not as it was. Reads past the cache, 100 rows with each request."""
        by_table: dict[TableRef, list[Raw]] = {}
        for _, ref, row in self._rows:
            by_table.setdefault(ref, []).append(row)
        for ref, rows in by_table.items():
            ids = list({row[ROW_ID].lower(): row[ROW_ID] for row in rows}.values())
            stored: dict[str, Raw] = {}
            for start in range(0, len(ids), BULK_LIMIT):
                stored |= yield from rows_by_id(alias, ref, ids[start : start + BULK_LIMIT])
            for row in rows:
                if _compared(stored.get(row[ROW_ID].lower(), {})) != _compared(row):
                    raise Conflict(
                        f"The row {row[ROW_ID]!r} of {ref.table} was changed in the meantime, and the block has"
                        " computed values from it.",
                        status=409,
                    )


def _compared(row: Raw) -> Raw:
    return {key: value for key, value in row.items() if key == _UPDATED_AT or not key.startswith("$")}
