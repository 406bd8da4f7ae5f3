"""Create, change and delete one row, without what is nested in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..api.errors import AppwriteError, invalid_structure, server_error
from ..api.identifiers import folded_id
from ..columns.conversion import show, store
from ..defects import Defect
from ..emulation.php_comparison import loosely_equal
from ..schema.models import Table
from .access import check_own_roles, has_permission, permissions_for_new_row, unauthorized
from .context import RequestContext
from .links import rename_links
from .on_delete import release_links
from .operators.results import TooLong, apply_operator
from .read import row_not_found
from .repository import StoredRow, delete_rows, find_row, insert_row, moment_after, overwrite_row, update_row
from .serializers import permissions_of, show_row, system_part
from .validation import RowData, check_unchanged

_SHOWN_AS: Final = {"id": "$id", "created": "$createdAt", "updated": "$updatedAt"}
_FIRST_VALUE: Final = 5  # position in a stored row, after the system columns


def create_row(
    context: RequestContext, table: Table, id: str, data: RowData, permissions: Sequence[str] | None
) -> dict[str, Any]:
    """Store a new row and return it exactly as it was sent.

    Raises ``user_unauthorized``, ``row_already_exists``.
    """
    if not has_permission(context.caller, table, "create"):
        raise unauthorized()
    granted = permissions_for_new_row(context.caller, permissions)
    created, updated = data.created or context.moment, data.updated or context.moment
    seq = insert_row(context.session, table, id, created, updated, granted, data.values)
    row = {column.key: _fresh(data.values.get(column.key), column.array) for column in table.plain}
    return row | system_part(table, seq, id, created, updated, granted, context.view)


def _fresh(value: Any, array: bool) -> Any:
    return [] if array and value is None else value


def update_stored_row(
    context: RequestContext,
    table: Table,
    stored: StoredRow,
    id: str,
    data: RowData,
    permissions: Sequence[str] | None,
    *,
    alone: bool = True,
    unchanged_verb: str = "update",
    touched: bool = False,
) -> dict[str, Any]:
    """Change a row that ``find_row`` returned; ``$updatedAt`` changes only where something differs.

    - An id in another letter case renames the row (observed).
    - ``alone``: False in bulk updates, where the server does not read the rows it changes.
    - ``unchanged_verb``: the permission that is needed where nothing differs.
    - ``touched``: the row counts as changed whatever its columns say.

    Raises ``user_unauthorized``, ``row_invalid_structure``, ``row_already_exists``, ``row_update_conflict``.
    """
    shown_row = show_row(table, table.plain, stored, context.view)
    _check_as_of(context, stored)
    if permissions is not None:
        check_own_roles(context.caller, permissions)
    if alone:
        check_unchanged(table, shown_row, data)
    present = {c.key: value for c, value in zip(table.plain, stored[_FIRST_VALUE:], strict=True)}
    changes = {
        key: value
        for key, value in data.values.items()
        if _differs(shown_row[key], value) or (present[key] is None) != (value is None)
    }
    computed = operator_results(context, table, data, shown_row, present, careful=alone)
    system: dict[str, Any] = {"id": id} if id != shown_row["$id"] else {}
    if data.created:
        system["created"] = data.created
    if permissions is not None and list(permissions) == shown_row["$permissions"]:
        permissions = None
    changed = bool(changes or computed or system or permissions is not None or data.updated or touched)
    if not has_permission(context.caller, table, "update" if changed else unchanged_verb, shown_row["$permissions"]):
        raise unauthorized()
    if changed:
        system["updated"] = data.updated or moment_after(shown_row["$updatedAt"], context.moment)
        update_row(context.session, table, stored[0], changes, system, permissions, computed)
        rename_links(context.session, table, shown_row["$id"], id)
    row = shown_row | {key: _fresh(value, table.by_key[key].array) for key, value in changes.items()}
    row |= {key: _reread(table, key, value) for key, value in computed.items()}
    row |= {_SHOWN_AS[name]: value for name, value in system.items()}
    return row if permissions is None else row | {"$permissions": list(permissions)}


def _check_as_of(context: RequestContext, stored: StoredRow) -> None:
    if context.as_of and stored[3] > context.as_of:
        raise AppwriteError("row_update_conflict", "The row was changed after the time in x-appwrite-timestamp.")


def operator_results(
    context: RequestContext,
    table: Table,
    data: RowData,
    shown_row: Mapping[str, Any],
    present: Mapping[str, Any],
    *,
    careful: bool,
) -> dict[str, Any]:
    """Return the results of the operators in ``data``. Raises ``row_invalid_structure``."""
    results = {}
    for key, operator in data.operators.items():
        before = None if present[key] is None else shown_row[key]
        try:
            results[key] = apply_operator(operator, table.by_key[key], before, careful=careful)
        except ValueError as problem:
            if isinstance(problem, TooLong) and not careful and context.defects.imitate(Defect.BULK_CONCAT):
                raise server_error(f"the column `{key}` is too short") from problem
            raise invalid_structure(f"column `{key}`: {problem}") from problem
    return results


def _reread(table: Table, key: str, value: Any) -> Any:
    column = table.by_key[key]
    return show(column, store(column, value, exact=True))


def _differs(old: Any, new: Any) -> bool:
    return bool(old != new) or isinstance(old, bool) != isinstance(new, bool)


def response_fails(context: RequestContext, table: Table) -> bool:
    """Return whether the server cannot read a row of this table after an update with operators."""
    return table.has_encoded and context.defects.imitate(Defect.OPERATOR_ANSWER)


def row_to_upsert(context: RequestContext, present_row: StoredRow | None, id: str) -> StoredRow | None:
    """Return the row that an upsert changes, from the result of ``find_row``; None where it creates one."""
    if present_row is not None and present_row[1] != id and context.defects.imitate(Defect.CASE_UPSERT):
        return None
    return present_row


def writes_nothing(context: RequestContext, data: Mapping[str, Any], permissions: Sequence[str] | None) -> bool:
    """Return whether the server skips the insertion of an upsert.

    It compares what is sent with a row of nulls, as PHP compares, and sees no change.
    """
    sent = [value for key, value in data.items() if not key.startswith("$")]
    return (
        not permissions_for_new_row(context.caller, permissions)
        and all(loosely_equal(None, value) for value in sent)
        and context.defects.imitate(Defect.EMPTY_UPSERT)
    )


def insert_upserted(
    context: RequestContext, table: Table, id: str, data: RowData, permissions: Sequence[str] | None
) -> dict[str, Any]:
    """Store the row of an upsert with a new id. Raises as ``create_row`` does."""
    try:
        return create_row(context, table, id, data, permissions)
    except AppwriteError as refusal:
        if refusal.type != "row_already_exists" or not context.defects.imitate(Defect.UNIQUE_UPSERT):
            raise
    moment, granted = data.updated or context.moment, permissions_for_new_row(context.caller, permissions)
    overwrite_row(context.session, table, id, moment, granted, data.values)
    row = {column.key: _fresh(data.values.get(column.key), column.array) for column in table.plain}
    return row | system_part(table, 0, id, moment, moment, granted, context.view) | {"$sequence": ""}  # recorded


def is_repetition(
    context: RequestContext, table: Table, stored: StoredRow, data: Mapping[str, Any], permissions: Sequence[str] | None
) -> bool:
    """Return whether an upsert has the stored value of every column.

    The server then does nothing, checks no permission and, in a bulk call, does not count the row. An upsert that
    leaves a column out counts as a change (the database library).
    """
    shown_row = show_row(table, table.plain, stored, context.view)
    if permissions is not None and sorted(permissions) != sorted(shown_row["$permissions"]):
        return False
    keys = {key for key in data if not key.startswith("$")}
    return keys == table.by_key.keys() and all(
        key in shown_row and loosely_equal(shown_row[key], data[key]) for key in keys
    )


def with_applied_operators(context: RequestContext, table: Table, data: RowData) -> RowData:
    """Return the data of a new row, with operators applied to the defaults of their columns."""
    defaults = {key: table.by_key[key].default for key in data.operators}
    results = operator_results(context, table, data, defaults, defaults, careful=True)
    return RowData({**data.values, **results}, created=data.created, updated=data.updated)


def remove_row(context: RequestContext, table: Table, id: str) -> dict[str, Any]:
    """Delete a row and return it as it was.

    Raises ``row_not_found``, ``user_unauthorized``, ``row_delete_restricted``, ``row_update_conflict``.
    """
    stored = find_row(context.session, table, id, table.plain)
    if stored is None:
        raise row_not_found()
    if not has_permission(context.caller, table, "delete", permissions_of(stored)):
        raise unauthorized()
    _check_as_of(context, stored)
    if table.linked:
        release_links(context, table, folded_id(stored[1]))
    delete_rows(context.session, table, [stored[0]])
    return show_row(table, table.plain, stored, context.view)
