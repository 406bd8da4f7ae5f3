"""What routes say of what they did. Nothing is made of it unless somebody listens.

Which requests are told, and what their payloads hold, was recorded from a running 1.9.6; docs/local.md has the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..api.permissions import split_permission
from ..api.router import Call
from ..emulation.dates import now
from ..rows.context import RequestContext
from ..schema.models import Database, Table
from .event import Event

ROW: Final = "rows"
COLUMN: Final = "columns"
INDEX: Final = "indexes"


def publish_row_event(
    work: RequestContext, table: Table, action: str, row: Mapping[str, Any], *, id: str = "", legacy_first: bool = False
) -> None:
    """A row was created, updated, upserted or deleted; ``row`` as it is now, or was before it went."""
    if not work.session.is_heard:
        return
    path = (("databases", table.database.id), ("tables", table.id), (ROW, id or row["$id"]))
    hidden = () if action == "create" else {column.key for column in table.relationships}
    payload = {name: value for name, value in row.items() if name not in hidden}
    work.session.tell(
        Event(path, action, payload, work.caller.user_id, _readers(table, row["$permissions"]), legacy_first)
    )


def publish_bulk_event(work: RequestContext, table: Table, action: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """The rows that a bulk route answers with; those beyond are not told of."""
    internal = {} if action == "create" else {"$collection": internal_name(table)}
    for row in rows if work.session.is_heard else ():
        publish_row_event(work, table, action, {**row, **internal}, legacy_first=True)


def internal_name(table: Table) -> str:
    """The table's name in the server's own database, which some payloads give away."""
    return f"database_{table.database.number}_collection_{table.number}"


def tell_part(call: Call, table: Table, kind: str, key: str, action: str, payload: Mapping[str, Any]) -> None:
    """A column or an index was changed; it is named by the server's numbers and its key."""
    id = f"{table.database.number}_{table.number}_{key}"
    path = (("databases", table.database.id), ("tables", table.id), (kind, id))
    call.session.tell(Event(path, action, {**payload, "$id": id} if kind == INDEX else payload, call.caller.user_id))


def tell_removal(call: Call, table: Table, kind: str, key: str, payload: Mapping[str, Any]) -> None:
    """A column or an index is to go. The server tells of the request alone, as an update, and not of the end."""
    tell_part(call, table, kind, key, "update", {**payload, "status": "deleting", "$updatedAt": now()})


def publish_table_event(call: Call, table: Table, action: str, payload: Mapping[str, Any]) -> None:
    path = (("databases", table.database.id), ("tables", table.id))
    call.session.tell(Event(path, action, payload, call.caller.user_id))


def tell_database(call: Call, database: Database, action: str, payload: Mapping[str, Any]) -> None:
    call.session.tell(Event((("databases", database.id),), action, payload, call.caller.user_id))


def _readers(table: Table, permissions: Iterable[str]) -> frozenset[str]:
    granted = [*table.permissions, *(permissions if table.row_security else ())]
    return frozenset(role for verb, role in map(_split, granted) if verb == "read")


def _split(permission: str) -> tuple[str, str]:
    try:
        return split_permission(permission)
    except ValueError:  # a bulk upsert stores what is not a permission; it grants nothing
        return "", ""
