"""Rows: create, list, get, update, upsert, delete, increment, decrement; staged in a transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ..api.errors import AppwriteError, invalid_argument
from ..api.params import (
    QUERIES,
    TRANSACTION,
    Param,
    json_object,
    list_of,
    loose_boolean,
    new_identifier,
    numeric,
    permissions,
    plain_object,
    whole_range,
)
from ..api.permissions import ROW_VERBS
from ..api.responses import NO_CONTENT, Response, json_response
from ..api.router import EVERYONE, Call, both
from ..rows.access import find_enabled_table
from ..rows.bulk import create_rows
from ..rows.context import context_for, table_of
from ..rows.events import publish_bulk_event, publish_row_event
from ..rows.increment import count_column
from ..rows.nested_write import create_nested_row, patch_row, upsert_row
from ..rows.read import get_row, list_body
from ..rows.write import remove_row
from ..transactions import staging as staged

PATH: Final = "/{databaseId}/tables/{tableId}/rows"


def create(call: Call) -> Response:
    """Create one row from ``data``, or several from ``rows``."""
    args = call.args
    data, rows, row_id = args["data"], args["rows"], args["rowId"]
    if not data and not rows:
        raise AppwriteError("row_missing_data", "A row needs data.")
    if rows:
        return _create_several(call)
    if row_id is None:
        raise AppwriteError("row_missing_data", "A single row needs an id.")
    context = context_for(call)
    table = find_enabled_table(context, args["databaseId"], args["tableId"])
    if args["transactionId"]:
        return staged.create(context, table, args["transactionId"], row_id, data, args["permissions"])
    row = create_nested_row(context, table, row_id, data, args["permissions"])
    publish_row_event(context, table, "create", row, legacy_first=True)
    return json_response(201, row)


def _create_several(call: Call) -> Response:
    args = call.args
    if args["data"] or args["rowId"] is not None or args["permissions"] is not None:
        raise AppwriteError("general_bad_request", "With `rows`, ids and permissions go into each row.")
    if not call.caller.is_key:
        raise AppwriteError("general_unauthorized_scope", "Several rows at once are for API keys.")
    table, context = table_of(call), context_for(call)
    if args["transactionId"]:
        return staged.bulk(context, table, args["transactionId"], "bulkCreate", args["rows"], len(args["rows"]))
    rows = create_rows(context, table, args["rows"])
    publish_bulk_event(context, table, "create", rows)
    return json_response(201, {"total": len(rows), call.dialect.rows: rows})


def list_(call: Call) -> Response:
    args, context = call.args, context_for(call)
    table = find_enabled_table(context, args["databaseId"], args["tableId"])
    if args["transactionId"]:
        return staged.list_(context, table, args["transactionId"], args["queries"], args["total"])
    body, hit = list_body(context, table, args["queries"], args["total"], args["ttl"])
    response = json_response(200, body)
    if hit is not None:
        response = replace(response, headers={**response.headers, "x-appwrite-cache": "hit" if hit else "miss"})
    return response


def read(call: Call) -> Response:
    args, context = call.args, context_for(call)
    table = find_enabled_table(context, args["databaseId"], args["tableId"])
    if args["transactionId"]:
        return staged.read(context, table, args["transactionId"], args["rowId"], args["queries"])
    return json_response(200, get_row(context, table, args["rowId"], args["queries"]))


def update(call: Call) -> Response:
    args, context = call.args, context_for(call)
    _need_payload(call)
    table = find_enabled_table(context, args["databaseId"], args["tableId"])
    if args["transactionId"]:
        return staged.update(context, table, args["transactionId"], args["rowId"], args["data"], args["permissions"])
    row = patch_row(context, table, args["rowId"], args["data"], args["permissions"])
    publish_row_event(context, table, "update", row)
    return json_response(200, row)


def upsert(call: Call) -> Response:
    args, context = call.args, context_for(call)
    _need_payload(call)
    if len(args["data"]) > 1 and list(args["data"]) == [str(position) for position in range(len(args["data"]))]:
        raise AppwriteError("row_missing_payload", "A list is not a row's data.")  # the server's source
    table = find_enabled_table(context, args["databaseId"], args["tableId"])
    if args["transactionId"]:
        return staged.upsert(context, table, args["transactionId"], args["rowId"], args["data"], args["permissions"])
    row = upsert_row(context, table, args["rowId"], args["data"], args["permissions"])
    publish_row_event(context, table, "upsert", row)
    return json_response(200, row)


def _need_payload(call: Call) -> None:
    if not call.args["data"] and call.args["permissions"] is None:
        raise AppwriteError("row_missing_payload", "There is nothing to change.")


def delete(call: Call) -> Response:
    args, context = call.args, context_for(call)
    table = find_enabled_table(context, args["databaseId"], args["tableId"])
    if args["transactionId"]:
        return staged.delete(context, table, args["transactionId"], args["rowId"])
    publish_row_event(context, table, "delete", remove_row(context, table, args["rowId"]))
    return NO_CONTENT


def increment(call: Call) -> Response:
    return _count(call, 1, "max")


def decrement(call: Call) -> Response:
    return _count(call, -1, "min")


def _count(call: Call, sign: int, bound: str) -> Response:
    """Increment or decrement. A disabled table does not prevent it, and staging checks nothing (observed)."""
    args, context = call.args, context_for(call)
    table = table_of(call)
    if args["value"] is None:
        raise invalid_argument("value", "a step is needed")
    if args["transactionId"]:
        data = {"column": args["column"], "value": args["value"], bound: args[bound]}
        action = "increment" if sign > 0 else "decrement"
        return staged.count(context, table, args["transactionId"], action, args["rowId"], data)
    if args["value"] <= 0:
        raise invalid_argument("value", "the step must be above 0")
    row, before = count_column(context, table, args["rowId"], args["column"], sign * args["value"], args[bound])
    publish_row_event(context, table, "update", {**row, "$updatedAt": before})
    return json_response(200, row)


def row_id(value: Any) -> str | None:
    """Check the id of a new row; "0" counts as missing, as in PHP (observed)."""
    return None if value == "0" else new_identifier(value)


DATA: Final = Param("data", json_object, default={})
PERMISSIONS: Final = Param("permissions", permissions(*ROW_VERBS), default=None, nullable=True)
ROUTES: Final = (
    *both(
        "POST",
        PATH,
        create,
        Param("rowId", row_id, default=None, legacy="documentId"),
        DATA,
        PERMISSIONS,
        Param("rows", list_of(plain_object), default=(), legacy="documents"),
        TRANSACTION,
        callers=EVERYONE,
    ),
    *both(
        "GET",
        PATH,
        list_,
        QUERIES,
        TRANSACTION,
        Param("total", loose_boolean, default=True),
        Param("ttl", whole_range(0, 86_400), default=0),
        callers=EVERYONE,
    ),
    *both("GET", PATH + "/{rowId}", read, QUERIES, TRANSACTION, callers=EVERYONE),
    *both("PATCH", PATH + "/{rowId}", update, DATA, PERMISSIONS, TRANSACTION, callers=EVERYONE),
    *both("PUT", PATH + "/{rowId}", upsert, DATA, PERMISSIONS, TRANSACTION, callers=EVERYONE),
    *both("DELETE", PATH + "/{rowId}", delete, TRANSACTION, callers=EVERYONE),
    *(
        route
        for word, handler, bound in (("increment", increment, "max"), ("decrement", decrement, "min"))
        for route in both(
            "PATCH",
            PATH + "/{rowId}/{column}/" + word,
            handler,
            Param("value", numeric, default=1, nullable=True),
            Param(bound, numeric, default=None, nullable=True),
            TRANSACTION,
            callers=EVERYONE,
        )
    ),
)
