"""Rows: create, list, get, update, upsert, delete, count up and down."""

from __future__ import annotations

from typing import Any, Final

from ..catalogue.models import Table
from ..protocol.answers import NO_CONTENT, Answer, json_answer
from ..protocol.errors import AppwriteError, invalid_argument
from ..protocol.params import (
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
from ..protocol.routing import EVERYONE, Call, both
from ..rows.bulk import create_rows
from ..rows.counting import count_column
from ..rows.reading import get_row, list_rows
from ..rows.show import View, view_for
from ..rows.structure import check_data
from ..rows.writing import create_row, patch_row, put_row, remove_row
from ..values.permissions import ROW_VERBS
from .columns import table_of

PATH: Final = "/{databaseId}/tables/{tableId}/rows"


def view_of(call: Call) -> View:
    return view_for(call.words, call.request.headers)


def create(call: Call) -> Answer:
    """One row from ``data``, or several from ``rows``."""
    args = call.args
    data, rows, row_id = args["data"], args["rows"], args["rowId"]
    if not data and not rows:
        raise AppwriteError("row_missing_data", "A row needs data.")
    if rows:
        return _create_several(call)
    if row_id is None:
        raise AppwriteError("row_missing_data", "A single row needs an id.")
    table = table_of(call)
    checked = check_data(table, data, whole_row=True)
    row = create_row(call.session, table, row_id, checked, args["permissions"] or [], view_of(call))
    return json_answer(201, row)


def _create_several(call: Call) -> Answer:
    args = call.args
    if args["data"] or args["rowId"] is not None or args["permissions"] is not None:
        raise AppwriteError("general_bad_request", "With `rows`, ids and permissions go into each row.")
    rows = create_rows(call.session, table_of(call), args["rows"], view_of(call))
    return json_answer(201, {"total": len(rows), call.words.rows: rows})


def list_(call: Call) -> Answer:
    args = call.args
    return json_answer(200, list_rows(call.session, table_of(call), args["queries"], args["total"], view_of(call)))


def read(call: Call) -> Answer:
    args = call.args
    return json_answer(200, get_row(call.session, table_of(call), args["rowId"], args["queries"], view_of(call)))


def update(call: Call) -> Answer:
    table, args = _table_for_change(call), call.args
    row = patch_row(call.session, table, args["rowId"], args["data"], args["permissions"], view_of(call))
    return json_answer(200, row)


def upsert(call: Call) -> Answer:
    table, args = _table_for_change(call), call.args
    row = put_row(call.session, table, args["rowId"], args["data"], args["permissions"], view_of(call))
    return json_answer(200, row)


def _table_for_change(call: Call) -> Table:
    if not call.args["data"] and call.args["permissions"] is None:
        raise AppwriteError("row_missing_payload", "There is nothing to change.")
    return table_of(call)


def delete(call: Call) -> Answer:
    remove_row(call.session, table_of(call), call.args["rowId"])
    return NO_CONTENT


def increment(call: Call) -> Answer:
    return _count(call, 1, call.args["max"])


def decrement(call: Call) -> Answer:
    return _count(call, -1, call.args["min"])


def _count(call: Call, sign: int, bound: int | float | None) -> Answer:
    args = call.args
    if args["value"] is None or args["value"] <= 0:
        raise invalid_argument("value", "the step must be above 0")
    step = sign * args["value"]
    row = count_column(call.session, table_of(call), args["rowId"], args["column"], step, bound, view_of(call))
    return json_answer(200, row)


def row_id(value: Any) -> str | None:
    """The id of a new row; "0" counts as missing, as PHP sees it (observed)."""
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
