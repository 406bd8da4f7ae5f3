"""Publish events for changes of rows; a no-op without subscribers.

The routes that publish an event, and its payload, were recorded from Appwrite 1.9.6.
docs/reference/local.md lists them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..api.permissions import split_permission
from ..events.event import Event
from ..schema.models import Table
from .context import RequestContext

ROW: Final = "rows"


def publish_row_event(
    context: RequestContext, table: Table, action: str, row: Mapping[str, Any], *, legacy_first: bool = False
) -> None:
    """Publish that a row was created, updated, upserted or deleted; a deleted ``row`` as it was before."""
    if not context.session.has_subscribers:
        return
    path = (("databases", table.database.id), ("tables", table.id), (ROW, row["$id"]))
    hidden = () if action == "create" else {column.key for column in table.relationships}
    payload = {name: value for name, value in row.items() if name not in hidden}
    context.session.publish(
        Event(path, action, payload, context.caller.user_id, _readers(table, row["$permissions"]), legacy_first)
    )


def publish_bulk_event(context: RequestContext, table: Table, action: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Publish the rows in the response of a bulk route; rows beyond its limit have no event."""
    internal = {} if action == "create" else {"$collection": internal_name(table)}
    for row in rows if context.session.has_subscribers else ():
        publish_row_event(context, table, action, {**row, **internal}, legacy_first=True)


def internal_name(table: Table) -> str:
    """Return the table's name in the server's own database, which some payloads contain."""
    return f"database_{table.database.number}_collection_{table.number}"


def _readers(table: Table, permissions: Iterable[str]) -> frozenset[str]:
    granted = [*table.permissions, *(permissions if table.row_security else ())]
    return frozenset(role for verb, role in map(_split, granted) if verb == "read")


def _split(permission: str) -> tuple[str, str]:
    try:
        return split_permission(permission)
    except ValueError:  # a bulk upsert stores what is not a permission; it grants nothing
        return "", ""
