"""`bulk_create()` with `ignore_conflicts` and `update_conflicts`.

Appwrite's own upsert is not used: it overwrites another row on a clash of unique values. Rows are looked up by their
unique values instead, and created or changed by their ids. A create that is refused because another process was faster
begins again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...integrity import commit_together, has_values
from ...plans import OPERATIONS_LIMIT
from ...sansio import Operation
from ...tables.validation import increment
from ...transactions import enclosing
from ..atomic.block_rows import BlockRows, compared_values
from ..columns import ROW_ID
from ..model_table import changed_tables, unique_keys
from ..permissions.values import row_update
from .target_rows import execute_change

Raw = dict[str, Any]
# How often a write looks up again the rows that others create at the same time.
TRIES = 10
# From so many changes on a transaction takes fewer requests.
_TOGETHER = 4


def free_rows(reader: BlockRows, meta: Any, ref: Any, rows: Sequence[Raw]) -> Operation[list[Raw]]:
    """Return the rows whose ids and unique values nobody has: not a stored row, and not one before it here."""
    ids = [row[ROW_ID] for row in rows if ROW_ID in row]
    there = (yield from reader.by_id(ref, ids)) if ids else []
    taken = {(ROW_ID, row[ROW_ID].lower()) for row in there}
    indexes = list(unique_keys(meta))
    for keys in indexes:
        whole = [row for row in rows if has_values(keys, row)]
        if whole:
            owners = yield from reader.with_values(ref, keys, whole)
            taken |= {(*keys, *compared_values(keys, row)) for row in owners}
    free = []
    for row in rows:
        marks = {(ROW_ID, row[ROW_ID].lower())} if ROW_ID in row else set()
        for keys in indexes:
            if has_values(keys, row):
                marks.add((*keys, *compared_values(keys, row)))
        if not marks & taken:
            free.append(row)
            taken |= marks
    return free


def stored_rows(reader: BlockRows, ref: Any, keys: Sequence[str], rows: Sequence[Raw]) -> Operation[dict[Any, Raw]]:
    """Return the stored rows that have the values of one of `rows` under `keys`, by these values."""
    if list(keys) == [ROW_ID]:
        ids = [row[ROW_ID] for row in rows if ROW_ID in row]
        stored = (yield from reader.by_id(ref, ids)) if ids else []
    else:
        whole = [row for row in rows if has_values(keys, row)]
        stored = (yield from reader.with_values(ref, keys, whole)) if whole else []
    return {compared_values(keys, row): row for row in stored}


def changed_rows(connection: Any, meta: Any, ref: Any, changes: Mapping[str, Raw]) -> Operation[None]:
    """Write these values to rows, by their ids."""
    plans = [row_update(ref, row_id, counted(meta, data)) for row_id, data in changes.items() if data]
    block = enclosing(connection.using)
    if block is not None and plans:
        yield from block.stage_all(changed_tables(meta, *plans), plans)
        return
    if len(plans) < _TOGETHER:
        for plan in plans:
            yield from execute_change(connection, meta, plan)
        return
    for start in range(0, len(plans), OPERATIONS_LIMIT):
        part = plans[start : start + OPERATIONS_LIMIT]
        yield from commit_together(connection.using, (changed_tables(meta, *part), part))


def counted(meta: Any, data: Raw) -> Raw:
    """Return the change of a row with an increment of the table's version column, where it has one."""
    return data if meta.version is None else {**data, meta.version.key: increment(1)}
