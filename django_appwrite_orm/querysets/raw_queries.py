"""The ways `find` can be asked: the SDK's `Query`, its JSON, and the old textual form `equal("active", true)`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ..exceptions import InvalidRequest
from ..plans import Clause

_CALL = re.compile(r"\s*([A-Za-z]+)\((.*)\)\s*", re.DOTALL)
# Methods whose arguments are all values, none of them a column.
_WITHOUT_COLUMN = frozenset({"limit", "offset", "cursorAfter", "cursorBefore", "select", "orderRandom"})


def clauses(queries: Iterable[object]) -> list[Clause]:
    """Each query as a clause. Raises `InvalidRequest` that shows the one that cannot be read."""
    return [_clause(query) for query in queries]


def number(clause: Clause) -> int:
    """The number that a limit or an offset stands at. Raises `InvalidRequest`."""
    value = clause.values[0] if clause.values else None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidRequest(f"{clause.method} takes a whole number of rows, not {value!r}.")
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
        raise ValueError("it is not a call")
    method, arguments = match[1], json.loads(f"[{match[2]}]")
    if method in _WITHOUT_COLUMN:
        return Clause(method, values=_flat(arguments) or None)
    if not arguments or not isinstance(arguments[0], str):
        raise ValueError("its first argument must be a column")
    return Clause(method, arguments[0], _flat(arguments[1:]) or None)


def _flat(arguments: list[Any]) -> tuple[Any, ...]:
    """`["a", "b"]` and `"a", "b"` alike."""
    flat: list[Any] = []
    for argument in arguments:
        flat += argument if isinstance(argument, list) else [argument]
    return tuple(flat)
