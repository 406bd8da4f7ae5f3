"""Asking for rows: one by id, or a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..catalogue.models import Table
from ..defects import Defect
from ..protocol.errors import AppwriteError, invalid_query, server_error
from ..queries.check import cursor_id
from ..queries.page import DEFAULT_LIMIT, Page, plan_page, read_page
from ..queries.parse import MOST_QUERIES, Parsed, Query, parse_queries
from ..queries.spatial import asks_spatial_null
from .access import may, readable_rows
from .link_reading import Selection, select, show_links
from .show import permissions_of, select_columns, show_row
from .source import source_for
from .stored import StoredRow, find_row
from .work import Work

_SELECTABLE: Final = frozenset({"*", "$id", "$sequence", "$createdAt", "$updatedAt", "$permissions", "$collection"})


def row_not_found() -> AppwriteError:
    return AppwriteError("row_not_found", "There is no row with this id.")


def get_row(work: Work, table: Table, id: str, queries: Iterable[str]) -> dict[str, Any]:
    """The row, narrowed by ``select`` queries. Raises ``row_not_found``, ``general_query_invalid``."""
    selection = selection_of_one_row(work, table, queries)
    stored = find_row(work.session, table, id, selection.columns)
    if stored is None or not may(work.caller, table, "read", permissions_of(stored)):
        raise row_not_found()
    return show_links(work, table, show_row(table, selection.columns, stored, work.view), selection)


def selection_of_one_row(work: Work, table: Table, queries: Iterable[str]) -> Selection:
    """What the queries of a get select. Raises ``general_query_invalid``."""
    try:
        parsed = parse_queries(queries)
        if parsed.filters or parsed.orders or parsed.limit or parsed.offset or parsed.cursor:
            raise ValueError("one row takes `select` only")
        return select(work, table, selected_names(table, parsed.selects))
    except ValueError as problem:
        raise invalid_query(str(problem)) from problem


def list_rows(work: Work, table: Table, queries: Iterable[str]) -> tuple[Page, list[dict[str, Any]]]:
    """A page of rows the caller may read, and the page itself for counting.

    Checked in the server's order: whether the queries can be read, the cursor, the caller, what is asked. Raises
    ``general_query_invalid``, ``general_cursor_not_found``, ``user_unauthorized``.
    """
    parsed = parse_row_queries(queries)
    cursor = _cursor_row(work, table, parsed)
    readable = readable_rows(work.caller, table)
    hidden = cursor is not None and not may(work.caller, table, "read", permissions_of(cursor))
    if hidden and not work.defects.imitate(Defect.HIDDEN_CURSOR):
        raise _cursor_not_found()
    page, selection = plan_rows(work, table, parsed)
    if readable is not None:
        page = page.narrowed(*readable)
    columns = selection.columns
    found = read_page(work.session, page, select_columns(columns))
    rows = [show_row(table, columns, stored, work.view) for stored in found]
    return page, [show_links(work, table, row, selection) for row in rows]


def parse_row_queries(queries: Iterable[str]) -> Parsed:
    """Raises ``general_query_invalid``."""
    try:
        return parse_queries(queries)
    except ValueError as problem:
        raise invalid_query(str(problem)) from problem


def _cursor_row(work: Work, table: Table, parsed: Parsed) -> StoredRow | None:
    """The row that the cursor names. Raises ``general_query_invalid``, ``general_cursor_not_found``."""
    if parsed.cursor is None:
        return None
    try:
        id = cursor_id(parsed.cursor)
    except ValueError as problem:
        raise invalid_query(str(problem)) from problem
    row = find_row(work.session, table, id, ())
    if row is None:
        raise _cursor_not_found()
    return row


def _cursor_not_found() -> AppwriteError:
    return AppwriteError("general_cursor_not_found", "The row a cursor stands at does not exist.")


def plan_rows(
    work: Work, table: Table, parsed: Parsed, default_limit: int | None = DEFAULT_LIMIT
) -> tuple[Page, Selection]:
    """What a list asks for. Raises ``general_query_invalid``."""
    try:
        if len(parsed.filters) > MOST_QUERIES:
            raise ValueError(f"at most {MOST_QUERIES} queries")
        selection = select(work, table, selected_names(table, parsed.selects))
        source = source_for(work, table, parsed.filters)
        page = plan_page(source, parsed, default_limit)
    except ValueError as problem:
        raise invalid_query(str(problem)) from problem
    if asks_spatial_null(parsed.filters, source.fields) and work.defects.imitate(Defect.SPATIAL_NULL):
        raise server_error("a spatial column cannot be asked for null")
    return page, selection


def selected_names(table: Table, selects: Sequence[Query]) -> list[str]:
    """The names that ``select`` queries give, several added up. Raises ``ValueError``."""
    wanted: dict[str, None] = {}
    for query in selects:
        names = query.values
        if not names or not all(isinstance(name, str) and name for name in names):
            raise ValueError("`select` takes names of columns")
        if len(set(names)) != len(names):
            raise ValueError("`select` names a column twice")
        for name in names:
            if name not in _SELECTABLE and name not in table.by_key and name.partition(".")[0] not in table.by_key:
                raise ValueError(f"there is no column {name[:80]!r} to select")
        wanted.update(dict.fromkeys(names))
    return list(wanted)
