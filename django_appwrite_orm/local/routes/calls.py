"""What handlers make of a call: the table it names, and the work to be done for it."""

from __future__ import annotations

from ..catalogue.models import Table
from ..protocol.errors import invalid_argument
from ..protocol.routing import Call
from ..rows.show import view_for
from ..rows.work import Work
from ..values.dates import now, read_date


def table_of(call: Call) -> Table:
    """The table a path names, enabled or not."""
    return call.catalogue.table(call.session, call.args["databaseId"], call.args["tableId"])


def work_for(call: Call) -> Work:
    view = view_for(call.words, call.request.headers)
    return Work(call.session, call.catalogue, call.caller, view, now(), call.defects, _as_of(call))


def _as_of(call: Call) -> str:
    """The moment a client knows its rows from, which it may name in a header."""
    text = call.request.headers.get("x-appwrite-timestamp", "")
    try:
        return read_date(text) if text else ""
    except ValueError as problem:
        raise invalid_argument("x-appwrite-timestamp", str(problem)) from problem
