"""Row routes with a transaction: they stage instead of writing, and return what was staged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..api.responses import NO_CONTENT, Response, json_response
from ..queries.list_page import count_page
from ..queries.parser import Query, parse_queries
from ..rows.access import check_own_roles, has_permission, permissions_for_new_row, unauthorized
from ..rows.bulk import check_permissions_sent, refuse_relationships, with_ids
from ..rows.context import RequestContext
from ..rows.read import get_row, list_rows, parse_row_queries, row_not_found, selection_of_one_row
from ..rows.related_rows import show_links
from ..rows.repository import find_row
from ..rows.serializers import permissions_of, show_row
from ..rows.validation import writable
from ..schema.models import Table
from . import repository
from .filters import matches
from .overlay import Staged, permissions_in_transaction, show_staged, staged_rows
from .repository import Transaction


def open_transaction(context: RequestContext, id: str) -> Transaction:
    """Return the caller's transaction, with room for one more operation."""
    transaction = repository.find(context.session, context.caller, id)
    repository.check_pending(transaction)
    repository.check_capacity(transaction, 1)
    return transaction


def create(
    context: RequestContext,
    table: Table,
    tx: str,
    row_id: str,
    data: Mapping[str, Any],
    permissions: Sequence[str] | None,
) -> Response:
    """Stage the creation of a row."""
    if not has_permission(context.caller, table, "create"):
        raise unauthorized()
    granted = permissions_for_new_row(context.caller, permissions)
    transaction = open_transaction(context, tx)
    staged = {"$id": row_id, **_staged_data(context, data), "$permissions": granted}
    repository.stage(context.session, transaction, table, "create", row_id, staged)
    return json_response(201, _fresh(context, table, staged))


def update(
    context: RequestContext,
    table: Table,
    tx: str,
    row_id: str,
    data: Mapping[str, Any],
    permissions: Sequence[str] | None,
) -> Response:
    """Stage the change of a row."""
    transaction = open_transaction(context, tx)
    before = _row_in_transaction(context, table, transaction, row_id, "update")
    staged = _staged_data(context, data)
    if permissions is not None:
        check_own_roles(context.caller, permissions)
        staged["$permissions"] = list(permissions)
    repository.stage(context.session, transaction, table, "update", row_id, staged)
    return json_response(200, before | staged)


def upsert(
    context: RequestContext,
    table: Table,
    tx: str,
    row_id: str,
    data: Mapping[str, Any],
    permissions: Sequence[str] | None,
) -> Response:
    """Stage the upsert of a row."""
    transaction = open_transaction(context, tx)
    stored = find_row(context.session, table, row_id, ())
    verb = "create" if stored is None else "update"
    if not has_permission(context.caller, table, verb, permissions_of(stored) if stored else ()):
        raise unauthorized()
    staged = {"$id": row_id, **_staged_data(context, data)}
    staged["$permissions"] = _permissions_of_upserted(context, table, transaction, row_id, permissions)
    repository.stage(context.session, transaction, table, "upsert", row_id, staged)
    return json_response(201, _fresh(context, table, staged))


def _permissions_of_upserted(
    context: RequestContext, table: Table, transaction: Transaction, row_id: str, permissions: Sequence[str] | None
) -> list[str]:
    """Return the permissions of a staged upsert: those sent, else the row's, else a new row's."""
    if permissions is None:
        staged = staged_rows(context.session, transaction, table).get(folded_id(row_id))
        stored = find_row(context.session, table, row_id, ())
        if staged is not None and not staged.gone and "$permissions" in staged.data:
            permissions = staged.data["$permissions"]
        elif stored is not None:
            permissions = permissions_of(stored)
    return permissions_for_new_row(context.caller, permissions)


def delete(context: RequestContext, table: Table, tx: str, row_id: str) -> Response:
    """Stage the deletion of a row."""
    transaction = open_transaction(context, tx)
    _row_in_transaction(context, table, transaction, row_id, "delete")
    repository.stage(context.session, transaction, table, "delete", row_id, {})
    return NO_CONTENT


def _open_or_bad_request(context: RequestContext, id: str) -> Transaction:
    """Return the open transaction; an unknown or ended one is a bad request here.

    Observed for increments, and in the server's source.
    """
    try:
        return open_transaction(context, id)
    except AppwriteError as refusal:
        if refusal.type in ("transaction_not_found", "transaction_not_ready"):
            raise AppwriteError("general_bad_request", refusal.message) from refusal
        raise


def count(
    context: RequestContext, table: Table, tx: str, action: str, row_id: str, data: Mapping[str, Any]
) -> Response:
    """Stage an increment or decrement; the response has the step, not the result."""
    transaction = _open_or_bad_request(context, tx)
    repository.stage(context.session, transaction, table, action, row_id, dict(data))
    return json_response(200, _fresh(context, table, {"$id": row_id, data["column"]: data["value"]}))


def bulk(context: RequestContext, table: Table, tx: str, action: str, data: Any, total: int) -> Response:
    """Stage a bulk call as one operation; the response has no rows.

    New rows get their ids and permissions when they are staged. Raises ``general_bad_request`` as bulk calls do, and
    ``general_query_invalid``.
    """
    refuse_relationships(table)
    if action == "bulkCreate":
        data = [{**row, "$id": id, "$permissions": granted or []} for id, row, granted in with_ids(context, data)]
    elif action != "bulkUpsert":
        parse_row_queries(data["queries"])
        check_permissions_sent(data.get("data", {}))
    transaction = open_transaction(context, tx) if action == "bulkCreate" else _open_or_bad_request(context, tx)
    repository.stage(context.session, transaction, table, action, None, data)
    return json_response(200, {"total": total, context.view.dialect.rows: []})


def read(context: RequestContext, table: Table, tx: str, row_id: str, queries: Sequence[str]) -> Response:
    """Return one row, staged or not. An unknown or ended transaction is ignored (observed)."""
    transaction = repository.find_pending(context.session, tx)
    row = staged_rows(context.session, transaction, table).get(folded_id(row_id)) if transaction else None
    if row is None:
        return json_response(200, get_row(context, table, row_id, queries))
    if row.gone:
        raise row_not_found()
    selection = selection_of_one_row(context, table, queries)
    stored = find_row(context.session, table, row_id, selection.columns)
    granted = permissions_of(stored) if stored else row.data.get("$permissions", ())
    if not has_permission(context.caller, table, "read", granted):
        raise row_not_found()
    committed = None
    if stored:
        committed = show_links(context, table, show_row(table, selection.columns, stored, context.view), selection)
    return json_response(200, show_staged(row, table, context.view.dialect.table_id, committed))


def list_(context: RequestContext, table: Table, tx: str, queries: Sequence[str], total: bool) -> Response:
    """Return a list, with staged rows replacing its rows and appended to it."""
    page, rows = list_rows(context, table, queries)
    transaction = repository.find_pending(context.session, tx)
    staged = staged_rows(context.session, transaction, table) if transaction else {}
    parsed = parse_queries(queries)
    selected = [name for query in parsed.selects for name in query.values]
    shown_rows, seen = [], set()
    for row in rows:
        over = staged.get(folded_id(row["$id"]))
        seen.add(folded_id(row["$id"]))
        if over is None:
            shown_rows.append(row)
        elif not over.gone:
            shown_rows.append(_narrowed(show_staged(over, table, context.view.dialect.table_id, row), selected))
    for key, over in staged.items():
        if key not in seen and over.is_new and not over.gone:
            shown_rows.append(_narrowed(show_staged(over, table, context.view.dialect.table_id, None), selected))
    counted = _counted(count_page(context.session, page), seen, staged, parsed.filters) if total else 0
    return json_response(200, {"total": counted, context.view.dialect.rows: shown_rows})


def _narrowed(row: dict[str, Any], selected: list[str]) -> dict[str, Any]:
    """Return a staged row with the selected columns: no sequence, dates null where there are none (observed)."""
    if not selected or "*" in selected:
        return row
    system = {name: row.get(name) for name in ("$id", "$createdAt", "$updatedAt")}
    selected_fields = {name: value for name, value in row.items() if name in selected or name.startswith("$")}
    return system | selected_fields | {"$permissions": row.get("$permissions", []), "$sequence": ""}


def _counted(base: int, on_page: Collection[str], staged: Mapping[str, Staged], filters: list[Query]) -> int:
    """Return the total as the server computes it (the server's source).

    - It knows committed rows of the page only, and staged rows as they were sent.
    - Matching creates are added, and matching upserts that are not on the page.
    - Rows of the page that were deleted or no longer match are subtracted.
    """
    for key, row in staged.items():
        there, fits = key in on_page, not row.gone and matches(row.data, filters)
        if row.origin == "create" and not row.gone:
            base += fits
        elif there:
            base -= not fits
        elif row.origin == "upsert":
            base += fits
    return max(0, base)


def _row_in_transaction(
    context: RequestContext, table: Table, transaction: Transaction, row_id: str, verb: str
) -> dict[str, Any]:
    """Return a row as the transaction sees it, if the caller may change it.

    Raises ``row_not_found``, ``user_unauthorized``.
    """
    granted = permissions_in_transaction(context, transaction, table, row_id)
    if granted is None:
        raise row_not_found()
    if not has_permission(context.caller, table, verb, granted):
        raise unauthorized()
    staged = staged_rows(context.session, transaction, table).get(folded_id(row_id))
    stored = find_row(context.session, table, row_id, table.plain)
    if staged is not None and staged.is_new:
        return _fresh(context, table, staged.data)
    committed = show_row(table, table.plain, stored, context.view) if stored else {}
    return committed | (staged.data if staged else {})


def _fresh(context: RequestContext, table: Table, data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "$sequence": "", "$databaseId": table.database.id, context.view.dialect.table_id: table.id}


def _staged_data(context: RequestContext, data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in writable(context, data).items() if key not in ("$id", "$permissions")}
