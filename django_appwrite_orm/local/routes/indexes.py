"""Indexes: list, create, get, delete."""

from __future__ import annotations

from typing import Any, Final

from ..api.params import Param, integer, key, list_of, one_of
from ..api.responses import NO_CONTENT, Response, json_response
from ..api.router import Call, both
from ..columns.kinds import SEQUENCE, STRING
from ..queries.fields import Field, Source
from ..rows.context import table_of
from ..schema.ddl import SYSTEM
from ..schema.events import INDEX, publish_part_event, publish_part_removal
from ..schema.indexes import TYPES, NewIndex, create_index, delete_index
from ..schema.models import Index
from ..schema.repository import find_index, indexes_where
from ..schema.serializers import describe_index
from .lists import LIST_PARAMS, date_fields, fields, page_numbers, page_total, schema_page, text_field

_PATH: Final = "/{databaseId}/tables/{tableId}/indexes"
_FIELDS: Final = fields(
    text_field("$id", "key", "key_f"),
    text_field("key", "key", "key_f"),
    text_field("type", "type"),
    text_field("status", "status"),
    text_field("error", "error"),
    Field("attributes", STRING, "columns", array=True),
    Field("$sequence", SEQUENCE, "n"),
    *date_fields(),
)


def list_indexes(call: Call) -> Response:
    table = table_of(call)
    page = schema_page(Source("indexes", _FIELDS, "n", "key_f", "table_n = ?", (table.number,)), call.args["queries"])
    indexes: list[Index] = []
    for n in page_numbers(call.session, page):
        indexes += indexes_where(call.session, table.number, "AND n = ?", (n,))
    total = page_total(call.session, page, call.args["total"])
    return json_response(200, {"total": total, "indexes": [describe_index(index, call.dialect) for index in indexes]})


def create(call: Call) -> Response:
    args = call.args
    new = NewIndex(args["key"], args["type"], tuple(args["columns"]), tuple(args["lengths"]), tuple(args["orders"]))
    table = table_of(call)
    description = describe_index(create_index(call.session, table, new), call.dialect, "processing")
    publish_part_event(call, table, INDEX, args["key"], "create", description)
    return json_response(202, description)


def read(call: Call) -> Response:
    return json_response(200, describe_index(find_index(table_of(call), call.args["key"]), call.dialect))


def delete(call: Call) -> Response:
    table = table_of(call)
    index = find_index(table, call.args["key"])
    delete_index(call.session, index)
    publish_part_removal(call, table, INDEX, index.key, describe_index(index, call.dialect))
    return NO_CONTENT


def _column_name(value: Any) -> str:
    """Check a column's key, or one of the three system names allowed in an index (the database library)."""
    return value if isinstance(value, str) and value in SYSTEM and value != "$sequence" else key(value)


def _length(value: Any) -> int | None:
    return None if value is None else integer(value)


ROUTES: Final = (
    *both("GET", _PATH, list_indexes, *LIST_PARAMS),
    *both(
        "POST",
        _PATH,
        create,
        Param("key", key),
        Param("type", one_of(*TYPES)),
        Param("columns", list_of(_column_name), legacy="attributes"),
        Param("orders", list_of(one_of("ASC", "DESC", "asc", "desc")), default=()),
        Param("lengths", list_of(_length), default=()),
    ),
    *both("GET", _PATH + "/{key}", read),
    *both("DELETE", _PATH + "/{key}", delete),
)
