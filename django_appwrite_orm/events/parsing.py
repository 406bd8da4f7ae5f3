"""Parse an event of Appwrite: the tables it is about, and the row that has changed.

An event has all names under which it can be subscribed to, wildcards included: 42 in a webhook's header for one row,
64 in a realtime frame (recorded from 1.9.6). Ids may contain dots, so a name cannot be split reliably; it is compared
with the names of the registered tables instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..plans import TableRef
from ..tables import Row

ACTIONS = frozenset({"create", "update", "upsert", "delete"})
_PARTS = frozenset({"rows", "columns", "indexes"})
_BEGINNING = "databases."
# Keys in the payload of some routes that are not part of the row.
_INTERNAL = frozenset({"$collection", "$collectionId"})


@dataclass(frozen=True, slots=True)
class Change:
    """A change of `table` or of a part of it.

    `part` is "rows", "columns", "indexes", or "" for the table itself or its whole database. For a row, `row` is
    its JSON after the change, or before a "delete".
    """

    table: type[Row]
    part: str
    action: str
    row: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RowChange:
    """A change of a row by any client, as callbacks of `orm.listen` get it.

    `action` is "create", "update", "upsert" or "delete"; `row` is the row after the change, or before it was deleted;
    `using` is the alias of the connection.
    """

    action: str
    table: type[Row]
    row: Row
    using: str


def changes_of(names: Sequence[str], payload: object, tables: Iterable[tuple[type[Row], TableRef]]) -> list[Change]:
    """Return the changes of `tables`, which come with their refs, that an event with these names reports."""
    rests = _rests(names)
    changes = []
    for table, ref in tables:
        rest = _rest(rests, ref)
        if rest is None:
            continue
        part, _, tail = rest.partition(".") if "." in rest else ("", "", rest)
        changes.append(Change(table, part, tail.rpartition(".")[2], _row(payload) if part == "rows" else None))
    return changes


def ids_in(names: Sequence[str], database: str) -> set[str] | None:
    """Return what may be ids of tables in these names, in lower case; None if the event is of the whole database."""
    rests = _rests(names)
    prefix = f"{_BEGINNING}{database}.".lower()
    if not ACTIONS.isdisjoint(rests.get(prefix, ())):
        return None
    prefix += "tables."
    return {before[len(prefix) : -1] for before in rests if before.startswith(prefix)}


def _rests(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the rests of the exact names after each dot, by what precedes it in lower case."""
    rests: dict[str, list[str]] = {}
    for name in names:
        if "*" in name or not name.lower().startswith(_BEGINNING):
            continue
        end = name.find(".") + 1
        while end:
            rests.setdefault(name[:end].lower(), []).append(name[end:])
            end = name.find(".", end) + 1
    return rests


def _rest(rests: Mapping[str, Sequence[str]], ref: TableRef) -> str | None:
    """Return the rest of the most specific name after the table's: `rows.ID.update`, `delete`; None: another table.

    Appwrite ignores the case of ids. Every event of a row or table also has names in the older terms (`collections`,
    `documents`); an event of a database has only its own names.
    """
    database = f"{_BEGINNING}{ref.database}.".lower()
    for prefix in (f"{database}tables.{ref.table}.".lower(), database):
        for rest in rests.get(prefix, ()):
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
