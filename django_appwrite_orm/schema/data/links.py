"""Links to many rows, as a file of rows holds them: a list of ids under the relationship's key.

A link to one row is a value of its row, and may be written before the other row is there (observed). Those to many
are written when all rows are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...connection import Connection
from ...effects import reached, sides_of
from ...plans import WritePlan
from ...steps import Steps
from ...tables import Row
from ...tables.columns.relationship import TO_MANY
from .reading import Entry


def listed(table: type[Row]) -> tuple[str, ...]:
    """Keys of the columns that lead to many rows, but for those whose other side shows each link as a value."""
    return tuple(
        side.key
        for side in sides_of(table)
        if side.key is not None and side.type in TO_MANY and not side.links_are_values_beyond
    )


def select(keys: Iterable[str]) -> tuple[str, ...]:
    """What to select for whole rows with these links; nothing where there are none, for that is the whole row."""
    links = tuple(f"{key}.$id" for key in keys)
    return ("*", *links) if links else ()


def flat(row: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """The row with the ids of linked rows in the place of what Appwrite shows of them."""
    return row | {key: [other["$id"] for other in row[key]] for key in keys}


def links_of(entry: Entry, tables: Mapping[str, type[Row]], *, none: bool = False) -> dict[str, list[str]]:
    """The ids of the rows that a row of a file is linked to, by key, where there are any; with `none` also where it
    says that there are none."""
    table, row = tables.get(entry.table), entry.row or {}
    keys = listed(table) if table is not None else ()
    return {key: row[key] for key in keys if row.get(key) or (none and row.get(key) == [])}


def without_links(entry: Entry, tables: Mapping[str, type[Row]]) -> dict[str, Any]:
    """The row of a file without its links to many."""
    keys = listed(tables[entry.table])
    return {name: value for name, value in (entry.row or {}).items() if name not in keys}


def wrong_links(entry: Entry, tables: Mapping[str, type[Row]]) -> str:
    """The key of links that are no list of ids; empty where there is none."""
    for key, ids in links_of(entry, tables).items():
        if not (isinstance(ids, list) and all(isinstance(one, str) for one in ids)):
            return key
    return ""


def send(connection: Connection, table: type[Row], plan: WritePlan) -> Steps[Any]:
    """Carry out a change of a table; cached answers of all that it reaches are gone."""
    refs = [one._meta.ref(connection.settings.database_id) for one in reached(table, plan)]
    return (yield from connection.write(refs, plan.request))
