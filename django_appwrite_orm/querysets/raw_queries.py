"""Parse Appwrite queries: the SDK's `Query`, its JSON, and the old text form `equal("active", true)`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..exceptions import InvalidRequest
from ..plans import Clause, conjunction

if TYPE_CHECKING:
    from .query import Query

_CALL = re.compile(r"\s*([A-Za-z]+)\((.*)\)\s*", re.DOTALL)
# Methods whose arguments are all values, none of them a column.
_WITHOUT_COLUMN = frozenset({"limit", "offset", "cursorAfter", "cursorBefore", "select", "orderRandom"})


def narrowed(query: Query[Any], queries: Iterable[object]) -> Query[Any]:
    """Return the query with Appwrite's own queries added. Raises `InvalidRequest` for invalid ones."""
    filters = [query.where]
    for clause in _clauses(queries):
        values = clause.values or ()
        if clause.method == "limit":
            query = query.replace(stop=query.start + _number(clause))
        elif clause.method == "offset":
            start = query.start + _number(clause)
            query = query.replace(start=start, stop=None if query.stop is None else query.stop - query.start + start)
        elif clause.method == "select":
            query = query.replace(select=query.select + values)
        elif clause.method.startswith("order"):
            query = query.replace(order=(*query.order, clause))
        elif clause.method.startswith("cursor"):
            query = query.replace(cursor=(clause,))
        else:
            filters.append(clause)
    return query.replace(where=conjunction(filters))


def _clauses(queries: Iterable[object]) -> list[Clause]:
    """Return each query as a clause. Raises `InvalidRequest` that shows an invalid one."""
    return [_clause(query) for query in queries]


def _number(clause: Clause) -> int:
    """Return the number of a limit or an offset. Raises `InvalidRequest`."""
    value = clause.values[0] if clause.values else None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidRequest(f"{clause.method} takes a whole number, 0 or more, not {value!r}.")
    return value


def _clause(query: object) -> Clause:
    if isinstance(query, Clause):
        return query
    text = str(query)
    try:
        return Clause.from_json(text) if text.lstrip().startswith("{") else _call(text)
    except (ValueError, RecursionError) as error:
        hint = 'Use the SDK\'s Query, its JSON, or text such as equal("active", true).'
        raise InvalidRequest(f"Cannot read the query {text!r}: {error}. {hint}") from None


def _call(text: str) -> Clause:
    match = _CALL.fullmatch(text)
    if match is None:
        raise ValueError("it does not have the form method(arguments)")
    method, arguments = match[1], json.loads(f"[{match[2]}]")
    if method in _WITHOUT_COLUMN:
        return Clause(method, values=_flat(arguments) or None)
    if not arguments or not isinstance(arguments[0], str):
        raise ValueError("its first argument must be a column")
    return Clause(method, arguments[0], _flat(arguments[1:]) or None)


def _flat(arguments: list[Any]) -> tuple[Any, ...]:
    """Return the items of `["a", "b"]` and `"a", "b"` alike."""
    flat: list[Any] = []
    for argument in arguments:
        flat += argument if isinstance(argument, list) else [argument]
    return tuple(flat)
