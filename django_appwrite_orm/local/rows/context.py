"""The context of a request on rows, and the table that its path names."""

from __future__ import annotations

from dataclasses import dataclass

from ..api.auth import Caller
from ..api.errors import invalid_argument
from ..api.router import Call
from ..defects import Defects
from ..emulation.dates import now, read_date
from ..schema.models import Table
from ..schema.repository import SchemaCache
from ..storage.session import Session
from .serializers import View, view_for


def table_of(call: Call) -> Table:
    """Return the table of a path, enabled or not."""
    return call.schema_cache.table(call.session, call.args["databaseId"], call.args["tableId"])


def context_for(call: Call) -> RequestContext:
    """Return the context of a call."""
    view = view_for(call.dialect, call.request.headers)
    return RequestContext(call.session, call.schema_cache, call.caller, view, now(), call.defects, _as_of(call))


def _as_of(call: Call) -> str:
    """Return the date of the client's copy of a row, from the header that may hold it."""
    text = call.request.headers.get("x-appwrite-timestamp", "")
    try:
        return read_date(text) if text else ""
    except ValueError as problem:
        raise invalid_argument("x-appwrite-timestamp", str(problem)) from problem


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A request's transaction, caller and view.

    - ``moment``: the date of everything that the request writes.
    - ``as_of``: the date of the client's copy; a row that was changed later is not changed. Empty for any.
    """

    session: Session
    schema_cache: SchemaCache
    caller: Caller
    view: View
    moment: str
    defects: Defects
    as_of: str = ""
