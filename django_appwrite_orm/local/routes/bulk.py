"""Bulk routes for API keys: change, upsert or delete many rows. Other callers get ``database_not_found``."""

from __future__ import annotations

from typing import Final

from ..api.errors import AppwriteError
from ..api.params import QUERIES, TRANSACTION, Param, list_of, plain_object
from ..api.responses import Response, json_response
from ..api.router import EVERYONE, Call, both
from ..rows.bulk import delete_selected_rows, update_rows, upsert_rows
from ..rows.context import context_for, table_of
from ..rows.events import publish_bulk_event
from ..transactions import staging as staged
from .rows import DATA, PATH


def _refuse_others(call: Call) -> None:
    if not call.caller.is_key:
        raise AppwriteError("database_not_found", "There is no database with this id.")  # observed


def update(call: Call) -> Response:
    args = call.args
    _refuse_others(call)
    if not args["data"]:
        raise AppwriteError("row_missing_payload", "There is nothing to change.")
    context, table = context_for(call), table_of(call)
    if args["transactionId"]:
        data = {"queries": args["queries"], "data": args["data"]}
        return staged.bulk(context, table, args["transactionId"], "bulkUpdate", data, 0)
    total, rows = update_rows(context, table, args["data"], args["queries"])
    publish_bulk_event(context, table, "update", rows)
    return json_response(200, {"total": total, call.dialect.rows: rows})


def upsert(call: Call) -> Response:
    args = call.args
    _refuse_others(call)
    context, table = context_for(call), table_of(call)
    if args["transactionId"]:
        return staged.bulk(context, table, args["transactionId"], "bulkUpsert", args["rows"], len(args["rows"]))
    rows = upsert_rows(context, table, args["rows"])
    publish_bulk_event(context, table, "upsert", rows)
    return json_response(200, {"total": len(rows), call.dialect.rows: rows})


def delete(call: Call) -> Response:
    args = call.args
    _refuse_others(call)
    context, table = context_for(call), table_of(call)
    if args["transactionId"]:
        return staged.bulk(context, table, args["transactionId"], "bulkDelete", {"queries": args["queries"]}, 0)
    total, rows = delete_selected_rows(context, table, args["queries"])
    publish_bulk_event(context, table, "delete", rows)
    return json_response(200, {"total": total, call.dialect.rows: rows})


ROUTES: Final = (
    *both("PATCH", PATH, update, DATA, QUERIES, TRANSACTION, callers=EVERYONE),
    *both(
        "PUT",
        PATH,
        upsert,
        Param("rows", list_of(plain_object), legacy="documents"),
        TRANSACTION,
        callers=EVERYONE,
    ),
    *both("DELETE", PATH, delete, QUERIES, TRANSACTION, callers=EVERYONE),
)
