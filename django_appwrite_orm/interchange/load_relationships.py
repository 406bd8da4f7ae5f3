"""The second pass over a file of rows: lists of links are written when all rows exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..connection import Connection
from ..exceptions import Conflict, InvalidRequest
from ..plans import GetRow, UpdateRow, WritePlan
from ..relations.cascades import affected_tables, relationship_ends
from ..sansio import Operation
from ..tables import Row
from ..tables.columns.relations import TO_MANY
from .reader import Entry


@dataclass(frozen=True, slots=True)
class LinkWriter:
    """Writes lists of links. `refuse` is called with an entry whose links are not written, and the reason."""

    connection: Connection
    tables: Mapping[str, type[Row]]
    overwrite: bool
    refuse: Callable[[Entry, object], None]

    def write(self, entry: Entry, *, existed: bool) -> Operation[None]:
        """Write the links of an entry's row, unless it has other links and must not be overwritten.

        A missing row was refused before. A row that `existed` may have links where the entry has none.
        """
        links = links_of(entry, self.tables, include_empty=existed)
        if not links or entry.row is None:
            return
        table = self.tables[entry.table]
        ref = table._meta.ref(self.connection.settings.database_id)
        plan = GetRow(ref, entry.row["$id"], select(links))
        row = (yield from self.connection.follow(plan.fetch())).data
        if row is None:
            return
        existing = with_link_ids(row, links)
        changed = {key: ids for key, ids in links.items() if _folded(ids) != _folded(existing[key])}
        # Some of its links may have been written from the other end, which can be in the same table.
        if any(set(_folded(existing[key])) - set(_folded(changed[key])) for key in changed) and not self.overwrite:
            self.refuse(entry, f"it has other links in {', '.join(changed)}; --overwrite replaces them")
        elif changed:
            updated_at = {name: value for name, value in entry.row.items() if name == "$updatedAt"}
            try:
                yield from send(self.connection, table, UpdateRow(ref, row["$id"], {**changed, **updated_at}))
            except (Conflict, InvalidRequest) as error:
                self.refuse(entry, error)


def _folded(ids: list[str]) -> list[str]:
    return sorted(map(str.lower, ids))


def link_list_keys(table: type[Row]) -> tuple[str, ...]:
    """Return the keys of relationships to many rows, except those whose other side has each link as a value."""
    return tuple(
        side.key
        for side in relationship_ends(table)
        if side.key is not None and side.type in TO_MANY and not side.id_is_in_other
    )


def select(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the columns to select for complete rows with these links; without links none, which selects all."""
    links = tuple(f"{key}.$id" for key in keys)
    return ("*", *links) if links else ()


def with_link_ids(row: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return the row with the ids of linked rows in place of the linked rows."""
    return row | {key: [other["$id"] for other in row[key]] for key in keys}


def links_of(entry: Entry, tables: Mapping[str, type[Row]], *, include_empty: bool = False) -> dict[str, list[str]]:
    """Return the lists of links of a file's row by key, without the empty ones unless `include_empty` is set."""
    table, row = tables.get(entry.table), entry.row or {}
    keys = link_list_keys(table) if table is not None else ()
    return {key: row[key] for key in keys if row.get(key) or (include_empty and row.get(key) == [])}


def without_links(entry: Entry, tables: Mapping[str, type[Row]]) -> dict[str, Any]:
    """Return the row of a file without its lists of links."""
    keys = link_list_keys(tables[entry.table])
    return {name: value for name, value in (entry.row or {}).items() if name not in keys}


def wrong_links(entry: Entry, tables: Mapping[str, type[Row]]) -> str:
    """Return the key of links that are not a list of ids; empty if there is none."""
    for key, ids in links_of(entry, tables).items():
        if not (isinstance(ids, list) and all(isinstance(id, str) for id in ids)):
            return key
    return ""


def send(connection: Connection, table: type[Row], plan: WritePlan) -> Operation[Any]:
    """Carry out a change of a table, and invalidate all tables that it affects."""
    refs = [affected._meta.ref(connection.settings.database_id) for affected in affected_tables(table, plan)]
    return (yield from connection.write(refs, plan.request))
