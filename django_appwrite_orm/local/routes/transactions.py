"""Transactions: begin, read, list, add operations, commit, roll back, delete."""

from __future__ import annotations

from typing import Any, Final

from ..api.errors import AppwriteError, invalid_argument
from ..api.params import QUERIES, Param, boolean, list_of, whole_range
from ..api.responses import NO_CONTENT, Response, error_response, json_response
from ..api.router import EVERYONE, Call, both
from ..columns.kinds import DATETIME, SEQUENCE
from ..queries.fields import Field, Source
from ..rows.context import context_for
from ..transactions import repository
from ..transactions.commit import commit
from ..transactions.operations import read_operation, stage_operations
from .lists import date_fields, fields, page_numbers, page_total, schema_page, text_field

_FIELDS: Final = fields(
    text_field("$id", "id"),
    text_field("status", "status"),
    Field("expiresAt", DATETIME, "expires"),
    Field("$sequence", SEQUENCE, "n"),
    *date_fields(),
)
_MIN_TTL: Final = 60  # seconds
_MAX_TTL: Final = 3_600
_DEFAULT_TTL: Final = 300


def list_(call: Call) -> Response:
    """List transactions: keys see all of them, users their own, guests none."""
    scope = ("1", ()) if call.caller.is_key else ("owner = ? AND owner != ''", (call.caller.user_id,))
    page = schema_page(Source("transactions", _FIELDS, "n", "upper(id)", *scope), call.args["queries"])
    transactions = [repository.by_number(call.session, number) for number in page_numbers(call.session, page)]
    total = page_total(call.session, page, True)
    return json_response(
        200, {"total": total, "transactions": [transaction.describe() for transaction in transactions]}
    )


def begin(call: Call) -> Response:
    return json_response(201, repository.begin(call.session, call.caller, call.args["ttl"]).describe())


def read(call: Call) -> Response:
    return json_response(200, repository.find(call.session, call.caller, call.args["transactionId"]).describe())


def add(call: Call) -> Response:
    """Stage operations, all or none."""
    if not call.args["operations"]:
        raise AppwriteError("general_bad_request", "There are no operations.")
    try:
        operations = [read_operation(value, call.dialect) for value in call.args["operations"]]
    except ValueError as problem:
        raise invalid_argument("operations", str(problem)) from problem
    transaction = repository.find(call.session, call.caller, call.args["transactionId"])
    if transaction.status != repository.PENDING:
        raise AppwriteError("general_bad_request", "The transaction is no longer pending.")
    repository.check_pending(transaction)
    repository.check_capacity(transaction, len(operations))
    context = context_for(call)
    stage_operations(context, transaction, operations, call.dialect)
    return json_response(201, repository.by_number(call.session, transaction.number).describe())


def finish(call: Call) -> Response:
    """Commit or roll back. A failed commit stores its status, so its error is returned, not raised."""
    if call.args["commit"] == call.args["rollback"]:
        raise AppwriteError("general_bad_request", "Either commit or rollback.")
    transaction = repository.find(call.session, call.caller, call.args["transactionId"])
    repository.check_pending(transaction)
    if call.args["rollback"]:
        return json_response(200, repository.set_status(call.session, transaction, repository.FAILED).describe())
    transaction, refusal = commit(context_for(call), transaction)
    return json_response(200, transaction.describe()) if refusal is None else error_response(refusal)


def delete(call: Call) -> Response:
    repository.remove(call.session, repository.find(call.session, call.caller, call.args["transactionId"]))
    return NO_CONTENT


def _anything(value: Any) -> Any:
    return value


ROUTES: Final = (
    *both("GET", "/transactions", list_, QUERIES, callers=EVERYONE),
    *both(
        "POST",
        "/transactions",
        begin,
        Param("ttl", whole_range(_MIN_TTL, _MAX_TTL), default=_DEFAULT_TTL),
        callers=EVERYONE,
    ),
    *both("GET", "/transactions/{transactionId}", read, callers=EVERYONE),
    *both(
        "PATCH",
        "/transactions/{transactionId}",
        finish,
        Param("commit", boolean, default=False),
        Param("rollback", boolean, default=False),
        callers=EVERYONE,
    ),
    *both("DELETE", "/transactions/{transactionId}", delete, callers=EVERYONE),
    *both(
        "POST",
        "/transactions/{transactionId}/operations",
        add,
        Param("operations", list_of(_anything, most=1_000), default=()),
        callers=EVERYONE,
    ),
)
