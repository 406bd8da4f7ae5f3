"""Several rows in one request: all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ..catalogue.models import Table
from ..protocol.errors import AppwriteError
from ..queries.page import read_page
from ..store.session import Session
from ..values.dates import now
from ..values.identifiers import UNIQUE, folded_id, is_identifier, unique_id
from ..values.permissions import VERBS, spell_out, split_permission
from .reading import plan_rows
from .show import View, select_columns, show_row
from .stored import delete_rows
from .structure import check_data
from .writing import create_row, put_row, update_row_found

MOST_SHOWN: Final = 100  # rows in the answer of a bulk change; the total counts all


def refuse_relationships(table: Table) -> None:
    if table.relationships:
        raise AppwriteError("general_bad_request", "Bulk calls are not for tables with relationships.")


def create_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]], view: View) -> list[dict[str, Any]]:
    """Raises ``general_bad_request`` for ids and permissions, and what creating one row raises."""
    refuse_relationships(table)
    checked = []
    for row in rows:
        id = row.get("$id", UNIQUE)
        if id != UNIQUE and not is_identifier(id):
            raise AppwriteError("general_bad_request", "A row's $id is not valid.")
        checked.append((unique_id() if id == UNIQUE else str(id), row, _permissions(row)))
    moment = now()
    return [
        create_row(session, table, id, check_data(table, row, whole_row=True), granted or [], view, moment)
        for id, row, granted in checked
    ]


def upsert_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]], view: View) -> list[dict[str, Any]]:
    """Create what is missing, change what is there. Ids and permissions are not validated (observed)."""
    refuse_relationships(table)
    checked = []
    for row in rows:
        id = row.get("$id", UNIQUE)
        id = unique_id() if id == UNIQUE or not isinstance(id, str) or not id else id
        granted = row.get("$permissions")
        checked.append((id, row, [str(item) for item in granted] if isinstance(granted, list) else None))
    if len({folded_id(id) for id, _, _ in checked}) != len(checked):
        raise AppwriteError("row_already_exists", "The same row is there twice.")
    moment = now()
    return [put_row(session, table, id, row, granted, view, moment) for id, row, granted in checked]


def _permissions(row: Mapping[str, Any]) -> list[str] | None:
    granted = row.get("$permissions")
    if granted is None:
        return None
    try:
        if not isinstance(granted, list) or not all(isinstance(item, str) for item in granted):
            raise ValueError("permissions are a list of texts")
        for item in granted:
            split_permission(item)
        return spell_out(granted, VERBS[:1] + VERBS[2:])
    except ValueError as problem:
        raise AppwriteError("general_bad_request", f"A row's $permissions are refused: {problem}") from problem


def update_rows(
    session: Session, table: Table, data: Mapping[str, Any], queries: Iterable[str], view: View
) -> tuple[int, list[dict[str, Any]]]:
    """Change every row the queries select; the whole table without queries. Gives how many, and the first."""
    refuse_relationships(table)
    checked = check_data(table, data, whole_row=False, defaults=False, operators=True)
    granted = data.get("$permissions")
    permissions = [str(item) for item in granted] if isinstance(granted, list) else None
    page, _ = plan_rows(table, queries, default_limit=None)
    moment = now()
    rows = [
        update_row_found(session, table, stored, stored[1], checked, permissions, view, alone=False, moment=moment)
        for stored in read_page(session, page, select_columns(table.plain))
    ]
    return len(rows), rows[:MOST_SHOWN]


def remove_rows(session: Session, table: Table, queries: Iterable[str], view: View) -> tuple[int, list[dict[str, Any]]]:
    """Delete every row the queries select; the whole table without queries."""
    refuse_relationships(table)
    page, _ = plan_rows(table, queries, default_limit=None)
    found = read_page(session, page, select_columns(table.plain))
    delete_rows(session, table, [stored[0] for stored in found])
    return len(found), [show_row(table, table.plain, stored, view) for stored in found[:MOST_SHOWN]]
