"""A table's rows as something to query."""

# ruff: noqa: S608 -- names in SQL are numbers and words of ours, a client's values are bound
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ..catalogue.models import RELATIONSHIP, Table
from ..catalogue.physical import words_column
from ..queries.fields import Field, Source
from ..queries.parse import Query, attributes_of
from .access import readable_rows
from .links import Side, related_table, visible_sides
from .work import Work

_SYSTEM_FIELDS: Final = {
    "$id": Field("$id", "string", "id", "id_f"),
    "$sequence": Field("$sequence", "sequence", "seq"),
    "$createdAt": Field("$createdAt", "datetime", "created", indexed=True),
    "$updatedAt": Field("$updatedAt", "datetime", "updated", indexed=True),
}


def row_source(work: Work, table: Table) -> Source:
    """The rows of a table; kept on the table, which lives as long as the schema it was read from."""
    found: Source | None = table.__dict__.get("_source")
    if found is None:
        fields = _fields(table)
        for side in visible_sides(table):
            fields |= _related_fields(work, table, side)
        found = table.__dict__["_source"] = Source(table.rows_name, fields, "seq", "id_f")
    return found


def source_for(work: Work, table: Table, filters: Iterable[Query]) -> Source:
    """The rows of a table for one caller, for whom filters on related rows see those that the caller may read.

    Otherwise a value that is kept from the caller could be guessed letter by letter. Raises ``user_unauthorized``
    where the filters ask a related table of which the caller may read nothing.
    """
    source = row_source(work, table)
    if work.caller.is_key:
        return source
    asked = {name.partition(".")[0] for name in attributes_of(filters) if "." in name}
    fields = dict(source.fields)
    for side in visible_sides(table):
        if side.column.key in asked:
            readable = readable_rows(work.caller, related_table(work, table, side))
            fields |= _related_fields(work, table, side, readable)
    return replace(source, fields=fields)


def _fields(table: Table) -> dict[str, Field]:
    words = {
        column.key: f"x{index.number}" for index in table.indexes if (column := words_column(table, index)) is not None
    }
    leading = {index.columns[0] for index in table.indexes if index.type in ("key", "unique") and index.columns}
    fields = dict(_SYSTEM_FIELDS)
    for column in table.plain:
        fields[column.key] = Field(
            column.key,
            column.type,
            column.stored,
            column.shadow if column.is_folded else "",
            column.array,
            column.encrypted,
            bool(column.options.get("narrow")) and not column.array,
            column.key in leading,
            words.get(column.key, ""),
        )
    return fields


def _related_fields(
    work: Work, table: Table, side: Side, readable: tuple[str, list[str]] | None = None
) -> dict[str, Field]:
    """The link itself, where this side holds it, and the columns of the rows over there, of those that are
    ``readable``, under a dotted name."""
    key = side.column.key
    link = f"(SELECT {side.far} FROM {side.links} WHERE {side.near} = {table.rows_name}.id_f)"
    found = {key: Field(key, RELATIONSHIP, link, link if side.holds else "")}
    related = related_table(work, table, side)
    condition, values = readable or ("1", [])
    over_there = f"SELECT id_f FROM {related.rows_name} WHERE {{}} AND {condition}"
    through = f"id_f IN (SELECT {side.near} FROM {side.links} WHERE {side.far} IN ({over_there}))"
    for field in _fields(related).values():
        name = f"{key}.{field.name}"
        found[name] = replace(field, name=name, through=through, through_values=tuple(values))
    return found
