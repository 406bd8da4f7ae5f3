"""The values of relationship columns: ids, rows to be made or changed along, lists of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..api.errors import AppwriteError
from ..api.identifiers import UNIQUE, is_identifier, unique_id
from ..rows.access import may, unauthorized
from ..rows.context import RequestContext
from ..rows.repository import find_row
from ..rows.serializers import permissions_of, show_row
from ..schema.models import Table
from .ends import Side, as_written, check_free, linked_ids, related_table, set_links, side_of

DEEPEST: Final = 3  # levels of rows within rows that a write may carry


def split_links(table: Table, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Row data without its relationships, and the relationships. Raises ``relationship_value_invalid`` for what is
    neither an id nor a row, which is seen before the other columns are looked at."""
    if not table.relationships:
        return dict(data), {}
    links = {column.key: data[column.key] for column in table.relationships if column.key in data}
    for key, value in links.items():
        for item in _items(value or None):
            if not _is_link(item):
                raise _unfit(side_of(table.by_key[key]))
    return {key: value for key, value in data.items() if key not in links}, links


def check_links(table: Table, links: Mapping[str, Any]) -> None:
    """Whether relationships have one value or a list as they should; asked after all other columns are found to be
    in order. Raises ``relationship_value_invalid``."""
    for key, value in links.items():
        side = side_of(table.by_key[key])
        listed = isinstance(value, list) or value == {}  # PHP makes no difference between the empty ones
        if value is not None and (listed != side.many or not all(map(_is_link, _items(value)))):
            raise _unfit(side)


def _is_link(item: Any) -> bool:
    """An id, or a row which may have one."""
    id = item.get("$id") if isinstance(item, dict) else item
    return (id is None and isinstance(item, dict)) or id == UNIQUE or is_identifier(id)


def _items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None or value == {} else [value]


def _unfit(side: Side) -> AppwriteError:
    expected = "a list of ids or rows" if side.many else "an id or a row"
    return AppwriteError("relationship_value_invalid", f"`{side.column.key}` takes {expected}.")


def write_links(
    work: RequestContext,
    table: Table,
    id: str,
    links: Mapping[str, Any],
    *,
    creating: bool,
    upserting: bool = False,
    depth: int = 0,
) -> dict[str, Any]:
    """Store the links of a row and give them as the answer shows them.

    A row that is given whole is made or, when not ``creating``, changed; a create refuses one that exists
    (observed), which an upsert of a new row changes (the server's source). Of ids that lead nowhere only the single
    one of a new row is linked: a list goes without them, and a change makes null of it (the database library). Raises
    ``relationship_value_invalid``, ``row_already_exists`` where either row of a one-to-one relationship is linked to
    another, and what making and changing rows raises.
    """
    shown: dict[str, Any] = {}
    for key, value in links.items():
        side = side_of(table.by_key[key])
        before = linked_ids(work.session, side, id)
        if value is None and side.many and before and not creating:
            raise _unfit(side)
        related = related_table(work, table, side)
        refusing = creating and not upserting
        ids = [_settle(work, table, id, related, item, refusing, depth) for item in _items(value)]
        if side.many or not creating:
            ids = [far for far in ids if find_row(work.session, related, far, ()) is not None]
        check_free(work.session, side, id, ids)
        set_links(work.session, side, id, ids)
        rows = [_linked_row(work, related, far) for far in ids]
        shown[key] = rows if side.many else rows[0] if rows else None
    return shown


def _settle(work: RequestContext, table: Table, id: str, related: Table, item: Any, refusing: bool, depth: int) -> str:
    """The id of a linked row, which may have to be made or changed first. A new one is stored with the permissions
    of the row it is linked to, unless it has its own (the database library)."""
    from ..rows.write import create_checked_row, patch_row  # a row within a row is written like any other

    if isinstance(item, str):
        return item
    if depth >= DEEPEST:
        raise AppwriteError("relationship_value_invalid", f"Rows may be nested {DEEPEST} deep.")
    far = item.get("$id") or UNIQUE
    far = unique_id() if far == UNIQUE else far
    granted = item.get("$permissions")
    permissions = [str(entry) for entry in granted] if isinstance(granted, list) else None
    if find_row(work.session, related, far, ()) is None:
        if permissions is None and (near := find_row(work.session, table, id, ())) is not None:
            permissions = permissions_of(near)
        create_checked_row(work, related, far, item, permissions, depth + 1)
    elif refusing:
        raise unauthorized("A row that exists cannot be given whole when another is created; link it by its id.")
    elif any(not name.startswith("$") for name in item):
        patch_row(work, related, far, item, permissions, depth + 1)
    return str(far)


def _linked_row(work: RequestContext, related: Table, id: str) -> dict[str, Any]:
    """A linked row as the answer to a write shows it; of one that is not there only its table is known."""
    stored = find_row(work.session, related, id, related.plain)
    if stored is None or not may(work.caller, related, "read", permissions_of(stored)):
        return {"$databaseId": related.database.id, work.view.words.table_id: related.id, "$sequence": ""}
    return show_row(related, related.plain, stored, work.view)


def own_links(work: RequestContext, table: Table, id: str) -> dict[str, Any]:
    """What a row shows of its relationships without being asked: the ids it holds itself."""
    shown: dict[str, Any] = {}
    for column in table.relationships:
        side = side_of(column)
        if side.holds and column in table.linked:
            ids = linked_ids(work.session, side, id)
            shown[column.key] = _id_in_its_case(work, table, side, ids[0]) if ids else None
    return shown


def _id_in_its_case(work: RequestContext, table: Table, side: Side, id: str) -> str:
    stored = find_row(work.session, related_table(work, table, side), id, ())
    return str(stored[1]) if stored else as_written(work.session, side, id)
