"""The SELECT of one page of a list: order, cursor, limit and offset, total."""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..emulation.numbers import stored_digits
from ..storage.session import Session
from .fields import Field, Source
from .parser import Parsed, Query
from .validation import check_filters, check_orders, cursor_id, window
from .where import compile_filters

DEFAULT_LIMIT: Final = 25
_RANGES: Final = ("lessThan", "lessThanEqual", "greaterThan", "greaterThanEqual", "between", "startsWith")
MAX_COUNTED: Final = 5000  # where Appwrite stops counting
MAX_BOUND: Final = 32_000  # values of a list's filters; common builds of SQLite bind 32,766


@dataclass(frozen=True, slots=True)
class _Order:
    expression: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A validated list request. ``condition`` has the filters alone, which the total counts."""

    source: Source
    condition: str
    values: tuple[Any, ...]
    orders: tuple[_Order, ...]
    random: bool
    limit: int | None
    offset: int
    cursor: str | None
    backwards: bool

    def narrowed(self, condition: str, values: Sequence[Any]) -> Page:
        """Return the page with a further condition."""
        both = (*self.values, *values)
        return Page(
            self.source, f"({self.condition}) AND ({condition})", both, self.orders, self.random,
            self.limit, self.offset, self.cursor, self.backwards,
        )  # fmt: skip


def plan_page(source: Source, parsed: Parsed, default_limit: int | None = DEFAULT_LIMIT) -> Page:
    """Validate the queries and compile them. Raises ``ValueError`` with the reason."""
    check_filters(parsed.filters, source.fields)
    check_orders(parsed.orders, source.fields)
    limit, offset = window(parsed, default_limit or -1)
    condition, values = compile_filters(parsed.filters, source.fields)
    if len(values) > MAX_BOUND:
        raise ValueError(f"the queries hold more than {MAX_BOUND} values together")
    cursor = cursor_id(parsed.cursor) if parsed.cursor else None
    return Page(
        source=source,
        condition=f"{source.scope} AND {condition}",
        values=(*source.scope_values, *values),
        orders=_orders(source, parsed),
        random=any(query.method == "orderRandom" for query in parsed.orders),
        limit=None if limit < 0 else limit,
        offset=offset,
        cursor=cursor,
        backwards=parsed.cursor is not None and parsed.cursor.method == "cursorBefore",
    )


def _orders(source: Source, parsed: Parsed) -> tuple[_Order, ...]:
    """Return the requested orders, then the sequence, ascending, for ties.

    A range of an indexed column should use the index. SQLite prefers to scan the table in the order of the sequence; a
    plus sign makes that order unusable for it.
    """
    orders = []
    for query in parsed.orders:
        if query.method == "orderRandom":
            continue
        field: Field | None = source.fields[query.attribute] if query.attribute else None
        expression = field.comparable if field else source.sequence
        orders.append(_Order(expression, query.method == "orderDesc"))
    if not orders and any(_is_indexed_range(source, query) for query in parsed.filters):
        orders.append(_Order("+" + source.sequence, False))
    elif all(order.expression != source.sequence for order in orders):
        orders.append(_Order(source.sequence, False))
    return tuple(orders)


def _is_indexed_range(source: Source, query: Query) -> bool:
    return query.method in _RANGES and source.fields[query.attribute].indexed


def read_page(session: Session, page: Page, columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of the page. Raises ``general_cursor_not_found`` and ``database_query_order_null``."""
    condition, values = page.condition, list(page.values)
    if page.cursor is not None:
        after, bound = _beyond_cursor(session, page)
        condition, values = f"({condition}) AND ({after})", values + bound
    order = (
        "random()"
        if page.random
        else ", ".join(
            f"{order.expression} {'DESC' if order.descending != page.backwards else 'ASC'}" for order in page.orders
        )
    )
    sql = f"SELECT {columns} FROM {page.source.table} WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?"
    limit = -1 if page.limit is None else min(page.limit, 2**63 - 1)
    rows = session.all(sql, (*values, limit, min(page.offset, 2**63 - 1)))
    return rows[::-1] if page.backwards else rows


def count_page(session: Session, page: Page) -> int:
    """Count the rows that the filters match, up to 5000, without cursor, limit and offset.

    Fractions are compared with 14 significant digits here, in a list with all of them (observed).
    """
    values = [stored_digits(value) if isinstance(value, float) else value for value in page.values]
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {page.source.table} WHERE {page.condition} LIMIT {MAX_COUNTED})"
    return int(session.scalar(sql, values))


def _beyond_cursor(session: Session, page: Page) -> tuple[str, list[Any]]:
    """Return the condition for the rows after the cursor's row, in the page's order."""
    source = page.source
    names = ", ".join(order.expression for order in page.orders)
    cursor_values = session.first(
        f"SELECT {names} FROM {source.table} WHERE {source.scope} AND {source.key} = ?",
        (*source.scope_values, folded_id(page.cursor or "")),
    )
    if cursor_values is None:
        raise AppwriteError("general_cursor_not_found", "The cursor's row does not exist.")
    if None in cursor_values:
        raise AppwriteError("database_query_order_null", "The cursor's row has no value in a column of the order.")
    branches: list[str] = []
    values: list[Any] = []
    for position, order in enumerate(page.orders):
        sign = "<" if order.descending != page.backwards else ">"
        equal = [f"{earlier.expression} = ?" for earlier in page.orders[:position]]
        branches.append("(" + " AND ".join([*equal, f"{order.expression} {sign} ?"]) + ")")
        values += cursor_values[: position + 1]
    return " OR ".join(branches), values
