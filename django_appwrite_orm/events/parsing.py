"""What an event of Appwrite's says: which tables it touches, and what has become of which row.

An event comes with all the names it can be subscribed to, wildcards included: 42 in a webhook's header for one
row, 64 in a realtime frame (recorded from 1.9.6). Ids may hold dots, so that a name cannot be taken apart for
certain; it can be held against the tables that are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..plans import TableRef
from ..tables import Row

ACTIONS = frozenset({"create", "update", "upsert", "delete"})
_PARTS = frozenset({"rows", "columns", "indexes"})
# What some routes leave in a payload besides the row.
_INTERNAL = frozenset({"$collection", "$collectionId"})


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to `table`, or to a part of it.

    `part` is "rows", "columns", "indexes", or "" for the table itself or its whole database. For a row, `row` is
    its JSON as it is now, or was before a "delete".
    """

    table: type[Row]
    part: str
    action: str
    row: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RowChange:
    """What became of a row, by whomever: what callbacks of `orm.listen` get.

    `action` is "create", "update", "upsert" or "delete"; `row` as it is now, or was before it was deleted; `using`
    the connection's alias.
    """

    action: str
    table: type[Row]
    row: Row
    using: str


def changes_of(names: Sequence[str], payload: object, tables: Iterable[tuple[type[Row], TableRef]]) -> list[Change]:
    """The changes of `tables` (each with its place on the server) that an event with these names reports."""
    plain = [name for name in names if "*" not in name]
    found = []
    for table, ref in tables:
        rest = _rest(plain, ref)
        if rest is None:
            continue
        part, _, tail = rest.partition(".") if "." in rest else ("", "", rest)
        found.append(Change(table, part, tail.rpartition(".")[2], _row(payload) if part == "rows" else None))
    return found


def _rest(names: Sequence[str], ref: TableRef) -> str | None:
    """What the most specific name says behind the table's own: `rows.ID.update`, `delete`; None for another table.

    Appwrite ignores the case of ids. Every event of a row or table also has names in the older words
    (`collections`, `documents`); those of a database have only its own.
    """
    database = f"databases.{ref.database}.".lower()
    for prefix in (f"{database}tables.{ref.table}.".lower(), database):
        for name in names:
            rest = name[len(prefix) :] if name.lower().startswith(prefix) else ""
            part, _, tail = rest.partition(".")
            if (part in ACTIONS and not tail) or (
                prefix != database and part in _PARTS and tail.rpartition(".")[2] in ACTIONS
            ):
                return rest
    return None


def _row(payload: object) -> Mapping[str, Any] | None:
    if not isinstance(payload, dict) or not isinstance(payload.get("$id"), str):
        return None
    return {name: value for name, value in payload.items() if name not in _INTERNAL}
