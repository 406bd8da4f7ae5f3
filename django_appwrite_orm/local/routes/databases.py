"""Databases: list, create, get, update, delete."""

from __future__ import annotations

from typing import Final

from ..api.dialects import LEGACY
from ..api.params import Param, boolean, new_identifier, text
from ..api.responses import NO_CONTENT, Response, json_response
from ..api.router import Call, both
from ..columns.kinds import SEQUENCE
from ..emulation.fulltext import search_words
from ..queries.fields import Field, Source
from ..schema.databases import create_database, delete_database, update_database
from ..schema.events import publish_database_event
from ..schema.repository import databases_where, find_database
from ..schema.serializers import describe_database
from .lists import LIST_PARAMS, SEARCH, date_fields, fields, page_numbers, page_total, schema_page, text_field

_SOURCE: Final = Source(
    "databases", fields(text_field("$id", "id", "id_f"), text_field("name", "name", "name_f"), *date_fields(),
                        Field("$sequence", SEQUENCE, "n")), "n", "id_f",
)  # fmt: skip


def list_databases(call: Call) -> Response:
    page = schema_page(_SOURCE, call.args["queries"])
    if call.args["search"]:
        page = page.narrowed(*search_words("name_f", call.args["search"]))
    databases = [databases_where(call.session, "WHERE n = ?", (n,))[0] for n in page_numbers(call.session, page)]
    total = page_total(call.session, page, call.args["total"])
    return json_response(200, {"total": total, "databases": [describe_database(database) for database in databases]})


def create(call: Call) -> Response:
    args = call.args
    type = "legacy" if call.dialect is LEGACY else "tablesdb"
    made = create_database(call.session, args["databaseId"], args["name"], args["enabled"], type)
    publish_database_event(call, made, "create", describe_database(made))
    return json_response(201, describe_database(made))


def read(call: Call) -> Response:
    return json_response(200, describe_database(find_database(call.session, call.args["databaseId"])))


def update(call: Call) -> Response:
    database = find_database(call.session, call.args["databaseId"])
    changed = update_database(call.session, database, call.args["name"], call.args["enabled"])
    publish_database_event(call, changed, "update", describe_database(changed))
    return json_response(200, describe_database(changed))


def delete(call: Call) -> Response:
    database = find_database(call.session, call.args["databaseId"])
    delete_database(call.session, database)
    publish_database_event(call, database, "delete", describe_database(database))
    return NO_CONTENT


_ENABLED: Final = Param("enabled", boolean, default=True)
ROUTES: Final = (
    *both("GET", "", list_databases, LIST_PARAMS[0], SEARCH, LIST_PARAMS[1]),
    *both("POST", "", create, Param("databaseId", new_identifier), Param("name", text(128)), _ENABLED),
    *both("GET", "/{databaseId}", read),
    *both("PUT", "/{databaseId}", update, Param("name", text(128), default=None), _ENABLED),
    *both("DELETE", "/{databaseId}", delete),
)
