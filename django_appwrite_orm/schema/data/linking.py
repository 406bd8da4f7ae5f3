"""The second reading of a file of rows: links to many are written when every row is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...connection import Connection
from ...exceptions import Conflict, InvalidRequest
from ...plans import GetRow, UpdateRow
from ...steps import Steps
from ...tables import Row
from .links import flat, links_of, select, send
from .reading import Entry


@dataclass(frozen=True, slots=True)
class Linking:
    """`refuse` is called with an entry whose links do not get in, and the reason."""

    connection: Connection
    tables: Mapping[str, type[Row]]
    overwrite: bool
    refuse: Callable[[Entry, object], None]

    def link(self, entry: Entry, *, was_there: bool) -> Steps[None]:
        """Give the entry's row its links, unless it has others and was not to be overwritten; a row that is not there
        was refused before. One that `was_there` may have links where the entry says that there are none."""
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
