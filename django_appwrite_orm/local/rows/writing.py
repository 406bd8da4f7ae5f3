"""Creating, changing and deleting one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..catalogue.models import Table
from ..store.session import Session
from ..values.dates import now
from .reading import row_not_found
from .show import View, show_row, system_part
from .stored import StoredRow, delete_rows, find_row, insert_row, update_row
from .structure import RowData, check_data


def create_row(
    session: Session, table: Table, id: str, data: Mapping[str, Any], permissions: Sequence[str], view: View
) -> dict[str, Any]:
    """Store a new row and answer with what was sent, exactly. Raises ``row_invalid_structure``,
    ``row_already_exists``."""
    return insert_checked(session, table, id, check_data(table, data, whole_row=True), permissions, view)


def insert_checked(
    session: Session, table: Table, id: str, data: RowData, permissions: Sequence[str], view: View
) -> dict[str, Any]:
    moment = now()
    created, updated = data.created or moment, data.updated or moment
    seq = insert_row(session, table, id, created, updated, permissions, data.values)
    row = {column.key: _fresh(data.values.get(column.key), column.array) for column in table.plain}
    return row | system_part(table, seq, id, created, updated, list(permissions), view)


def _fresh(value: Any, array: bool) -> Any:
    return [] if array and value is None else value


def update_existing(
    session: Session,
    table: Table,
    stored: StoredRow,
    id: str,
    data: RowData,
    permissions: Sequence[str] | None,
    view: View,
) -> dict[str, Any]:
    """Change a row found by ``find_row``; ``$updatedAt`` moves only where something differs.

    Another letter case of the id renames the row (observed).
    """
    shown = show_row(table, table.plain, stored, view)
    changes = {key: value for key, value in data.values.items() if _differs(shown[key], value)}
    unset = {
        column.key for column, value in zip(table.plain, stored[5:], strict=True)
        if value is None and column.array and column.key in data.values and data.values[column.key] is not None
    }  # fmt: skip
    changes |= {key: data.values[key] for key in unset}
    system: dict[str, Any] = {}
    if id != shown["$id"]:
        system["id"] = id
    if data.created:
        system["created"] = data.created
    if permissions is not None and list(permissions) == shown["$permissions"]:
        permissions = None
    if changes or system or permissions is not None or data.updated:
        system["updated"] = data.updated or now()
        update_row(session, table, stored[0], changes, system, permissions)
    row = shown | {key: _fresh(value, table.by_key[key].array) for key, value in changes.items()}
    names = {"id": "$id", "created": "$createdAt", "updated": "$updatedAt"}
    row |= {names[name]: value for name, value in system.items()}
    return row if permissions is None else row | {"$permissions": list(permissions)}


def _differs(old: Any, new: Any) -> bool:
    return old != new or isinstance(old, bool) != isinstance(new, bool)


def patch_row(
    session: Session, table: Table, id: str, data: Mapping[str, Any], permissions: Sequence[str] | None, view: View
) -> dict[str, Any]:
    """Merge data into a row. Raises ``row_not_found``, ``row_invalid_structure``, ``row_already_exists``."""
    stored = find_row(session, table, id, table.plain)
    if stored is None:
        raise row_not_found()
    checked = check_data(table, data, whole_row=False)
    return update_existing(session, table, stored, id, checked, permissions, view)


def put_row(
    session: Session, table: Table, id: str, data: Mapping[str, Any], permissions: Sequence[str] | None, view: View
) -> dict[str, Any]:
    """Create a row, or merge data that has every required column into it."""
    stored = find_row(session, table, id, table.plain)
    if stored is None:
        return create_row(session, table, id, data, permissions or [], view)
    check_data(table, data, whole_row=True)
    checked = check_data(table, data, whole_row=False)
    return update_existing(session, table, stored, id, checked, permissions, view)


def remove_row(session: Session, table: Table, id: str) -> None:
    """Raises ``row_not_found``."""
    stored = find_row(session, table, id, ())
    if stored is None:
        raise row_not_found()
    delete_rows(session, table, [stored[0]])
