"""Columns: list, get, delete, and one route to create each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from ..api.params import Param, Validator, boolean, integer, key, list_of, number, one_of, text, whole_range
from ..api.responses import NO_CONTENT, Response, json_answer
from ..api.router import Call, Handler, Route, both
from ..columns.parameters import new_column
from ..emulation.dates import read_exact_date
from ..emulation.formats import is_email, is_ip, is_url
from ..emulation.geometry import accept_line, accept_point, accept_polygon
from ..events.publisher import COLUMN, tell_part, tell_removal
from ..queries.fields import Field, Source
from ..rows.context import table_of
from ..schema.column_updates import update_column
from ..schema.columns import create_column
from ..schema.drop_column import delete_column
from ..schema.models import Column, Table
from ..schema.relationships import ON_DELETE, TYPES, create_relationship, update_relationship
from ..schema.repository import columns_where, find_column
from ..schema.serializers import describe_changed, describe_column
from .lists import LIST_PARAMS, date_fields, fields, page_numbers, page_total, schema_page, text_field

_PATH: Final = "/{databaseId}/tables/{tableId}/columns"
_FIELDS: Final = fields(
    text_field("$id", "key", "key_f"),
    text_field("key", "key", "key_f"),
    text_field("type", "type"),
    Field("size", "integer", "size"),
    Field("required", "boolean", "required"),
    Field("array", "boolean", "is_array"),
    text_field("status", "status"),
    text_field("error", "nullif(error, '')"),
    Field("$sequence", "sequence", "n"),
    *date_fields(),
)


def list_columns(call: Call) -> Response:
    table = table_of(call)
    source = Source("columns", _FIELDS, "n", "key_f", "table_n = ?", (table.number,))
    page = schema_page(source, call.args["queries"])
    found: list[Column] = []
    for n in page_numbers(call.session, page):
        found += columns_where(call.session, table.number, "AND n = ?", (n,))
    total = page_total(call.session, page, call.args["total"])
    shown = [describe_listed(column, call) for column in found]
    return json_answer(200, {"total": total, call.words.columns: shown})


def describe_listed(column: Column, call: Call) -> dict[str, Any]:
    """A column in the list of columns, which says nothing about encryption for the newer text kinds (observed)."""
    shown = describe_column(column, call.words)
    if column.type in ("varchar", "text", "mediumtext", "longtext"):
        shown["encrypt"] = None
    return shown


def read(call: Call) -> Response:
    column = find_column(table_of(call), call.args["key"])
    return json_answer(200, describe_column(column, call.words))


def delete(call: Call) -> Response:
    table = table_of(call)
    column = find_column(table, call.args["key"])
    delete_column(call.session, table, column)
    tell_removal(call, table, COLUMN, column.key, describe_column(column, call.words))
    return NO_CONTENT


def creator(kind: str) -> Handler:
    """The handler that adds a column of this kind. A worker of the server's builds it, hence "processing"; here
    it is there when the answer is."""

    def create(call: Call) -> Response:
        table = table_of(call)
        return _created(call, table, create_column(call.session, table, new_column(kind, call.args)))

    return create


def _created(call: Call, table: Table, column: Column) -> Response:
    shown = describe_column(column, call.words, "processing")
    tell_part(call, table, COLUMN, column.key, "create", shown)
    return json_answer(202, shown)


def _changed(call: Call, table: Table, column: Column, shown: dict[str, Any]) -> Response:
    tell_part(call, table, COLUMN, column.key, "update", shown)
    return json_answer(200, shown)


def create_relation(call: Call) -> Response:
    table = table_of(call)
    related = call.catalogue.table(call.session, call.args["databaseId"], call.args["relatedTableId"])
    return _created(call, table, create_relationship(call.session, table, related, call.args, call.defects))


def update_relation(call: Call) -> Response:
    table = table_of(call)
    column = find_column(table, call.args["key"])
    changed = update_relationship(call.session, table, column, call.args["onDelete"], call.args["newKey"])
    return _changed(call, table, changed, describe_column(changed, call.words))


def updater(kind: str) -> Handler:
    """The handler that changes a column by this kind's route."""

    def update(call: Call) -> Response:
        table = table_of(call)
        column = find_column(table, call.args["key"])
        changed = update_column(call.session, table, column, kind, call.args, call.defects)
        return _changed(call, table, changed, describe_changed(changed, kind))

    return update


def format_check(check: Callable[[str], bool], name: str) -> Validator:
    def validate(value: Any) -> str:
        if not isinstance(value, str) or not check(value):
            raise ValueError(f"expected a valid {name}")
        return value

    return validate


def date_text(value: Any) -> str:
    """A date that stays as the client wrote it (observed: defaults are echoed)."""
    if not isinstance(value, str):
        raise ValueError("expected a date as text")
    read_exact_date(value)
    return value


ANY_TEXT: Final = text(0, shortest=0)
ELEMENTS: Final = list_of(text(255))
STRING_SIZE: Final = whole_range(1, 1_073_741_824)
VARCHAR_SIZE: Final = whole_range(1, 16_381)
DEFAULTS: Final[dict[str, Validator]] = {
    "string": ANY_TEXT,
    "varchar": ANY_TEXT,
    "text": ANY_TEXT,
    "mediumtext": ANY_TEXT,
    "longtext": ANY_TEXT,
    "integer": integer,
    "bigint": integer,
    "float": number,
    "boolean": boolean,
    "datetime": date_text,
    "email": format_check(is_email, "email address"),
    "ip": format_check(is_ip, "IP address"),
    "url": format_check(is_url, "URL"),
    "enum": ANY_TEXT,
    "point": accept_point,
    "line": accept_line,
    "polygon": accept_polygon,
}
SPATIAL_KINDS: Final = ("point", "line", "polygon")
OWN_PARAMS: Final[dict[str, tuple[Param, ...]]] = {
    "string": (Param("size", STRING_SIZE),),
    "varchar": (Param("size", VARCHAR_SIZE),),
    "enum": (Param("elements", ELEMENTS),),
    "integer": (Param("min", integer, None, True), Param("max", integer, None, True)),
    "bigint": (Param("min", integer, None, True), Param("max", integer, None, True)),
    "float": (Param("min", number, None, True), Param("max", number, None, True)),
}
_ENCRYPTABLE: Final = ("string", "varchar", "text", "mediumtext", "longtext")


def _own(kind: str) -> tuple[Param, ...]:
    return OWN_PARAMS.get(kind, ())


def _creation(kind: str, default: Validator) -> tuple[Route, Route]:
    params = [Param("key", key), *_own(kind), Param("required", boolean)]
    params.append(Param("default", default, default=None, nullable=True))
    if kind not in SPATIAL_KINDS:
        params.append(Param("array", boolean, default=False))
    if kind in _ENCRYPTABLE:
        params.append(Param("encrypt", boolean, default=False))
    return both("POST", f"{_PATH}/{kind}", creator(kind), *params)


def _change(kind: str, default: Validator) -> tuple[Route, Route]:
    own = (replace(param, default=None, nullable=True) if param.name == "size" else param for param in _own(kind))
    params = [Param("required", boolean), *own, Param("newKey", key, default=None, nullable=True)]
    if kind in SPATIAL_KINDS:
        params.append(Param("default", default, default=None, nullable=True))
    else:
        params.append(Param("default", default, nullable=True))  # has to be sent, even as null (observed)
    return both("PATCH", f"{_PATH}/{kind}/{{key}}", updater(kind), *params)


_RELATION_CHANGES: Final = (
    Param("onDelete", one_of(*ON_DELETE), default=None, nullable=True),
    Param("newKey", key, default=None, nullable=True),
)
ROUTES: Final = (
    *both("GET", _PATH, list_columns, *LIST_PARAMS),
    *both("GET", _PATH + "/{key}", read),
    *both("DELETE", _PATH + "/{key}", delete),
    *(route for kind, default in DEFAULTS.items() for route in _creation(kind, default)),
    *(route for kind, default in DEFAULTS.items() for route in _change(kind, default)),
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
