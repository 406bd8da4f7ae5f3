"""Bulk routes: change, upsert or delete many rows. For API keys only; others are told there is no database."""

from __future__ import annotations

from typing import Final

from ..protocol.answers import Answer, json_answer
from ..protocol.errors import AppwriteError
from ..protocol.params import QUERIES, TRANSACTION, Param, list_of, plain_object
from ..protocol.routing import EVERYONE, Call, both
from ..rows.bulk import remove_rows, update_rows, upsert_rows
from .columns import table_of
from .rows import DATA, PATH, view_of


def _refuse_others(call: Call) -> None:
    if not call.caller.is_key:
        raise AppwriteError("database_not_found", "There is no database with this id.")  # observed


def update(call: Call) -> Answer:
    _refuse_others(call)
    if not call.args["data"]:
        raise AppwriteError("row_missing_payload", "There is nothing to change.")
    found = update_rows(call.session, table_of(call), call.args["data"], call.args["queries"], view_of(call))
    return json_answer(200, {"total": found[0], call.words.rows: found[1]})


def upsert(call: Call) -> Answer:
    _refuse_others(call)
    rows = upsert_rows(call.session, table_of(call), call.args["rows"], view_of(call))
    return json_answer(200, {"total": len(rows), call.words.rows: rows})


def delete(call: Call) -> Answer:
    _refuse_others(call)
    found = remove_rows(call.session, table_of(call), call.args["queries"], view_of(call))
    return json_answer(200, {"total": found[0], call.words.rows: found[1]})


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
