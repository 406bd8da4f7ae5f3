"""Changes of single tables, each from one declared state to another, as Django's migrations make them.

Only what differs between the two states is compared with the server. Everything else on the server is kept as it is,
so that a change neither repairs nor refuses what other migrations or other programs have made there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ..exceptions import SchemaError
from .autodetector import compare
from .declared import DeclaredTable
from .operations.convert_column import former_key, temporary_key
from .plan import MigrationOptions, MigrationPlan
from .state import AVAILABLE, ColumnState, IndexState, TableState, lookup

# A change names what it drops; everything else on the server is part of its target.
_DROPS_ALLOWED = MigrationOptions(prune=True, allow_destructive=True)
_TABLE_OPTIONS = ("name", "permissions", "row_security", "enabled")


class TableChange(NamedTuple):
    """One table before and after a change: without `before` it is created, without `after` dropped.

    `after.former` maps the new keys of renamed columns to their old ones. A column whose kind changes needs
    `convert` on its `Column` in `after.columns`, unless both kinds hold the same values.
    """

    before: DeclaredTable | None
    after: DeclaredTable | None


def plan_changes(database: str, changes: Sequence[TableChange], existing: Mapping[str, TableState]) -> MigrationPlan:
    """Return the plan of `changes` for a server that has the `existing` tables (by id in lower case).

    Raises `SchemaError` for a change to another table id, and for two changes of one table.
    """
    targets: list[DeclaredTable] = []
    dropped: list[TableState] = []
    obstacles: list[str] = []
    for before, after in _checked(changes):
        table = existing.get(_id(before, after).lower())
        if after is None:
            dropped += [table] if table is not None else []
        elif problem := _problem(before, after, table):
            obstacles.append(problem)
        else:
            targets.append(after if table is None else _target(before, after, table))
    ends = frozenset(end for change in changes for table in change if table for end in table.relationship_ends)
    plan = compare(database, targets, existing, _DROPS_ALLOWED, dropped, ends)
    plan.obstacles += obstacles
    return plan


def _checked(changes: Sequence[TableChange]) -> Sequence[TableChange]:
    ids: set[str] = set()
    for before, after in changes:
        id = _id(before, after)
        if before is not None and after is not None and before.state.id != id:
            raise SchemaError(
                f"Table {before.state.id} cannot become {id}: Appwrite cannot change the id of a table. Keep its id,"
                " or create the other table, copy the rows, and drop this one."
            )
        if id.lower() in ids:
            raise SchemaError(f"Table {id} is in two changes of one call. Make them one after the other.")
        ids.add(id.lower())
    return changes


def _id(before: DeclaredTable | None, after: DeclaredTable | None) -> str:
    table = after or before
    if table is None:
        raise ValueError("A TableChange needs `before`, `after` or both.")
    return table.state.id


def _problem(before: DeclaredTable | None, after: DeclaredTable, existing: TableState | None) -> str:
    """Why the table on the server does not allow the change; empty when it does."""
    if before is None:
        unknown = _unrelated_columns(None, after, existing) if existing is not None else {}
        if unknown:
            return (
                f"table {after.state.id} exists already, with other columns: {', '.join(unknown)}. Drop it, or give"
                " the new table another id."
            )
    elif existing is None:
        return f"table {after.state.id} does not exist. Run the migration that creates it first."
    else:
        for key, old_key in after.former.items():
            column, old_column = lookup(existing.columns, key), lookup(existing.columns, old_key)
            if column is not None and old_column is not None and column is not old_column:
                return (
                    f"column {after.state.id}.{old_key} cannot be renamed to {key}: the table has both columns. Drop"
                    " or rename one of them first."
                )
    return ""


def _target(before: DeclaredTable | None, after: DeclaredTable, existing: TableState) -> DeclaredTable:
    """Return `after`, with what the change does not touch as the server has it."""
    options: dict[str, Any] = {
        name: getattr(existing if _is_unchanged(before, after, name) else after.state, name) for name in _TABLE_OPTIONS
    }
    columns = {key: _target_column(before, after, existing, column) for key, column in after.state.columns.items()}
    state = TableState(
        id=after.state.id,
        **options,
        columns=columns | _unrelated_columns(before, after, existing),
        indexes={**after.state.indexes, **_unrelated_indexes(before, after, existing)},
    )
    return replace(after, state=state)


def _is_unchanged(before: DeclaredTable | None, after: DeclaredTable, option: str) -> bool:
    return before is not None and bool(getattr(before.state, option) == getattr(after.state, option))


def _target_column(
    before: DeclaredTable | None, after: DeclaredTable, existing: TableState, column: ColumnState
) -> ColumnState:
    old_key = after.former.get(column.key, column.key)
    old = before.state.columns.get(old_key) if before is not None else None
    if old is None or replace(old, key=column.key) != column:
        return column
    served = lookup(existing.columns, column.key) or lookup(existing.columns, old_key)
    return replace(served, key=column.key) if served is not None and served.status == AVAILABLE else column


def _unrelated_columns(
    before: DeclaredTable | None, after: DeclaredTable, existing: TableState
) -> dict[str, ColumnState]:
    """Columns of the server that neither state declares, without those that a conversion of this table has made."""
    declared = {**after.state.columns, **(before.state.columns if before is not None else {})}
    temporary = {make(key) for key in after.columns for make in (temporary_key, former_key)}
    skipped = temporary | set(after.former.values())
    return {
        key: column for key, column in existing.columns.items() if key not in skipped and lookup(declared, key) is None
    }


def _unrelated_indexes(
    before: DeclaredTable | None, after: DeclaredTable, existing: TableState
) -> dict[str, IndexState]:
    """Indexes of the server that neither state declares, with the new keys of renamed columns.

    An index over a column that is dropped is left out.
    """
    declared = {**after.state.indexes, **(before.state.indexes if before is not None else {})}
    renamed = {old_key: key for key, old_key in after.former.items()}
    old_keys = before.state.columns if before is not None else {}
    dropped = {key for key in old_keys if key not in after.state.columns and key not in renamed}
    return {
        key: replace(index, columns=tuple(renamed.get(column, column) for column in index.columns))
        for key, index in existing.indexes.items()
        if lookup(declared, key) is None and dropped.isdisjoint(index.columns)
    }
