"""Lists of rows, and the cache of lists for requests with ``ttl``.

Observed: a list with ``ttl`` stays as it was first read, whatever is written, for the same queries and the same
caller; the total is cached apart from the rows. A change of the table's columns or indexes makes it another list (the
server's source).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from .. import clock
from ..api.errors import AppwriteError, invalid_query, server_error
from ..defects import Defect
from ..queries.list_page import DEFAULT_LIMIT, Page, count_page, plan_page, read_page
from ..queries.parser import MAX_QUERIES, Parsed, Query, parse_queries
from ..queries.spatial import compares_spatial_with_null
from ..queries.validation import cursor_id
from ..schema.models import Table
from .access import has_permission, readable_rows
from .context import RequestContext
from .related_rows import Selection, select, show_links
from .repository import StoredRow, find_row
from .serializers import permissions_of, select_columns, show_row
from .sources import source_for

_SELECTABLE: Final = frozenset({"*", "$id", "$sequence", "$createdAt", "$updatedAt", "$permissions", "$collection"})


def list_body(
    context: RequestContext, table: Table, queries: Sequence[str], total: bool, ttl: int
) -> tuple[dict[str, Any], bool | None]:
    """Return the body of a list, and whether its rows are cached; ``ttl`` in seconds, 0 to read."""
    if not ttl:
        page, rows = list_rows(context, table, queries)
        return {"total": count_page(context.session, page) if total else 0, context.view.dialect.rows: rows}, None
    schema = [[column.number, column.updated] for column in table.columns]
    schema += [[index.number, index.updated] for index in table.indexes]
    cache_key = [
        list(queries),
        list(context.caller.roles),
        context.view.dialect.row,
        context.view.numeric_sequence,
        schema,
    ]
    rows, hit = _cached_or_read(
        context, table, ["rows", *cache_key], ttl, lambda: list_rows(context, table, queries)[1]
    )
    if not total:
        return {"total": 0, context.view.dialect.rows: rows}, hit
    count, _ = _cached_or_read(
        context,
        table,
        ["total", *cache_key],
        ttl,
        lambda: count_page(context.session, list_rows(context, table, queries)[0]),
    )
    return {"total": count, context.view.dialect.rows: rows}, hit


def _cached_or_read(
    context: RequestContext, table: Table, cache_key: list[Any], ttl: int, read: Callable[[], Any]
) -> tuple[Any, bool]:
    name = json.dumps(cache_key)
    session, present = context.session, clock.timestamp()
    cached = session.first(
        "SELECT answer FROM cached_lists WHERE table_n = ? AND question = ? AND expires > ?",
        (table.number, name, present),
    )
    if cached is not None:
        return json.loads(cached[0]), True
    result = read()
    session.run("DELETE FROM cached_lists WHERE expires <= ?", (present,))
    session.run(
        "INSERT OR REPLACE INTO cached_lists (table_n, question, answer, expires) VALUES (?, ?, ?, ?)",
        (table.number, name, json.dumps(result), present + ttl),
    )
    return result, False


def row_not_found() -> AppwriteError:
    """Return the error for a missing row."""
    return AppwriteError("row_not_found", "There is no row with this id.")


def get_row(context: RequestContext, table: Table, id: str, queries: Iterable[str]) -> dict[str, Any]:
    """Return a row with the selected columns. Raises ``row_not_found``, ``general_query_invalid``."""
    selection = selection_of_one_row(context, table, queries)
    stored = find_row(context.session, table, id, selection.columns)
    if stored is None or not has_permission(context.caller, table, "read", permissions_of(stored)):
        raise row_not_found()
    return show_links(context, table, show_row(table, selection.columns, stored, context.view), selection)


def selection_of_one_row(context: RequestContext, table: Table, queries: Iterable[str]) -> Selection:
    """Return the selection of a get's queries. Raises ``general_query_invalid``."""
    try:
        parsed = parse_queries(queries)
        if parsed.filters or parsed.orders or parsed.limit or parsed.offset or parsed.cursor:
            raise ValueError("one row takes `select` only")
        return select(context, table, selected_names(table, parsed.selects))
    except ValueError as problem:
        raise invalid_query(str(problem)) from problem


def list_rows(context: RequestContext, table: Table, queries: Iterable[str]) -> tuple[Page, list[dict[str, Any]]]:
    """Return a page of rows that the caller may read, and the page itself for counting.

    Checks in the server's order: syntax of the queries, cursor, caller, meaning of the queries. Raises
    ``general_query_invalid``, ``general_cursor_not_found``, ``user_unauthorized``.
    """
    parsed = parse_row_queries(queries)
    cursor = _cursor_row(context, table, parsed)
    readable = readable_rows(context.caller, table)
    hidden = cursor is not None and not has_permission(context.caller, table, "read", permissions_of(cursor))
    if hidden and not context.defects.imitate(Defect.HIDDEN_CURSOR):
        raise _cursor_not_found()
    page, selection = plan_rows(context, table, parsed)
    if readable is not None:
        page = page.narrowed(*readable)
    columns = selection.columns
    page_rows = read_page(context.session, page, select_columns(columns))
    rows = [show_row(table, columns, stored, context.view) for stored in page_rows]
    return page, [show_links(context, table, row, selection) for row in rows]


def parse_row_queries(queries: Iterable[str]) -> Parsed:
    """Parse the queries of a list. Raises ``general_query_invalid``."""
    try:
        return parse_queries(queries)
    except ValueError as problem:
        raise invalid_query(str(problem)) from problem


def _cursor_row(context: RequestContext, table: Table, parsed: Parsed) -> StoredRow | None:
    """Return the row of the cursor. Raises ``general_query_invalid``, ``general_cursor_not_found``."""
    if parsed.cursor is None:
        return None
    try:
        id = cursor_id(parsed.cursor)
    except ValueError as problem:
        raise invalid_query(str(problem)) from problem
    row = find_row(context.session, table, id, ())
    if row is None:
        raise _cursor_not_found()
    return row


def _cursor_not_found() -> AppwriteError:
    return AppwriteError("general_cursor_not_found", "The cursor's row does not exist.")


def plan_rows(
    context: RequestContext, table: Table, parsed: Parsed, default_limit: int | None = DEFAULT_LIMIT
) -> tuple[Page, Selection]:
    """Return the page and the selection of a list's queries. Raises ``general_query_invalid``."""
    try:
        if len(parsed.filters) > MAX_QUERIES:
            raise ValueError(f"at most {MAX_QUERIES} queries")
        selection = select(context, table, selected_names(table, parsed.selects))
        source = source_for(context, table, parsed.filters)
        page = plan_page(source, parsed, default_limit)
    except ValueError as problem:
        raise invalid_query(str(problem)) from problem
    if compares_spatial_with_null(parsed.filters, source.fields) and context.defects.imitate(Defect.SPATIAL_NULL):
        raise server_error("a spatial column cannot be compared with null")
    return page, selection


def selected_names(table: Table, selects: Sequence[Query]) -> list[str]:
    """Return the names of all ``select`` queries together. Raises ``ValueError``."""
    selected: dict[str, None] = {}
    for query in selects:
        names = query.values
        if not names or not all(isinstance(name, str) and name for name in names):
            raise ValueError("`select` takes names of columns")
        if len(set(names)) != len(names):
            raise ValueError("`select` names a column twice")
        for name in names:
            if name not in _SELECTABLE and name not in table.by_key and name.partition(".")[0] not in table.by_key:
                raise ValueError(f"there is no column {name[:80]!r} to select")
        selected.update(dict.fromkeys(names))
    return list(selected)
