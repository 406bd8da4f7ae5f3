"""Tables: list, create (also with columns and indexes), get, update, delete."""

from __future__ import annotations

from typing import Final

from ..api.dialects import LEGACY
from ..api.errors import AppwriteError
from ..api.params import Param, boolean, list_of, loose_boolean, new_identifier, permissions, plain_object, text
from ..api.permissions import TABLE_VERBS
from ..api.responses import NO_CONTENT, Response, json_response
from ..api.router import Call, both
from ..columns.kinds import BOOLEAN, SEQUENCE
from ..emulation.fulltext import search_words
from ..queries.fields import Field, Source
from ..schema.columns import write_column
from ..schema.databases import create_table, delete_table, reread, update_table
from ..schema.ddl import SYSTEM
from ..schema.events import publish_table_event
from ..schema.indexes import check_index, write_index
from ..schema.inline import inline_columns, inline_indexes
from ..schema.repository import find_database, tables_where
from ..schema.serializers import describe_table
from .lists import LIST_PARAMS, SEARCH, date_fields, fields, page_numbers, page_total, schema_page, text_field

_FIELDS: Final = fields(
    text_field("$id", "id", "id_f"),
    text_field("name", "name", "name_f"),
    Field("enabled", BOOLEAN, "enabled"),
    Field("$sequence", SEQUENCE, "n"),
    *date_fields(),
)
# Observed: the older routes can filter by documentSecurity, the newer ones have no such field.
_LEGACY_FIELDS: Final = fields(Field("documentSecurity", BOOLEAN, "row_security"))


def list_tables(call: Call) -> Response:
    database = find_database(call.session, call.args["databaseId"])
    filterable = _FIELDS | _LEGACY_FIELDS if call.dialect is LEGACY else _FIELDS
    source = Source("tables", filterable, "n", "id_f", "database = ?", (database.number,))
    page = schema_page(source, call.args["queries"])
    if call.args["search"]:
        page = page.narrowed(*search_words("name_f", call.args["search"]))
    tables = [tables_where(call.session, database, "AND n = ?", (n,))[0] for n in page_numbers(call.session, page)]
    total = page_total(call.session, page, call.args["total"])
    return json_response(200, {"total": total, call.dialect.tables: [describe_table(t, call.dialect) for t in tables]})


def create(call: Call) -> Response:
    """Create a table with its columns and indexes, all or nothing.

    The response shows no columns, the next GET does (observed).
    """
    args, session = call.args, call.session
    database = find_database(session, args["databaseId"])
    new_columns = inline_columns(args["columns"])
    new_indexes = inline_indexes(args["indexes"])
    granted = args["permissions"] or []
    table = create_table(
        session, database, args["tableId"], args["name"], granted, args["rowSecurity"], args["enabled"]
    )
    description = describe_table(table, call.dialect)
    for column in new_columns:
        write_column(session, table, column)
    table = reread(session, table)
    for index in new_indexes:
        if any(key not in SYSTEM and key not in table.by_key for key in index.columns):
            raise AppwriteError("column_index_invalid", "An index names a column that the table does not have.")
        check_index(table, index)
        write_index(session, table, index)
    publish_table_event(call, table, "create", description)
    return json_response(201, description)


def read(call: Call) -> Response:
    table = call.schema_cache.table(call.session, call.args["databaseId"], call.args["tableId"])
    return json_response(200, describe_table(table, call.dialect))


def update(call: Call) -> Response:
    args = call.args
    table = call.schema_cache.table(call.session, args["databaseId"], args["tableId"])
    changed = update_table(call.session, table, args["name"], args["permissions"], args["rowSecurity"], args["enabled"])
    if args["purge"]:
        call.session.run("DELETE FROM cached_lists WHERE table_n = ?", (table.number,))
    description = describe_table(changed, call.dialect)
    publish_table_event(call, changed, "update", description)
    return json_response(200, description)


def delete(call: Call) -> Response:
    table = call.schema_cache.table(call.session, call.args["databaseId"], call.args["tableId"])
    delete_table(call.session, table)
    publish_table_event(call, table, "delete", describe_table(table, call.dialect))
    return NO_CONTENT


_PERMISSIONS: Final = Param("permissions", permissions(*TABLE_VERBS), default=None, nullable=True)
_ROW_SECURITY: Final = Param("rowSecurity", loose_boolean, default=False, legacy="documentSecurity")
_ENABLED: Final = Param("enabled", boolean, default=True)
ROUTES: Final = (
    *both("GET", "/{databaseId}/tables", list_tables, LIST_PARAMS[0], SEARCH, LIST_PARAMS[1]),
    *both(
        "POST",
        "/{databaseId}/tables",
        create,
        Param("tableId", new_identifier, legacy="collectionId"),
        Param("name", text(128)),
        _PERMISSIONS,
        _ROW_SECURITY,
        _ENABLED,
        Param("columns", list_of(plain_object), default=(), legacy="attributes"),
        Param("indexes", list_of(plain_object), default=()),
    ),
    *both("GET", "/{databaseId}/tables/{tableId}", read),
    *both(
        "PUT",
        "/{databaseId}/tables/{tableId}",
        update,
        Param("name", text(128), default=None),
        _PERMISSIONS,
        _ROW_SECURITY,
        _ENABLED,
        Param("purge", loose_boolean, default=False),
    ),
    *both("DELETE", "/{databaseId}/tables/{tableId}", delete),
)
