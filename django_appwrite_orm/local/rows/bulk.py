"""Several rows in one request, all or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from ..api.errors import AppwriteError, invalid_query, server_error
from ..api.identifiers import UNIQUE, folded_id, is_identifier, unique_id
from ..api.permissions import VERBS, expand_permissions, split_permission
from ..columns.column import Column
from ..defects import AppliedError, Defect
from ..queries.list_page import DEFAULT_LIMIT, read_page
from ..schema.models import Table
from .context import RequestContext
from .nested_write import write_upsert
from .read import parse_row_queries, plan_rows
from .repository import StoredRow, delete_rows, find_row
from .serializers import select_columns, show_row
from .validation import RowData, check_data, writable
from .write import create_row, is_repetition, response_fails, row_to_upsert, update_stored_row, writes_nothing

MAX_SHOWN: Final = 100  # rows in the response to a bulk change; the total counts all
_MAX_REREAD: Final = 500  # rows; the server reads changed rows again with a query of their ids
_BATCH: Final = 1_000  # rows that the server changes at a time


def refuse_relationships(table: Table) -> None:
    """Raise ``general_bad_request`` for a table with relationships."""
    if table.relationships:
        raise AppwriteError("general_bad_request", "Bulk calls are not for tables with relationships.")


def create_rows(context: RequestContext, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Create rows.

    Raises ``general_bad_request`` for ids and permissions, and as creating one row does.
    """
    refuse_relationships(table)
    return [
        create_row(context, table, id, check_data(table, row, whole_row=True), granted or [])
        for id, row, granted in with_ids(context, rows)
    ]


def with_ids(
    context: RequestContext, rows: Sequence[Mapping[str, Any]]
) -> list[tuple[str, Mapping[str, Any], list[str] | None]]:
    """Return new rows with their ids and permissions. Raises ``general_bad_request``."""
    checked: list[tuple[str, Mapping[str, Any], list[str] | None]] = []
    for row in rows:
        id = row.get("$id")
        id = UNIQUE if id is None else id
        if id != UNIQUE and not is_identifier(id):
            raise AppwriteError("general_bad_request", "A row's $id is not valid.")
        granted = row.get("$permissions")
        if not isinstance(granted, list | None) and context.defects.imitate(Defect.PERMISSIONS_TYPE):
            raise server_error("a row's $permissions are not a list")
        checked.append((unique_id() if id == UNIQUE else str(id), writable(context, row), _permissions(row)))
    return checked


def upsert_rows(context: RequestContext, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Create missing rows and change others; return those that differ from what was stored.

    Ids and permissions are not validated (observed).
    """
    refuse_relationships(table)
    checked = []
    for row in rows:
        id = row.get("$id", UNIQUE)
        id = unique_id() if id == UNIQUE or not isinstance(id, str) or not id else id
        granted = row.get("$permissions")
        checked.append((id, row, [str(item) for item in granted] if isinstance(granted, list) else None))
    if len({folded_id(id) for id, _, _ in checked}) != len(checked):
        raise AppwriteError("row_already_exists", "The same row occurs twice.")
    done = []
    for id, row, granted in checked:
        stored = row_to_upsert(context, find_row(context.session, table, id, table.plain), id)
        unchanged = (
            writes_nothing(context, row, granted)
            if stored is None
            else is_repetition(context, table, stored, row, granted)
        )
        if not unchanged:
            done.append(write_upsert(context, table, stored, id, row, granted))
    return done


def check_permissions_sent(data: Mapping[str, Any]) -> None:
    """Check that the permissions of a bulk update are permissions. Raises ``general_bad_request``.

    They are stored as they are sent (the server's source).
    """
    _permissions(data)


def _permissions(row: Mapping[str, Any]) -> list[str] | None:
    granted = row.get("$permissions")
    if granted is None:
        return None
    try:
        if not isinstance(granted, list) or not all(isinstance(item, str) for item in granted):
            raise ValueError("permissions are a list of texts")
        for item in granted:
            split_permission(item)
        return expand_permissions(granted, VERBS[:1] + VERBS[2:])
    except ValueError as problem:
        raise AppwriteError("general_bad_request", f"A row's $permissions are refused: {problem}") from problem


def update_rows(
    context: RequestContext, table: Table, data: Mapping[str, Any], queries: Iterable[str]
) -> tuple[int, list[dict[str, Any]]]:
    """Change every row that the queries select; without queries, the whole table.

    Returns the number of rows, and the first of them.
    """
    refuse_relationships(table)
    check_permissions_sent(data)
    data = writable(context, data)
    checked = check_data(table, data, whole_row=False, defaults=False, operators=True)
    selected_rows = select_rows(context, table, queries)
    if checked.operators and len(selected_rows) > _MAX_REREAD and context.defects.imitate(Defect.MANY_OPERATORS):
        update_selected(context, table, selected_rows[:_BATCH], data)
        raise AppliedError("general_query_invalid", f"More than {_MAX_REREAD} rows cannot be read again.")
    try:
        rows = update_selected(context, table, selected_rows, data)
    except AppwriteError as refusal:
        if refusal.type == "row_already_exists" and context.defects.imitate(Defect.BULK_UNIQUE):
            raise server_error("a unique value exists") from refusal
        raise
    if checked.operators and rows and response_fails(context, table):
        raise AppliedError("general_unknown", "Server error: the changed rows cannot be read again.")
    return len(rows), _bulk_response(context, table, selected_rows, rows, checked, queries)[:MAX_SHOWN]


def _bulk_response(
    context: RequestContext,
    table: Table,
    selected_rows: Sequence[StoredRow],
    rows: list[dict[str, Any]],
    checked: RowData,
    queries: Iterable[str],
) -> list[dict[str, Any]]:
    """Return rows for the response to a bulk update.

    A column that a ``select`` left out is null, but never one with a default (both observed). After an operator the
    server reads rows again, as many as a list has.
    """
    reread = (
        {stored[0] for stored in sorted(selected_rows, key=itemgetter(0))[:DEFAULT_LIMIT]}
        if checked.operators
        else set()
    )
    plain = {column.key for column in selected_columns(context, table, queries)} | checked.values.keys()
    response_rows = []
    for stored, row in zip(selected_rows, rows, strict=True):
        if stored[0] not in reread:
            for column in table.plain:
                if column.key not in plain:
                    row[column.key] = [] if column.array else None
                if row[column.key] is None:
                    row[column.key] = column.default
            if checked.operators and context.defects.imitate(Defect.OPERATOR_ROWS):
                row |= {key: {} for key in checked.operators}
        response_rows.append(row)
    return response_rows


def delete_selected_rows(
    context: RequestContext, table: Table, queries: Iterable[str]
) -> tuple[int, list[dict[str, Any]]]:
    """Delete every row that the queries select; without queries, the whole table."""
    refuse_relationships(table)
    selected_rows = select_rows(context, table, queries)
    delete_selected(context, table, selected_rows)
    return len(selected_rows), [
        show_row(table, table.plain, stored, context.view) for stored in selected_rows[:MAX_SHOWN]
    ]


def select_rows(context: RequestContext, table: Table, queries: Iterable[str]) -> list[StoredRow]:
    """Return the rows of a bulk change, with all columns. Raises ``general_query_invalid``, for a cursor too."""
    page, _ = plan_rows(context, table, parse_row_queries(queries), default_limit=None)
    if page.cursor is not None:
        raise invalid_query("a bulk change takes no cursor")
    return read_page(context.session, page, select_columns(table.plain))


def selected_columns(context: RequestContext, table: Table, queries: Iterable[str]) -> Sequence[Column]:
    """Return the columns that the queries of a bulk change select."""
    return plan_rows(context, table, parse_row_queries(queries), default_limit=None)[1].columns


def update_selected(
    context: RequestContext, table: Table, selected_rows: Iterable[StoredRow], data: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Change rows that ``select_rows`` returned."""
    checked = check_data(table, data, whole_row=False, defaults=False, operators=True)
    granted = data.get("$permissions")
    permissions = [str(item) for item in granted] if isinstance(granted, list) else None
    return [
        update_stored_row(context, table, stored, stored[1], checked, permissions, alone=False)
        for stored in selected_rows
    ]


def delete_selected(context: RequestContext, table: Table, selected_rows: Iterable[StoredRow]) -> None:
    """Delete rows that ``select_rows`` returned."""
    delete_rows(context.session, table, [stored[0] for stored in selected_rows])
