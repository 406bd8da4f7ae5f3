"""A table's rows as something to query."""

from __future__ import annotations

from typing import Final

from ..catalogue.models import Table
from ..catalogue.physical import words_column
from ..queries.fields import Field, Source

_SYSTEM_FIELDS: Final = {
    "$id": Field("$id", "string", "id", "id_f"),
    "$sequence": Field("$sequence", "sequence", "seq"),
    "$createdAt": Field("$createdAt", "datetime", "created"),
    "$updatedAt": Field("$updatedAt", "datetime", "updated"),
}


def row_source(table: Table) -> Source:
    """The rows of a table; kept on the table, which is immutable."""
    found: Source | None = table.__dict__.get("_source")
    if found is None:
        found = table.__dict__["_source"] = Source(table.rows_name, _fields(table), "seq", "id_f")
    return found


def _fields(table: Table) -> dict[str, Field]:
    words = {
        column.key: f"x{index.number}" for index in table.indexes if (column := words_column(table, index)) is not None
    }
    fields = dict(_SYSTEM_FIELDS)
    for column in table.plain:
        fields[column.key] = Field(
            column.key,
            column.type,
            column.stored,
            column.shadow if column.is_folded else "",
            column.array,
            column.encrypted,
            words.get(column.key, ""),
            column,
        )
    return fields
