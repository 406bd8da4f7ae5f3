"""Publish events for changes of databases, tables, columns and indexes.

The routes that publish an event, and its payload, were recorded from Appwrite 1.9.6.
docs/reference/local.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..api.router import Call
from ..emulation.dates import now
from ..events.event import Event
from .models import Database, Table

COLUMN: Final = "columns"
INDEX: Final = "indexes"


def publish_database_event(call: Call, database: Database, action: str, payload: Mapping[str, Any]) -> None:
    """Publish that a database was created, updated or deleted."""
    call.session.publish(Event((("databases", database.id),), action, payload, call.caller.user_id))


def publish_table_event(call: Call, table: Table, action: str, payload: Mapping[str, Any]) -> None:
    """Publish that a table was created, updated or deleted."""
    path = (("databases", table.database.id), ("tables", table.id))
    call.session.publish(Event(path, action, payload, call.caller.user_id))


def publish_part_event(call: Call, table: Table, kind: str, key: str, action: str, payload: Mapping[str, Any]) -> None:
    """Publish that a column or an index was changed; its id is made of the server's numbers and its key."""
    id = f"{table.database.number}_{table.number}_{key}"
    path = (("databases", table.database.id), ("tables", table.id), (kind, id))
    payload = {**payload, "$id": id} if kind == INDEX else payload
    call.session.publish(Event(path, action, payload, call.caller.user_id))


def publish_part_removal(call: Call, table: Table, kind: str, key: str, payload: Mapping[str, Any]) -> None:
    """Publish that a column or an index is being removed.

    The server publishes the request, as an update, and not the removal.
    """
    publish_part_event(call, table, kind, key, "update", {**payload, "status": "deleting", "$updatedAt": now()})
