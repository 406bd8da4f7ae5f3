"""Selected relationships: ``author.*``, ``author.name``, ``books.title`` and deeper."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..columns.column import Column
from ..schema.models import Table
from .access import has_permission
from .context import RequestContext
from .links import Side, linked_ids, related_table, side_of, stored_spelling
from .repository import find_row
from .serializers import permissions_of, show_row

MAX_DEPTH: Final = 3


@dataclass(slots=True)
class Selection:
    """The parts of a row to show: its own columns, the ids it holds (``plain_links``), and linked rows.

    Columns selected by a name with a dot are ``raw``: shown as the database returns them.
    """

    columns: Sequence[Column]
    plain_links: bool
    related: dict[str, Selection] = field(default_factory=dict)
    raw: Sequence[Column] = ()


def select(
    context: RequestContext, table: Table, names: Sequence[str], came_by: Column | None = None, depth: int = 0
) -> Selection:
    """Return the selection of these names; without names, everything that is shown unselected.

    Raises ``ValueError`` for an unknown name, and for a relationship without a dot.
    """
    everything = not names or "*" in names
    raw = _raw_columns(table, names)
    own = [table.by_key[name] for name in names if name in table.by_key] + raw
    for column in own:
        if column in table.relationships:
            raise ValueError(f"select `{column.key}.*` or a column of it")
    inner: dict[str, list[str]] = {}
    for name in names:
        head, dot, rest = name.partition(".")
        if dot and name not in table.by_key and head in table.by_key and table.by_key[head] in table.relationships:
            inner.setdefault(head, []).append(rest)
    columns = table.plain if everything else tuple(c for c in table.plain if c in own)
    chosen = Selection(columns, everything, raw=() if everything else raw)
    for key, rests in inner.items():
        column = table.by_key[key]
        if column not in table.linked or depth >= MAX_DEPTH or _leads_back(column, came_by):
            continue
        related = related_table(context, table, side_of(column))
        _check_names(related, rests)
        chosen.related[key] = select(context, related, rests, column, depth + 1)
        if depth:
            chosen.related[key].plain_links = False
    only_lists = bool(inner) and all(side_of(table.by_key[key]).many for key in inner)
    if only_lists and not everything and not own and not any(name.startswith("$") for name in names):
        chosen.columns = table.plain  # observed: without a column of its own the whole row is shown
    return chosen


def _raw_columns(table: Table, names: Sequence[str]) -> list[Column]:
    """Return the columns selected by a name with a dot: a key with a dot, or ``name.*`` (observed)."""
    columns = (table.by_key.get(name, table.by_key.get(name.removesuffix(".*"))) for name in names if "." in name)
    return [column for column in columns if column is not None and column in table.plain]


def show_raw(column: Column, value: Any) -> Any:
    """Return a shown value as the database returns it: a text, or null."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(int(value) if isinstance(value, bool) else value, ensure_ascii=False)


def _leads_back(column: Column, came_by: Column | None) -> bool:
    return came_by is not None and column.options["link"] == came_by.options["link"]


def _check_names(table: Table, names: Sequence[str]) -> None:
    for name in names:
        head = name.partition(".")[0]
        if name != "*" and not name.startswith("$") and name not in table.by_key and head not in table.by_key:
            raise ValueError(f"there is no column {name[:80]!r} to select")


def show_links(context: RequestContext, table: Table, row: dict[str, Any], selection: Selection) -> dict[str, Any]:
    """Return a row with its selected relationships."""
    for column in selection.raw:
        row[column.key] = show_raw(column, row[column.key])
    if selection.raw:
        row = {column.key: [] for column in table.plain if column.array} | row  # observed
    if not table.relationships:
        return row
    id = row["$id"]
    links = link_ids(context, table, id) if selection.plain_links else {}
    for key, inner in selection.related.items():
        links[key] = _related(context, table, side_of(table.by_key[key]), id, inner)
    return row | links


def _related(context: RequestContext, table: Table, side: Side, id: str, selection: Selection) -> Any:
    """Return the linked rows. A single link to a missing row is shown as an empty list (observed)."""
    related = related_table(context, table, side)
    ids = linked_ids(context.session, side, id)
    rows = []
    for far in ids:
        stored = find_row(context.session, related, far, selection.columns)
        if stored is not None and has_permission(context.caller, related, "read", permissions_of(stored)):
            row = show_row(related, selection.columns, stored, context.view)
            rows.append(show_links(context, related, row, _without_plain(selection)))
    if side.many:
        return rows
    return rows[0] if rows else [] if ids else None


def _without_plain(selection: Selection) -> Selection:
    return Selection(selection.columns, False, selection.related)


def link_ids(context: RequestContext, table: Table, id: str) -> dict[str, Any]:
    """Return the relationships that a row shows unselected: the ids that it holds itself."""
    values: dict[str, Any] = {}
    for column in table.relationships:
        side = side_of(column)
        if side.holds and column in table.linked:
            ids = linked_ids(context.session, side, id)
            values[column.key] = _id_in_its_case(context, table, side, ids[0]) if ids else None
    return values


def _id_in_its_case(context: RequestContext, table: Table, side: Side, id: str) -> str:
    stored = find_row(context.session, related_table(context, table, side), id, ())
    return str(stored[1]) if stored else stored_spelling(context.session, side, id)
