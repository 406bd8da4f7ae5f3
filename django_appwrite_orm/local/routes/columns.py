"""Columns: list, get, delete, and one route to create each kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ..api.params import Param, boolean, key, one_of
from ..api.responses import NO_CONTENT, Response, json_response
from ..api.router import Call, Handler, Route, both
from ..columns.column import Column
from ..columns.kinds import BOOLEAN, INTEGER, KINDS, SEQUENCE, ColumnKind
from ..columns.parameters import new_column
from ..queries.fields import Field, Source
from ..rows.context import table_of
from ..schema.column_updates import update_column
from ..schema.columns import create_column
from ..schema.drop_column import delete_column
from ..schema.events import COLUMN, publish_part_event, publish_part_removal
from ..schema.models import Table
from ..schema.relationships import ON_DELETE, TYPES, create_relationship, update_relationship
from ..schema.repository import columns_where, find_column
from ..schema.serializers import describe_changed_column, describe_column, describe_listed_column
from .lists import LIST_PARAMS, date_fields, fields, page_numbers, page_total, schema_page, text_field

_PATH: Final = "/{databaseId}/tables/{tableId}/columns"
_FIELDS: Final = fields(
    text_field("$id", "key", "key_f"),
    text_field("key", "key", "key_f"),
    text_field("type", "type"),
    Field("size", INTEGER, "size"),
    Field("required", BOOLEAN, "required"),
    Field("array", BOOLEAN, "is_array"),
    text_field("status", "status"),
    text_field("error", "nullif(error, '')"),
    Field("$sequence", SEQUENCE, "n"),
    *date_fields(),
)


def list_columns(call: Call) -> Response:
    table = table_of(call)
    source = Source("columns", _FIELDS, "n", "key_f", "table_n = ?", (table.number,))
    page = schema_page(source, call.args["queries"])
    columns: list[Column] = []
    for n in page_numbers(call.session, page):
        columns += columns_where(call.session, table.number, "AND n = ?", (n,))
    total = page_total(call.session, page, call.args["total"])
    description = [describe_listed_column(column, call.dialect) for column in columns]
    return json_response(200, {"total": total, call.dialect.columns: description})


def read(call: Call) -> Response:
    column = find_column(table_of(call), call.args["key"])
    return json_response(200, describe_column(column, call.dialect))


def delete(call: Call) -> Response:
    table = table_of(call)
    column = find_column(table, call.args["key"])
    delete_column(call.session, table, column)
    publish_part_removal(call, table, COLUMN, column.key, describe_column(column, call.dialect))
    return NO_CONTENT


def creator(kind: ColumnKind) -> Handler:
    """Return the handler that adds a column of this kind.

    On a server a worker creates it, so the response says "processing"; here it exists with the response.
    """

    def create(call: Call) -> Response:
        table = table_of(call)
        return _created(call, table, create_column(call.session, table, new_column(kind, call.args)))

    return create


def _created(call: Call, table: Table, column: Column) -> Response:
    description = describe_column(column, call.dialect, "processing")
    publish_part_event(call, table, COLUMN, column.key, "create", description)
    return json_response(202, description)


def _changed(call: Call, table: Table, column: Column, description: dict[str, Any]) -> Response:
    publish_part_event(call, table, COLUMN, column.key, "update", description)
    return json_response(200, description)


def create_relation(call: Call) -> Response:
    table = table_of(call)
    related = call.schema_cache.table(call.session, call.args["databaseId"], call.args["relatedTableId"])
    return _created(call, table, create_relationship(call.session, table, related, call.args, call.defects))


def update_relation(call: Call) -> Response:
    table = table_of(call)
    column = find_column(table, call.args["key"])
    changed = update_relationship(call.session, table, column, call.args["onDelete"], call.args["newKey"])
    return _changed(call, table, changed, describe_column(changed, call.dialect))


def updater(kind: ColumnKind) -> Handler:
    """Return the handler that changes a column through this kind's route."""

    def update(call: Call) -> Response:
        table = table_of(call)
        column = find_column(table, call.args["key"])
        changed = update_column(call.session, table, column, kind, call.args, call.defects)
        return _changed(call, table, changed, describe_changed_column(changed, kind))

    return update


def _creation(kind: ColumnKind) -> tuple[Route, Route]:
    params = [Param("key", key), *kind.params, Param("required", boolean)]
    params.append(Param("default", kind.default, default=None, nullable=True))
    if kind.may_be_list:
        params.append(Param("array", boolean, default=False))
    if kind.may_be_encrypted:
        params.append(Param("encrypt", boolean, default=False))
    return both("POST", f"{_PATH}/{kind.name}", creator(kind), *params)


def _change(kind: ColumnKind) -> tuple[Route, Route]:
    own = (replace(param, default=None, nullable=True) if param.name == "size" else param for param in kind.params)
    params = [Param("required", boolean), *own, Param("newKey", key, default=None, nullable=True)]
    if kind.is_spatial:
        params.append(Param("default", kind.default, default=None, nullable=True))
    else:
        params.append(Param("default", kind.default, nullable=True))  # has to be sent, even as null (observed)
    return both("PATCH", f"{_PATH}/{kind.name}/{{key}}", updater(kind), *params)


_RELATION_CHANGES: Final = (
    Param("onDelete", one_of(*ON_DELETE), default=None, nullable=True),
    Param("newKey", key, default=None, nullable=True),
)
ROUTES: Final = (
    *both("GET", _PATH, list_columns, *LIST_PARAMS),
    *both("GET", _PATH + "/{key}", read),
    *both("DELETE", _PATH + "/{key}", delete),
    *(route for kind in KINDS for route in _creation(kind)),
    *(route for kind in KINDS for route in _change(kind)),
    *both(
        "POST",
        _PATH + "/relationship",
        create_relation,
        Param("relatedTableId", key, legacy="relatedCollectionId"),
        Param("type", one_of(*TYPES)),
        Param("twoWay", boolean, default=False),
        Param("key", key, default=None, nullable=True),
        Param("twoWayKey", key, default=None, nullable=True),
        Param("onDelete", one_of(*ON_DELETE), default="restrict"),
    ),
    *both("PATCH", _PATH + "/{key}/relationship", update_relation, *_RELATION_CHANGES),
    *both("PATCH", _PATH + "/relationship/{key}", update_relation, *_RELATION_CHANGES),  # its place from 2.5 on
)
