"""A table as reads inside a transaction see it, with staged operations applied.

The server's view is approximate, and so is this (all observed): staged increments are not visible; bulk changes apply
only to rows that are staged themselves; new rows are appended to every list, whatever its filters; a staged row shows
what was sent for it, without a sequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..api.errors import AppwriteError, invalid_query
from ..api.identifiers import folded_id
from ..queries.parser import parse_queries
from ..rows.access import has_permission
from ..rows.context import RequestContext
from ..rows.repository import find_row
from ..rows.serializers import permissions_of
from ..schema.models import Table
from ..storage.session import Session
from .filters import matches
from .repository import Operation, Transaction, operations_of

_HIDDEN: Final = ("increment", "decrement")


@dataclass(slots=True)
class Staged:
    """A staged row.

    - ``data``: as sent. ``gone``: the row was deleted.
    - ``origin``: the first action that counts for it (create, upsert or update).
    """

    id: str
    data: dict[str, Any] = field(default_factory=dict)
    origin: str = "update"
    gone: bool = False

    @property
    def is_new(self) -> bool:
        """Whether the row was created by the transaction."""
        return self.origin != "update"


def staged_rows(session: Session, transaction: Transaction, table: Table) -> dict[str, Staged]:
    """Return the staged rows of a table by folded id, in the order of their first operation.

    Raises ``general_query_invalid`` for a staged bulk operation with invalid queries.
    """
    rows: dict[str, Staged] = {}
    for operation in operations_of(session, transaction):
        if operation.table_number == table.number and operation.action not in _HIDDEN:
            _apply(rows, operation)
    return rows


def _apply(rows: dict[str, Staged], operation: Operation) -> None:
    action, data = operation.action, operation.data
    if action in ("create", "upsert"):  # discards what was staged before (the server's source)
        id = str(operation.row_id)
        rows.pop(folded_id(id), None)
        _merge(rows, id, data, action)
    elif action == "update":
        id = str(operation.row_id)
        if (row := rows.get(folded_id(id))) is not None and row.gone:
            # Observed: from here on the server fails on every read in the transaction.
            raise AppwriteError("general_unknown", f"The transaction changes the row {id!r} after it deleted it.")
        _merge(rows, id, data, action)
    elif action == "delete":
        row = rows.setdefault(folded_id(str(operation.row_id)), Staged(str(operation.row_id)))
        row.gone = True
    elif action in ("bulkCreate", "bulkUpsert"):
        for item in data:
            if not isinstance(item, dict):
                raise AppwriteError("general_unknown", "A staged bulk operation contains an item that is not a row.")
            if isinstance(item.get("$id"), str):
                _merge(rows, item["$id"], item, "create" if action == "bulkCreate" else "upsert")
    elif action == "bulkUpdate":
        for row in _selected(rows, data["queries"], everything=True):
            row.data.update(data["data"])
    elif action == "bulkDelete":
        for row in _selected(rows, data["queries"], everything=False):
            row.gone = True


def _merge(rows: dict[str, Staged], id: str, data: Mapping[str, Any], origin: str) -> None:
    row = rows.setdefault(folded_id(id), Staged(id, origin=origin))
    row.data.update(data)
    row.gone = False


def _selected(rows: dict[str, Staged], queries: Iterable[Any], *, everything: bool) -> list[Staged]:
    texts = list(queries)
    if not all(isinstance(text, str) for text in texts):
        raise AppwriteError("general_bad_request", "The queries of a bulk operation are JSON texts.")
    if not texts and not everything:
        return []
    try:
        filters = parse_queries(texts).filters
    except ValueError as problem:
        raise invalid_query(str(problem)) from problem
    return [row for row in rows.values() if not row.gone and matches(row.data, filters)]


def permissions_in_transaction(
    context: RequestContext, transaction: Transaction, table: Table, id: str
) -> list[str] | None:
    """Return the permissions of a row as the transaction sees it; None where there is no row to change.

    A row that the caller may not read does not exist for the caller (observed).
    """
    stored = find_row(context.session, table, id, ())
    staged = staged_rows(context.session, transaction, table).get(folded_id(id))
    if (staged is None and stored is None) or (staged is not None and staged.gone):
        return None
    if stored is None:
        return [item for item in staged.data.get("$permissions") or () if isinstance(item, str)] if staged else None
    granted = permissions_of(stored)
    return granted if has_permission(context.caller, table, "read", granted) else None


def show_staged(row: Staged, table: Table, table_id_name: str, committed: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a staged row for a response: over the committed one, or as it was sent."""
    committed = None if row.origin == "create" else committed
    values = dict(committed or {}) | {key: value for key, value in row.data.items() if key != "$id" or not committed}
    values.setdefault("$sequence", "")
    return values | {"$databaseId": table.database.id, table_id_name: table.id}
