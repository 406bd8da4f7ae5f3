"""Row routes that carry a transaction: they stage instead of writing, and answer with what was staged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..api.responses import NO_CONTENT, Response, json_answer
from ..queries.pagination import count_page
from ..queries.parser import Query, parse_queries
from ..rows.access import check_own_roles, may, permissions_for_new_row, unauthorized
from ..rows.bulk import check_permissions_sent, identified, refuse_relationships
from ..rows.context import RequestContext
from ..rows.read import get_row, list_rows, parse_row_queries, row_not_found, selection_of_one_row
from ..rows.related_rows import show_links
from ..rows.repository import find_row
from ..rows.serializers import permissions_of, show_row
from ..rows.validation import writable
from ..schema.models import Table
from . import repository
from .filters import matches
from .overlay import Staged, permissions_inside, show_staged, staged_rows
from .repository import Transaction


def open_transaction(work: RequestContext, id: str) -> Transaction:
    """The caller's transaction with room for one more operation."""
    transaction = repository.find(work.session, work.caller, id)
    repository.check_alive(transaction)
    repository.check_room(transaction, 1)
    return transaction


def create(
    work: RequestContext, table: Table, tx: str, row_id: str, data: Mapping[str, Any], permissions: Sequence[str] | None
) -> Response:
    if not may(work.caller, table, "create"):
        raise unauthorized()
    granted = permissions_for_new_row(work.caller, permissions)
    transaction = open_transaction(work, tx)
    staged = {"$id": row_id, **_staged_data(work, data), "$permissions": granted}
    repository.stage(work.session, transaction, table, "create", row_id, staged)
    return json_answer(201, _fresh(work, table, staged))


def update(
    work: RequestContext, table: Table, tx: str, row_id: str, data: Mapping[str, Any], permissions: Sequence[str] | None
) -> Response:
    transaction = open_transaction(work, tx)
    before = _row_inside(work, table, transaction, row_id, "update")
    staged = _staged_data(work, data)
    if permissions is not None:
        check_own_roles(work.caller, permissions)
        staged["$permissions"] = list(permissions)
    repository.stage(work.session, transaction, table, "update", row_id, staged)
    return json_answer(200, before | staged)


def upsert(
    work: RequestContext, table: Table, tx: str, row_id: str, data: Mapping[str, Any], permissions: Sequence[str] | None
) -> Response:
    transaction = open_transaction(work, tx)
    stored = find_row(work.session, table, row_id, ())
    verb = "create" if stored is None else "update"
    if not may(work.caller, table, verb, permissions_of(stored) if stored else ()):
        raise unauthorized()
    staged = {"$id": row_id, **_staged_data(work, data)}
    staged["$permissions"] = _permissions_of_upserted(work, table, transaction, row_id, permissions)
    repository.stage(work.session, transaction, table, "upsert", row_id, staged)
    return json_answer(201, _fresh(work, table, staged))


def _permissions_of_upserted(
    work: RequestContext, table: Table, transaction: Transaction, row_id: str, given: Sequence[str] | None
) -> list[str]:
    """What an upsert is staged with: what is given, else what the row has, else what a new row gets."""
    if given is None:
        staged = staged_rows(work.session, transaction, table).get(folded_id(row_id))
        stored = find_row(work.session, table, row_id, ())
        if staged is not None and not staged.gone and "$permissions" in staged.data:
            given = staged.data["$permissions"]
        elif stored is not None:
            given = permissions_of(stored)
    return permissions_for_new_row(work.caller, given)


def delete(work: RequestContext, table: Table, tx: str, row_id: str) -> Response:
    transaction = open_transaction(work, tx)
    _row_inside(work, table, transaction, row_id, "delete")
    repository.stage(work.session, transaction, table, "delete", row_id, {})
    return NO_CONTENT


def _open_or_bad_request(work: RequestContext, id: str) -> Transaction:
    """Where a transaction that is unknown or over makes a bad request (observed of counting, the server's source)."""
    try:
        return open_transaction(work, id)
    except AppwriteError as refusal:
        if refusal.type in ("transaction_not_found", "transaction_not_ready"):
            raise AppwriteError("general_bad_request", refusal.message) from refusal
        raise


def count(work: RequestContext, table: Table, tx: str, action: str, row_id: str, data: Mapping[str, Any]) -> Response:
    """Answers with the step, not the result."""
    transaction = _open_or_bad_request(work, tx)
    repository.stage(work.session, transaction, table, action, row_id, dict(data))
    return json_answer(200, _fresh(work, table, {"$id": row_id, data["column"]: data["value"]}))


def several(work: RequestContext, table: Table, tx: str, action: str, data: Any, total: int) -> Response:
    """A bulk call: one operation, no rows in the answer. New rows get their ids and permissions when they are
    staged. Raises ``general_bad_request`` as bulk calls do, ``general_query_invalid``."""
    refuse_relationships(table)
    if action == "bulkCreate":
        data = [{**row, "$id": id, "$permissions": granted or []} for id, row, granted in identified(work, data)]
    elif action != "bulkUpsert":
        parse_row_queries(data["queries"])
        check_permissions_sent(data.get("data", {}))
    transaction = open_transaction(work, tx) if action == "bulkCreate" else _open_or_bad_request(work, tx)
    repository.stage(work.session, transaction, table, action, None, data)
    return json_answer(200, {"total": total, work.view.words.rows: []})


def read(work: RequestContext, table: Table, tx: str, row_id: str, queries: Sequence[str]) -> Response:
    """One row, staged or not. A transaction that is unknown or over does not matter (observed)."""
    transaction = repository.find_pending(work.session, tx)
    row = staged_rows(work.session, transaction, table).get(folded_id(row_id)) if transaction else None
    if row is None:
        return json_answer(200, get_row(work, table, row_id, queries))
    if row.gone:
        raise row_not_found()
    selection = selection_of_one_row(work, table, queries)
    stored = find_row(work.session, table, row_id, selection.columns)
    granted = permissions_of(stored) if stored else row.data.get("$permissions", ())
    if not may(work.caller, table, "read", granted):
        raise row_not_found()
    committed = None
    if stored:
        committed = show_links(work, table, show_row(table, selection.columns, stored, work.view), selection)
    return json_answer(200, show_staged(row, table, work.view.words.table_id, committed))


def list_(work: RequestContext, table: Table, tx: str, queries: Sequence[str], total: bool) -> Response:
    """A list with the staged rows laid over it and appended to it."""
    page, rows = list_rows(work, table, queries)
    transaction = repository.find_pending(work.session, tx)
    staged = staged_rows(work.session, transaction, table) if transaction else {}
    parsed = parse_queries(queries)
    selected = [name for query in parsed.selects for name in query.values]
    shown, seen = [], set()
    for row in rows:
        over = staged.get(folded_id(row["$id"]))
        seen.add(folded_id(row["$id"]))
        if over is None:
            shown.append(row)
        elif not over.gone:
            shown.append(_narrowed(show_staged(over, table, work.view.words.table_id, row), selected))
    for key, over in staged.items():
        if key not in seen and over.is_new and not over.gone:
            shown.append(_narrowed(show_staged(over, table, work.view.words.table_id, None), selected))
    counted = _counted(count_page(work.session, page), seen, staged, parsed.filters) if total else 0
    return json_answer(200, {"total": counted, work.view.words.rows: shown})


def _narrowed(row: dict[str, Any], selected: list[str]) -> dict[str, Any]:
    """A staged row under ``select``: its sequence is gone, its dates are null where there are none (observed)."""
    if not selected or "*" in selected:
        return row
    system = {name: row.get(name) for name in ("$id", "$createdAt", "$updatedAt")}
    kept = {name: value for name, value in row.items() if name in selected or name.startswith("$")}
    return system | kept | {"$permissions": row.get("$permissions", []), "$sequence": ""}


def _counted(base: int, on_page: Collection[str], staged: Mapping[str, Staged], filters: list[Query]) -> int:
    """The total the server arrives at: it knows of committed rows what is on the page, and of staged ones what was
    sent. Creations that match are added, and upserts that match and are not on the page; what is there and was
    deleted, or no longer matches, is taken off (the server's source)."""
    for key, row in staged.items():
        there, fits = key in on_page, not row.gone and matches(row.data, filters)
        if row.origin == "create" and not row.gone:
            base += fits
        elif there:
            base -= not fits
        elif row.origin == "upsert":
            base += fits
    return max(0, base)


def _row_inside(work: RequestContext, table: Table, transaction: Transaction, row_id: str, verb: str) -> dict[str, Any]:
    """A row as the transaction sees it, if the caller may change it.

    Raises ``row_not_found``, ``user_unauthorized``.
    """
    granted = permissions_inside(work, transaction, table, row_id)
    if granted is None:
        raise row_not_found()
    if not may(work.caller, table, verb, granted):
        raise unauthorized()
    staged = staged_rows(work.session, transaction, table).get(folded_id(row_id))
    stored = find_row(work.session, table, row_id, table.plain)
    if staged is not None and staged.is_new:
        return _fresh(work, table, staged.data)
    committed = show_row(table, table.plain, stored, work.view) if stored else {}
    return committed | (staged.data if staged else {})


def _fresh(work: RequestContext, table: Table, data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "$sequence": "", "$databaseId": table.database.id, work.view.words.table_id: table.id}


def _staged_data(work: RequestContext, data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in writable(work, data).items() if key not in ("$id", "$permissions")}
