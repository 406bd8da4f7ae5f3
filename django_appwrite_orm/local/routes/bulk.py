"""Bulk routes: change, upsert or delete many rows. For API keys only; others are told there is no database."""

from __future__ import annotations

from typing import Final

from ..api.errors import AppwriteError
from ..api.params import QUERIES, TRANSACTION, Param, list_of, plain_object
from ..api.responses import Response, json_answer
from ..api.router import EVERYONE, Call, both
from ..rows.bulk import remove_rows, update_rows, upsert_rows
from ..rows.context import table_of, work_for
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
    work, table = work_for(call), table_of(call)
    if args["transactionId"]:
        data = {"queries": args["queries"], "data": args["data"]}
        return staged.several(work, table, args["transactionId"], "bulkUpdate", data, 0)
    total, rows = update_rows(work, table, args["data"], args["queries"])
    publish_bulk_event(work, table, "update", rows)
    return json_answer(200, {"total": total, call.words.rows: rows})


def upsert(call: Call) -> Response:
    args = call.args
    _refuse_others(call)
    work, table = work_for(call), table_of(call)
    if args["transactionId"]:
        return staged.several(work, table, args["transactionId"], "bulkUpsert", args["rows"], len(args["rows"]))
    rows = upsert_rows(work, table, args["rows"])
    publish_bulk_event(work, table, "upsert", rows)
    return json_answer(200, {"total": len(rows), call.words.rows: rows})


def delete(call: Call) -> Response:
    args = call.args
    _refuse_others(call)
    work, table = work_for(call), table_of(call)
    if args["transactionId"]:
        return staged.several(work, table, args["transactionId"], "bulkDelete", {"queries": args["queries"]}, 0)
    total, rows = remove_rows(work, table, args["queries"])
    publish_bulk_event(work, table, "delete", rows)
    return json_answer(200, {"total": total, call.words.rows: rows})


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
