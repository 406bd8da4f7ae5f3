"""What `explain()` says of a query: its strategy, the reason, the tables that are read, and which rows of them."""

from __future__ import annotations

from collections.abc import Iterator

from ...plans import EVERYTHING, NOTHING
from ...sansio import Operation
from ..in_memory.plan import InMemoryRead
from ..in_memory.sources import Source
from .selection import Selection

NO_ROWS = "Strategy: none, for no row can meet the conditions"


def explain_selection(selection: Selection, page_size: int) -> Iterator[str]:
    """Yield the lines about a query that Appwrite answers."""
    if selection.where == NOTHING:
        yield NO_ROWS
        return
    yield f"Strategy: {selection.strategy}"
    rows = _which(" and ".join(map(str, selection.filters)))
    requests = "one request" if selection.row_id is not None else f"one request for each {page_size:,} rows"
    yield f"Table {selection.table.id}: {rows}{_window(selection)}, {requests}"
    for join in selection.joins:
        yield f"Table {join.table.id}: by {join.far}, for each page the values of {join.near}"


def explain_in_memory(read: InMemoryRead) -> Iterator[str]:
    """Yield the lines about a query that SQLite answers over copies of its sources."""
    yield f"Strategy: in memory ({read.reason})"
    for source in read.sources:
        yield f"Source {source.ref.table}: {_needed(source, read)}, one request for each {read.page_size:,} rows"
    yield f"Limit: {read.rows_limit:,} rows of each source; pages that the cache has are not asked for again"
    yield f"SQLite: {read.description}"


def _needed(source: Source, read: InMemoryRead) -> str:
    needed = _which("" if source.condition == EVERYTHING else str(source.condition))
    joins: dict[bool, list[str]] = {True: [], False: []}
    for link in source.links:
        other = read.sources[link.other].ref.table
        joins[link.eager].append(f"{link.key} among {link.other_key} of {other}")
    if joins[True]:
        return f"{needed}, {' or '.join(joins[True])}"
    return f"{needed} (if that is too much, {' or '.join(joins[False])})" if joins[False] else needed


def _which(condition: str) -> str:
    return f"rows with {condition}" if condition else "all rows"


def _window(selection: Selection) -> str:
    order = ", ".join(map(str, selection.order))
    parts = [f", in the order {order}" if order else ""]
    if selection.start or selection.stop is not None:
        parts.append(f", from {selection.start} to {selection.stop if selection.stop is not None else 'the end'}")
    return "".join(parts)


def explanation(lines: list[str]) -> Operation[list[str]]:
    """Return the lines, as the operation of a statement."""
    return lines
    yield  # an operation is a generator
