"""Write a row together with its relationships: links by id, and rows nested in its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..api.errors import AppwriteError
from ..api.identifiers import UNIQUE, is_identifier, unique_id
from ..defects import AppliedError
from ..schema.models import Table
from .access import check_own_roles, has_permission, unauthorized
from .context import RequestContext
from .links import Side, check_link_is_free, linked_ids, related_table, set_links, side_of, visible_sides
from .read import row_not_found
from .related_rows import link_ids
from .repository import StoredRow, find_row
from .serializers import permissions_of, show_row
from .validation import RowData, check_data, writable
from .write import (
    create_row,
    insert_upserted,
    is_repetition,
    response_fails,
    row_to_upsert,
    update_stored_row,
    with_applied_operators,
    writes_nothing,
)

MAX_DEPTH: Final = 3  # levels of rows nested in rows that a write may have


def check_row(
    context: RequestContext, table: Table, data: Mapping[str, Any], *, whole_row: bool, operators: bool = False
) -> tuple[RowData, dict[str, Any]]:
    """Check the columns of a row, then its relationships; return both.

    A value that is neither an id nor a row is refused before any column is checked (observed). Raises as
    ``check_data`` does, and ``relationship_value_invalid``.
    """
    own, links = _split_links(table, writable(context, data))
    checked = check_data(table, own, whole_row=whole_row, operators=operators)
    for key, value in links.items():
        side = side_of(table.by_key[key])
        is_list = isinstance(value, list) or value == {}  # PHP does not distinguish an empty list from {}
        if value is not None and (is_list != side.many or not all(map(_is_link, _items(value)))):
            raise _invalid_link(side)
    return checked, links


def _split_links(table: Table, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if not table.relationships:
        return dict(data), {}
    links = {column.key: data[column.key] for column in table.relationships if column.key in data}
    for key, value in links.items():
        for item in _items(value or None):
            if not _is_link(item):
                raise _invalid_link(side_of(table.by_key[key]))
    return {key: value for key, value in data.items() if key not in links}, links


def _is_link(item: Any) -> bool:
    """Return whether an item is an id, or a row with a valid id or none."""
    id = item.get("$id") if isinstance(item, dict) else item
    return (id is None and isinstance(item, dict)) or id == UNIQUE or is_identifier(id)


def _items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None or value == {} else [value]


def _invalid_link(side: Side) -> AppwriteError:
    expected = "a list of ids or rows" if side.many else "an id or a row"
    return AppwriteError("relationship_value_invalid", f"`{side.column.key}` takes {expected}.")


def create_nested_row(
    context: RequestContext,
    table: Table,
    id: str,
    data: Mapping[str, Any],
    permissions: Sequence[str] | None,
    depth: int = 0,
) -> dict[str, Any]:
    """Check and store a new row with its links. Raises as ``check_row``, ``create_row`` and ``write_links`` do."""
    checked, links = check_row(context, table, data, whole_row=True)
    row = create_row(context, table, id, checked, permissions)
    return row | _write_links_of_new_row(context, table, id, links, depth)


def _write_links_of_new_row(
    context: RequestContext, table: Table, id: str, links: Mapping[str, Any], depth: int, *, upserting: bool = False
) -> dict[str, Any]:
    empty: dict[str, Any] = {side.column.key: [] for side in visible_sides(table) if side.many}
    return empty | write_links(context, table, id, links, creating=True, upserting=upserting, depth=depth)


def patch_row(
    context: RequestContext,
    table: Table,
    id: str,
    data: Mapping[str, Any],
    permissions: Sequence[str] | None,
    depth: int = 0,
) -> dict[str, Any]:
    """Merge data into a row.

    Raises ``row_not_found``, and as ``check_row``, ``update_stored_row`` and ``write_links`` do.
    """
    stored = find_row(context.session, table, id, table.plain)
    if stored is None:
        raise row_not_found()
    checked, links = check_row(context, table, data, whole_row=False, operators=True)
    row = update_stored_row(
        context, table, stored, id, checked, permissions, unchanged_verb="read", touched=bool(links)
    )
    row |= link_ids(context, table, id) | write_links(context, table, id, links, creating=False, depth=depth)
    if checked.operators and response_fails(context, table):
        raise AppliedError("general_unknown", "Server error: the changed row cannot be read again.")
    return row


def upsert_row(
    context: RequestContext, table: Table, id: str, data: Mapping[str, Any], permissions: Sequence[str] | None
) -> dict[str, Any]:
    """Create a row, or merge data that has every required column into it. Raises as both do."""
    present = find_row(context.session, table, id, table.plain)
    stored = row_to_upsert(context, present, id)
    if present is not None and stored is None and permissions is None:
        permissions = permissions_of(present)
    if stored is None and writes_nothing(context, data, permissions):
        return {"$sequence": "", "$databaseId": table.database.id, context.view.dialect.table_id: table.id}  # observed
    repeats = stored is not None and is_repetition(context, table, stored, data, permissions)
    if stored is not None and repeats and has_permission(context.caller, table, "read", permissions_of(stored)):
        return show_row(table, table.plain, stored, context.view) | link_ids(context, table, id)
    return write_upsert(context, table, stored, id, data, permissions)


def write_upsert(
    context: RequestContext,
    table: Table,
    stored: StoredRow | None,
    id: str,
    data: Mapping[str, Any],
    permissions: Sequence[str] | None,
) -> dict[str, Any]:
    """Write an upsert over the row that ``row_to_upsert`` returned, or create it where that is None."""
    whole, links = check_row(context, table, data, whole_row=True, operators=True)
    if stored is None:
        row = insert_upserted(context, table, id, with_applied_operators(context, table, whole), permissions)
        return row | _write_links_of_new_row(context, table, id, links, 0, upserting=True)
    if permissions is None:
        check_own_roles(context.caller, permissions_of(stored))  # the server writes them again (the server's source)
    sent, _ = check_row(context, table, data, whole_row=False, operators=True)
    sent = RowData(sent.values, sent.operators, updated=sent.updated)  # observed: $createdAt stays
    row = update_stored_row(context, table, stored, id, sent, permissions, touched=True)
    return row | link_ids(context, table, id) | write_links(context, table, id, links, creating=False)


def write_links(
    context: RequestContext,
    table: Table,
    id: str,
    links: Mapping[str, Any],
    *,
    creating: bool,
    upserting: bool = False,
    depth: int = 0,
) -> dict[str, Any]:
    """Store the links of a row and return them as the response shows them.

    - A nested row is created or, unless ``creating``, changed. A create refuses one that exists (observed), an
      upsert of a new row changes it (the server's source).
    - An id without a row is linked only as the single link of a new row. A list is stored without such ids, and a
      change stores null (the database library).

    Raises ``relationship_value_invalid``, ``row_already_exists`` where a row of a one-to-one relationship has another
    link, and as creating and changing rows do.
    """
    values: dict[str, Any] = {}
    for key, value in links.items():
        side = side_of(table.by_key[key])
        before = linked_ids(context.session, side, id)
        if value is None and side.many and before and not creating:
            raise _invalid_link(side)
        related = related_table(context, table, side)
        refusing = creating and not upserting
        ids = [_write_nested(context, table, id, related, item, refusing, depth) for item in _items(value)]
        if side.many or not creating:
            ids = [far for far in ids if find_row(context.session, related, far, ()) is not None]
        check_link_is_free(context.session, side, id, ids)
        set_links(context.session, side, id, ids)
        rows = [_linked_row(context, related, far) for far in ids]
        values[key] = rows if side.many else rows[0] if rows else None
    return values


def _write_nested(
    context: RequestContext, table: Table, id: str, related: Table, item: Any, refusing: bool, depth: int
) -> str:
    """Return the id of a link; create or change its row first where the row itself was sent.

    A new row without permissions gets those of the row that it is nested in (the database library).
    """
    if isinstance(item, str):
        return item
    if depth >= MAX_DEPTH:
        raise AppwriteError("relationship_value_invalid", f"Rows may be nested {MAX_DEPTH} deep.")
    far = item.get("$id") or UNIQUE
    far = unique_id() if far == UNIQUE else far
    granted = item.get("$permissions")
    permissions = [str(entry) for entry in granted] if isinstance(granted, list) else None
    if find_row(context.session, related, far, ()) is None:
        if permissions is None and (near := find_row(context.session, table, id, ())) is not None:
            permissions = permissions_of(near)
        create_nested_row(context, related, far, item, permissions, depth + 1)
    elif refusing:
        raise unauthorized("A create cannot change an existing linked row; link it by its id.")
    elif any(not name.startswith("$") for name in item):
        patch_row(context, related, far, item, permissions, depth + 1)
    return str(far)


def _linked_row(context: RequestContext, related: Table, id: str) -> dict[str, Any]:
    """Return a linked row for the response to a write; only its table where it does not exist or is not readable."""
    stored = find_row(context.session, related, id, related.plain)
    if stored is None or not has_permission(context.caller, related, "read", permissions_of(stored)):
        return {"$databaseId": related.database.id, context.view.dialect.table_id: related.id, "$sequence": ""}
    return show_row(related, related.plain, stored, context.view)
