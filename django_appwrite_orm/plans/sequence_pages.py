"""The pages of a list of rows in the order of their sequence, which is that of their creation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .clauses import Clause
from .keyset import BY_SEQUENCE
from .page_progress import Progress
from .reads import ListRows
from .requests import TableRef


class SequencePages:
    """The pages of the rows that match, each as a plan; `plan` is the next one."""

    def __init__(self, table: TableRef, filters: tuple[Clause, ...], size: int, select: tuple[str, ...] = ()) -> None:
        self._progress = Progress(f"table {table.table}")
        self._filters = filters
        self.plan = ListRows(table, filters, BY_SEQUENCE, size, select=select)
        self.finished = False

    def advance(self, rows: list[dict[str, Any]]) -> None:
        """Go on behind these rows of the page. Raises `Unavailable` when the server sends a page twice."""
        self.finished = len(rows) < self.plan.limit
        if not self.finished:
            self._progress.reached(last := str(rows[-1]["$sequence"]))
            beyond = Clause("greaterThan", "$sequence", (last,))
            self.plan = replace(self.plan, filters=(*self._filters, beyond))
