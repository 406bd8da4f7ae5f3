"""From Django's way of asking (`price__lt=20`, `Q`, `-price`) to Appwrite's clauses.

Whether text compares with or without case is the server's business, and depends on the database under it:
`contains`, `startswith` and `endswith` ignore case everywhere, `exact` does so on MariaDB and not on
PostgreSQL. Their `i` forms are accepted where the server ignores case anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Q

from ..exceptions import NotSupportedError
from ..plans import EVERYTHING, NOTHING, Clause, conjunction, disjunction, negation
from ..tables import Row, columns, unknown_column

# Limits of one query on the server: values in it, and characters of its JSON.
VALUES_LIMIT = 500
TEXT_LIMIT = 4096


class _Sequence(columns.Integer):
    """`$sequence`, which Appwrite compares as a number and takes as text."""

    def encode(self, value: Any) -> str:
        return str(value)


def _system(column: columns.Column, name: str, key: str) -> columns.Column:
    bound = column.bound(name)
    bound.key = key
    return bound


SYSTEM_COLUMNS = {
    "id": _system(columns.String(required=True, size=36), "id", "$id"),
    "sequence": _system(_Sequence(required=True), "sequence", "$sequence"),
    "created_at": _system(columns.Datetime(required=True), "created_at", "$createdAt"),
    "updated_at": _system(columns.Datetime(required=True), "updated_at", "$updatedAt"),
}
SYSTEM_COLUMNS["pk"] = SYSTEM_COLUMNS["id"]

_COMPARISONS = {"gt": "greaterThan", "gte": "greaterThanEqual", "lt": "lessThan", "lte": "lessThanEqual"}
_TEXT = {
    "contains": "contains",
    "icontains": "contains",
    "startswith": "startsWith",
    "istartswith": "startsWith",
    "endswith": "endsWith",
    "iendswith": "endsWith",
    "search": "search",
}
_OF_ARRAYS = {"contains": "containsAll", "contains_all": "containsAll", "contains_any": "containsAny"}
_PLAIN_LOOKUPS = ("exact", "in", "range", "isnull", *_COMPARISONS)


def column_of(table: type[Row], name: str) -> columns.Column:
    """The column `name` of `table`, system ones included. Raises FieldError with the near names."""
    found = table._meta.columns.get(name) or SYSTEM_COLUMNS.get(name)
    if found is None:
        raise FieldError(unknown_column(table, name))
    return found


def where(table: type[Row], condition: Q) -> Clause:
    """The clause for a `Q` of any depth. Raises FieldError, ValidationError or NotSupportedError."""
    if condition.connector not in (Q.AND, Q.OR):
        raise NotSupportedError(f"Appwrite has no {condition.connector} of conditions. Write it with & and |.")
    children: list[Any] = list(condition.children)
    parts = [where(table, child) if isinstance(child, Q) else _lookup(table, *child) for child in children]
    if not parts:
        return EVERYTHING
    clause = conjunction(parts) if condition.connector == Q.AND else disjunction(parts)
    if not condition.negated:
        return clause
    try:
        return negation(clause, lambda key: key in table._meta.by_key and not table._meta.by_key[key].required)
    except ValueError as error:
        raise NotSupportedError(f"{error}; it cannot be excluded.") from None


def order(table: type[Row], names: Iterable[str]) -> tuple[Clause, ...]:
    """The clauses for `order_by` names: `price`, `-price`, `?` for a random order."""
    clauses = []
    for name in names:
        if name == "?":
            clauses.append(Clause("orderRandom"))
            continue
        method = "orderDesc" if name.startswith("-") else "orderAsc"
        clauses.append(Clause(method, column_of(table, name.lstrip("+-")).key))
    return tuple(clauses)


def _lookup(table: type[Row], path: str, value: Any) -> Clause:
    name, _, lookup = path.partition("__")
    column = column_of(table, name)
    lookup = lookup or "exact"
    allowed = _allowed(column)
    if lookup not in allowed:
        raise FieldError(f"{table.__name__}.{name} has no lookup {lookup!r}. It has: {', '.join(allowed)}.")

    def query(one: Any) -> Any:
        try:
            return column.to_query(one)
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from None

    clause = _clause(column, lookup, value, query)
    if len(clause.values or ()) > VALUES_LIMIT or len(str(clause)) > TEXT_LIMIT:
        raise NotSupportedError(
            f"{table.__name__}.{path}: Appwrite takes at most {VALUES_LIMIT} values and {TEXT_LIMIT} characters in one"
            f" condition; this one has {len(clause.values or ())} and {len(str(clause))}. Ask in several queries."
        )
    return clause


def _allowed(column: columns.Column) -> tuple[str, ...]:
    if column.array:
        return ("isnull", *_OF_ARRAYS)
    return (*_PLAIN_LOOKUPS, *_TEXT) if column.type_name in _TEXTUAL else _PLAIN_LOOKUPS


_TEXTUAL = frozenset({"string", "varchar", "text", "mediumtext", "longtext"})


def _clause(column: columns.Column, lookup: str, value: Any, query: Callable[[Any], Any]) -> Clause:
    key = column.key
    if lookup == "isnull" or (lookup == "exact" and value is None):
        if lookup == "isnull" and not isinstance(value, bool):
            raise ValidationError({column.name: "The value of isnull must be True or False."})
        return Clause("isNull" if lookup == "exact" or value else "isNotNull", key)
    if column.array:
        several = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        values = tuple(query(one) for one in several)
        if not values:  # every array holds all of nothing, and none holds any of it
            return NOTHING if lookup == "contains_any" else Clause("isNotNull", key)
        return Clause(_OF_ARRAYS[lookup], key, values)
    if lookup == "in":
        if isinstance(value, (str, bytes)):
            raise ValidationError({column.name: "The value of in must be a list, not text."})
        values = tuple(dict.fromkeys(query(one) for one in value if one is not None))
        return Clause("equal", key, values) if values else NOTHING
    if lookup == "range":
        low, high = value
        return Clause("between", key, (query(low), query(high)))
    if lookup in _COMPARISONS:
        return Clause(_COMPARISONS[lookup], key, (query(value),))
    return Clause(_TEXT.get(lookup, "equal"), key, (query(value),))
