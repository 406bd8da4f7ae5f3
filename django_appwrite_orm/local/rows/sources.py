"""The rows of a table as a source of lists: their fields, with those of related rows."""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ..columns.kinds import DATETIME, RELATIONSHIP, SEQUENCE, STRING
from ..queries.fields import Field, Source
from ..queries.parser import Query, attributes_of
from ..schema.ddl import fulltext_column
from ..schema.models import Table
from .access import readable_rows
from .context import RequestContext
from .links import Side, related_table, visible_sides

_SYSTEM_FIELDS: Final = {
    "$id": Field("$id", STRING, "id", "id_f"),
    "$sequence": Field("$sequence", SEQUENCE, "seq"),
    "$createdAt": Field("$createdAt", DATETIME, "created", indexed=True),
    "$updatedAt": Field("$updatedAt", DATETIME, "updated", indexed=True),
}


def row_source(context: RequestContext, table: Table) -> Source:
    """Return the rows of a table as a source, cached on the table, which is replaced with every schema change."""
    source: Source | None = table.derived.get("source")
    if source is None:
        fields = _fields(table)
        for side in visible_sides(table):
            fields |= _related_fields(context, table, side)
        source = table.derived["source"] = Source(table.rows_name, fields, "seq", "id_f")
    return source


def source_for(context: RequestContext, table: Table, filters: Iterable[Query]) -> Source:
    """Return the rows of a table for one caller, whose filters on related rows see readable ones only.

    Otherwise a caller could guess a hidden value letter by letter. Raises ``user_unauthorized`` where filters name a
    related table of which the caller may read nothing.
    """
    source = row_source(context, table)
    if context.caller.is_key:
        return source
    filtered = {name.partition(".")[0] for name in attributes_of(filters) if "." in name}
    fields = dict(source.fields)
    for side in visible_sides(table):
        if side.column.key in filtered:
            readable = readable_rows(context.caller, related_table(context, table, side))
            fields |= _related_fields(context, table, side, readable)
    return replace(source, fields=fields)


def _fields(table: Table) -> dict[str, Field]:
    fulltext_tables = {
        column.key: f"x{index.number}"
        for index in table.indexes
        if (column := fulltext_column(table, index)) is not None
    }
    leading = {index.columns[0] for index in table.indexes if index.type in ("key", "unique") and index.columns}
    fields = dict(_SYSTEM_FIELDS)
    for column in table.plain:
        fields[column.key] = Field(
            column.key,
            column.kind,
            column.stored,
            column.shadow if column.is_folded else "",
            column.array,
            column.encrypted,
            column.narrow and not column.array,
            column.key in leading,
            fulltext_tables.get(column.key, ""),
        )
    return fields


def _related_fields(
    context: RequestContext, table: Table, side: Side, readable: tuple[str, list[str]] | None = None
) -> dict[str, Field]:
    """Return the fields of one relationship: the link, and the columns of ``readable`` related rows.

    The link is a field where this side holds it; the columns have dotted names.
    """
    key = side.column.key
    link = f"(SELECT {side.far} FROM {side.links} WHERE {side.near} = {table.rows_name}.id_f)"
    fields = {key: Field(key, RELATIONSHIP, link, link if side.holds else "")}
    related = related_table(context, table, side)
    condition, values = readable or ("1", [])
    over_there = f"SELECT id_f FROM {related.rows_name} WHERE {{}} AND {condition}"
    through = f"id_f IN (SELECT {side.near} FROM {side.links} WHERE {side.far} IN ({over_there}))"
    for field in _fields(related).values():
        name = f"{key}.{field.name}"
        fields[name] = replace(field, name=name, through=through, through_values=tuple(values))
    return fields
