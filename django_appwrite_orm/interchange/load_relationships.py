"""The second reading of a file of rows: links to many are written when every row is there."""

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
class Linking:
    """`refuse` is called with an entry whose links do not get in, and the reason."""

    connection: Connection
    tables: Mapping[str, type[Row]]
    overwrite: bool
    refuse: Callable[[Entry, object], None]

    def link(self, entry: Entry, *, was_there: bool) -> Operation[None]:
        """Give the entry's row its links, unless it has others and was not to be overwritten.

        A row that does not exist was refused before. One that `was_there` may have links where the entry has none.
        """
        wanted = links_of(entry, self.tables, none=was_there)
        if not wanted or entry.row is None:
            return
        table = self.tables[entry.table]
        ref = table._meta.ref(self.connection.settings.database_id)
        plan = GetRow(ref, entry.row["$id"], select(wanted))
        there = (yield from self.connection.follow(plan.fetch())).data
        if there is None:
            return
        found = flat(there, wanted)
        changed = {key: ids for key, ids in wanted.items() if _folded(ids) != _folded(found[key])}
        # Some of its links may have been written from the other end, which can be in the same table.
        if any(set(_folded(found[key])) - set(_folded(changed[key])) for key in changed) and not self.overwrite:
            self.refuse(entry, f"it is linked to others by {', '.join(changed)}; --overwrite replaces them")
        elif changed:
            stamp = {name: value for name, value in entry.row.items() if name == "$updatedAt"}
            try:
                yield from send(self.connection, table, UpdateRow(ref, there["$id"], {**changed, **stamp}))
            except (Conflict, InvalidRequest) as error:
                self.refuse(entry, error)


def _folded(ids: list[str]) -> list[str]:
    return sorted(map(str.lower, ids))


def listed(table: type[Row]) -> tuple[str, ...]:
    """Keys of the columns that lead to many rows, but for those whose other side shows each link as a value."""
    return tuple(
        side.key
        for side in relationship_ends(table)
        if side.key is not None and side.type in TO_MANY and not side.id_is_in_other
    )


def select(keys: Iterable[str]) -> tuple[str, ...]:
    """What to select for whole rows with these links; nothing where there are none, for that is the whole row."""
    links = tuple(f"{key}.$id" for key in keys)
    return ("*", *links) if links else ()


def flat(row: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """The row with the ids of linked rows in the place of what Appwrite shows of them."""
    return row | {key: [other["$id"] for other in row[key]] for key in keys}


def links_of(entry: Entry, tables: Mapping[str, type[Row]], *, none: bool = False) -> dict[str, list[str]]:
    """Return the ids of the rows that a row of a file is linked to, by key.

    Keys without links are included with `none`.
    """
    table, row = tables.get(entry.table), entry.row or {}
    keys = listed(table) if table is not None else ()
    return {key: row[key] for key in keys if row.get(key) or (none and row.get(key) == [])}


def without_links(entry: Entry, tables: Mapping[str, type[Row]]) -> dict[str, Any]:
    """The row of a file without its links to many."""
    keys = listed(tables[entry.table])
    return {name: value for name, value in (entry.row or {}).items() if name not in keys}


def wrong_links(entry: Entry, tables: Mapping[str, type[Row]]) -> str:
    """The key of links that are not a list of ids; empty where there is none."""
    for key, ids in links_of(entry, tables).items():
        if not (isinstance(ids, list) and all(isinstance(one, str) for one in ids)):
            return key
    return ""


def send(connection: Connection, table: type[Row], plan: WritePlan) -> Operation[Any]:
    """Carry out a change of a table; cached answers of all that it reaches are gone."""
    refs = [one._meta.ref(connection.settings.database_id) for one in affected_tables(table, plan)]
    return (yield from connection.write(refs, plan.request))
