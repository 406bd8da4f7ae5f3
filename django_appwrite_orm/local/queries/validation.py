"""The queries that a list accepts: methods, attributes, number and type of values.

Raises ``ValueError`` with the reason. The rules are those observed of Appwrite 1.9.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api.identifiers import is_identifier
from ..columns.kinds import RELATIONSHIP
from ..emulation.numbers import INT32
from . import parser
from .fields import Field
from .parser import Parsed, Query
from .spatial import check_spatial


def check_filters(queries: list[Query], fields: Mapping[str, Field]) -> None:
    """Validate every filter, nested ones included."""
    for query in queries:
        if query.method in parser.LOGICAL:
            if len(query.values) < 2:
                raise ValueError(f"`{query.method}` needs at least two queries")
            if any(inner.method not in parser.FILTERS for inner in query.values):
                raise ValueError(f"`{query.method}` takes filters only")
            check_filters(list(query.values), fields)
        else:
            _check_filter(query, known_field(fields, query.attribute))


def known_field(fields: Mapping[str, Field], name: str) -> Field:
    """Return the field of this name. Raises ``ValueError``."""
    field = fields.get(name)
    if field is None:
        raise ValueError(f"there is no attribute {name[:80]!r}")
    return field


def _check_filter(query: Query, field: Field) -> None:
    method, values = query.method, query.values
    if field.encrypted:
        raise ValueError(f"`{field.name}` is encrypted and cannot be used in a query")
    if field.kind is RELATIONSHIP and not field.is_text:
        raise ValueError(f"`{field.name}` is the virtual side of a relationship and cannot be used in a query")
    if len(values) > parser.MAX_VALUES:
        raise ValueError(f"a query may have at most {parser.MAX_VALUES} values")
    if field.kind.is_spatial and method not in parser.NULLS:
        check_spatial(query, field)
        return
    if method in parser.EXISTS or method == "elemMatch" or method in parser.SPATIAL:
        raise ValueError(f"`{method}` is not supported for `{field.name}`")
    if field.array and method not in (*parser.CONTAINS, *parser.NULLS):
        raise ValueError(f"`{field.name}` is a list; `{method}` does not apply")
    _check_count(query, field)
    for value in values:
        _check_value(field, value)


def _check_count(query: Query, field: Field) -> None:
    method, count = query.method, len(query.values)
    if method in parser.NULLS:
        return
    if method in parser.CONTAINS and not (field.array or field.is_text):
        raise ValueError(f"`{method}` needs a text or a list")
    if method in parser.SEARCHES and not field.fulltext_table:
        raise ValueError(f"searching `{field.name}` needs a fulltext index on it alone")
    if method == "equal" or method in parser.CONTAINS:
        wrong = count == 0
    else:
        wrong = count != (2 if method in parser.RANGES else 1)
    if wrong:
        raise ValueError(f"`{method}` does not take {count} values")


def _check_value(field: Field, value: Any) -> None:
    if not field.kind.is_comparable(value) or (field.narrow and not INT32[0] <= value <= INT32[1]):
        raise ValueError(f"a value for `{field.name}` has the wrong type")


def check_orders(orders: list[Query], fields: Mapping[str, Field]) -> None:
    """Validate the orders; one without an attribute means the sequence."""
    for query in orders:
        if query.method != "orderRandom" and query.attribute:
            field = known_field(fields, query.attribute)
            if field.kind is RELATIONSHIP or field.through:
                raise ValueError(f"`{field.name}` is a relationship; lists cannot be ordered by it")


def window(parsed: Parsed, default_limit: int) -> tuple[int, int]:
    """Return limit and offset. Digits in a text count as a number (observed); a limit of 0 is refused."""
    limit = _count(parsed.limit, 1, default_limit)
    return limit, _count(parsed.offset, 0, 0)


def _count(query: Query | None, least: int, default: int) -> int:
    if query is None:
        return default
    value = query.values[0] if query.values else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"`{query.method}` takes a whole number of at least {least}")
    return value


def cursor_id(query: Query) -> str:
    """Return the id of a cursor. Raises ``ValueError``."""
    value = query.values[0] if query.values else None
    if not is_identifier(value):
        raise ValueError(f"`{query.method}` takes an id")
    return str(value)
