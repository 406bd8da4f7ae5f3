"""Compile Django's lookups (`price__lt=20`, `Q`, `-price`) to Appwrite's queries.

Whether text compares with or without case depends on the database under the server: docs/reference/queries.md says
which lookup follows which rule. The `i` forms send the same query as those without.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db.models import OuterRef, Q

from ...exceptions import NotSupportedError
from ...plans import EVERYTHING, NOTHING, TEXT_LIMIT, Clause, conjunction, disjunction, fits, negation
from ...registry import registry
from ...relations.paths import RelationPath, find_path, reverse_paths
from ...tables import Row, columns
from ...tables.columns.lookups import COMPARISON_METHODS, DATE_PARTS, LINK_LOOKUPS, PATTERN_METHODS, escaped_pattern
from ...tables.kinds import Family
from ...tables.system_columns import within_sequences
from ..query import Queryable, subquery_of
from .dates import part_of_date
from .relations import across, refusal
from .spatial import place_clause
from .subqueries import among, membership

_OF_ARRAYS = {"contains": "containsAll", "contains_all": "containsAll", "contains_any": "containsAny"}

# The result of `Column.to_bounds`.
Bounds = tuple[Any, Any]


def where(table: type[Row], condition: Q) -> Clause:
    """Return the clause for a `Q` of any depth. Raises FieldError, ValidationError or NotSupportedError."""
    if condition.connector not in (Q.AND, Q.OR):
        raise NotSupportedError(f"Appwrite cannot combine conditions by {condition.connector}. Use & and |.")
    parts = list(_parts(table, condition))
    if not parts:
        return EVERYTHING
    clause = conjunction(parts) if condition.connector == Q.AND else disjunction(parts)
    if not condition.negated:
        return clause
    try:
        return negation(clause, lambda key: _nullable(table, key))
    except ValueError as error:
        raise refusal(table, clause) or NotSupportedError(f"{error}; it cannot be excluded.") from None


def _nullable(table: type[Row], key: str) -> bool:
    """Whether a row may have a null in this column, which may be undeclared: a relationship's other side."""
    column = table._meta.get_column_by_key(key)
    return column is None or not column.required


def order(table: type[Row], names: Iterable[str]) -> tuple[Clause, ...]:
    """Return the clauses for `order_by` names: `price`, `-price`, `?` for a random order."""
    clauses = []
    for name in names:
        if not isinstance(name, str):
            raise FieldError(f"{table.__name__}: order_by() takes names, such as 'price' or '-price', not {name!r}.")
        if name == "?":
            clauses.append(Clause("orderRandom"))
            continue
        column = _comparable_column(table, name[1:] if name[:1] in ("-", "+") else name)
        if column.family is Family.LINK:
            raise FieldError(f"{table.__name__}.{column.name}: Appwrite cannot order by a relationship.")
        clauses.append(Clause("orderDesc" if name.startswith("-") else "orderAsc", column.key))
    return tuple(clauses)


def _parts(table: type[Row], condition: Q) -> Iterator[Clause]:
    """Yield the parts of a Q; its conditions across one relation to many hold for the same row there."""
    together: dict[RelationPath, list[Any]] = {}
    for child in _flat(condition):
        if isinstance(child, Q):
            yield where(table, child)
            continue
        path, value = _lookup_pair(child)
        name, _, rest = path.partition("__")
        is_column = name in table._meta.columns or (name in table._meta.references and rest in ("", *LINK_LOOKUPS))
        relation = None if is_column else find_path(table, name)
        if relation is None:
            yield _lookup(table, path, value)
        elif rest == "isnull" or (value is None and rest in ("", "exact")):
            anything = across(table, relation, EVERYTHING)
            nothing = rest != "isnull" or _truth(name, value)
            yield negation(anything, lambda key: _nullable(table, key)) if nothing else anything
        else:
            there = (
                (rest, value)
                if rest not in ("", *LINK_LOOKUPS)
                else (f"id__{rest or 'exact'}", ids_for(relation.other, value))
            )
            if relation.own_key is not None and not relation.own_is_list:
                clause = across(table, relation, where(relation.other, Q(there)))
                yield disjunction([clause, *_nothing_there(table, relation.own_key, path, value)])
            elif condition.connector == Q.AND:
                together.setdefault(relation, []).append(there)
            else:
                yield across(table, relation, where(relation.other, Q(there)))
    for relation, conditions in together.items():
        yield across(table, relation, where(relation.other, Q(*conditions)))


def _nothing_there(table: type[Row], key: str, path: str, value: Any) -> Iterator[Clause]:
    """Yield the condition for rows without a related row, where the lookup matches nulls, as an outer join."""
    lookup = path.rpartition("__")[2]
    if _nullable(table, key) and (value is True if lookup == "isnull" else value is None):
        yield Clause("isNull", key)


def _flat(condition: Q) -> Iterator[Any]:
    """Yield the children of a Q, with those of a nested plain "and" in its place."""
    for child in condition.children:
        if isinstance(child, Q) and child.connector == condition.connector == Q.AND and not child.negated:
            yield from _flat(child)
        else:
            yield child


def _lookup_pair(child: Any) -> tuple[str, Any]:
    if not (isinstance(child, tuple) and len(child) == 2):
        raise NotSupportedError(
            f"Appwrite cannot filter by the expression {child!r}. Use lookups, such as price__lt=20."
        )
    return str(child[0]), child[1]


def _lookup(table: type[Row], path: str, value: Any) -> Clause:
    name, *rest = path.split("__")
    if name in table._meta.references:
        reference = table._meta.references[name]
        name, value = reference.column_name, ids_for(lambda: registry.target(table, reference), value)
    column = _comparable_column(
        table, name, lambda: [relation.alias or relation.name for relation in reverse_paths(table)]
    )
    lookup = "__".join(rest) or "exact"
    if lookup not in column.lookups:
        near = difflib.get_close_matches(lookup, column.lookups, n=3)
        guess = f" Did you mean: {', '.join(near)}?" if near else ""
        raise FieldError(
            f"{table.__name__}.{name} has no lookup {lookup!r}.{guess} It has: {', '.join(column.lookups)}."
        )
    if isinstance(value, Queryable):
        return among(table, path, column, lookup, subquery_of(value))
    if isinstance(value, OuterRef):
        raise NotSupportedError(
            f"{table.__name__}.{path}: Appwrite has no correlated subqueries, so OuterRef cannot be used. Pass the"
            f" inner queryset to the outer one: filter(pk__in={table.__name__}.objects.filter(...).values({name!r}))."
        )
    _refuse_expression(table, path, value)

    def bounds(item: Any) -> Bounds:
        if isinstance(item, Queryable):
            subquery_of(item)
            raise NotSupportedError(
                f"{table.__name__}.{path}: a queryset cannot be an item of a list. Pass it as the whole value:"
                f" {column.name}__in=queryset."
            )
        _refuse_expression(table, path, item)
        try:
            return column.to_bounds(item)
        except ValidationError as error:
            raise ValidationError({name: error}) from None

    clause = _clause(column, lookup, value, bounds)
    if clause.attribute == "$sequence":
        clause = within_sequences(clause)
    if not _sendable(clause) and not _sendable(clause := _without_longer(column, clause)):
        raise NotSupportedError(f"{table.__name__}.{path}: a value may have at most {TEXT_LIMIT} characters.")
    return clause


def _without_longer(column: columns.Column, clause: Clause) -> Clause:
    """Return the clause without texts that no row has. Some databases compare without the blanks at ends."""
    size = getattr(column, "size", None)
    if clause.method != "equal" or size is None:
        return clause
    values = tuple(text for text in clause.values or () if len(text.rstrip()) <= size)
    return Clause("equal", clause.attribute, values) if values else NOTHING


def _refuse_expression(table: type[Row], path: str, value: Any) -> None:
    if isinstance(value, Q) or hasattr(value, "resolve_expression"):
        raise NotSupportedError(
            f"{table.__name__}.{path}: Appwrite can compare a column with constants only, not with {value!r}."
        )


def ids_for(other: type[Row] | Callable[[], type[Row]], value: Any) -> Any:
    """Return rows of `other` as their ids, wherever a reference is compared.

    Raises ValueError for a row of another table, and for one without an id, which would be compared as None.
    """
    if isinstance(value, Row):
        expected = other if isinstance(other, type) else other()
        if not isinstance(value, expected) or value.id is None:
            raise ValueError(f"Expected a saved {expected.__name__} or its id, not {type(value).__name__} {value}.")
        return value.id
    if isinstance(value, Queryable):
        expected, query = other if isinstance(other, type) else other(), subquery_of(value)
        if query.names is None and query.model is not expected:
            raise ValueError(f"Expected a queryset of {expected.__name__}, not of {query.model.__name__}.")
        return value
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return [ids_for(other, item) for item in value]
    return value


def _comparable_column(table: type[Row], name: str, also: Callable[[], Iterable[str]] = tuple) -> columns.Column:
    """Return the column if Appwrite can compare it. Raises FieldError and NotSupportedError."""
    column = table._meta.columns.get(name) or table._meta.get_column(name, also)
    if column.encrypted:
        raise NotSupportedError(
            f"{table.__name__}.{name} is encrypted: Appwrite can neither filter nor order by it. To find rows by its"
            " value, store a digest in a second column."
        )
    return column


def _sendable(clause: Clause) -> bool:
    """Whether each value alone fits into a query; `plans.split` takes care of their number."""
    if clause.is_short:
        return True
    if clause.method in ("and", "or"):
        return all(map(_sendable, clause.values or ()))
    return fits(clause) or all(fits(Clause(clause.method, clause.attribute, (value,))) for value in clause.values or ())


def _clause(column: columns.Column, lookup: str, value: Any, bounds: Callable[[Any], Bounds]) -> Clause:
    key = column.key
    if lookup == "isnull" or (value is None and lookup in ("exact", "iexact")):
        return Clause("isNull" if lookup != "isnull" or _truth(column.name, value) else "isNotNull", key)
    if column.family is Family.SHAPE:
        return place_clause(column, lookup, value)
    if column.array:
        several = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        return _of_array(key, lookup, [bounds(item) for item in several])
    if lookup == "in":
        return membership(column, _exact(bounds(item) for item in _several(column, value) if item is not None))
    if lookup == "range":
        low, high = _pair(column, value)
        first, last = bounds(low)[1], bounds(high)[0]
        return NOTHING if first is None or last is None else Clause("between", key, (first, last))
    if lookup in COMPARISON_METHODS:
        return _compared(key, lookup, bounds(value))
    if lookup in DATE_PARTS:
        return part_of_date(column, lookup, value, lambda moment: bounds(moment)[1])
    exact = _exact([bounds(value)])
    if not exact:
        return NOTHING
    if lookup in PATTERN_METHODS:
        return Clause(PATTERN_METHODS[lookup], key, (escaped_pattern(exact[0]),))
    return Clause("search" if lookup == "search" else "equal", key, (exact[0],))


def _exact(bounds: Iterable[Bounds]) -> list[Any]:
    """Return those of these values that the column can hold. No row is equal to another value."""
    return [low for low, high in bounds if low is not None and low == high]


def _compared(key: str, lookup: str, bounds: Bounds) -> Clause:
    """Return a comparison with the nearest value that the column can hold and that selects the same rows."""
    low, high = bounds
    nearest = low if lookup in ("gt", "lte") else high
    if nearest is not None:
        return Clause(COMPARISON_METHODS[lookup], key, (nearest,))
    # The value lies above or below all that the column can hold.
    return Clause("isNotNull", key) if lookup in ("gt", "lt") else NOTHING


def _of_array(key: str, lookup: str, items: list[Bounds]) -> Clause:
    values = _exact(items)
    if len(values) < len(items) and lookup != "contains_any":
        return NOTHING  # no array holds an item that the column cannot hold
    if not values:  # without items, `contains` matches every array and `contains_any` none
        return NOTHING if lookup == "contains_any" else Clause("isNotNull", key)
    return Clause(_OF_ARRAYS[lookup], key, tuple(values))


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValidationError({name: "The value of isnull must be True or False."})
    return value


def _several(column: columns.Column, value: Any) -> Iterable[Any]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise ValidationError({column.name: f"The value of in must be a list, not {type(value).__name__}."})
    return value


def _pair(column: columns.Column, value: Any) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValidationError({column.name: "The value of range must be a pair: (low, high)."})
    return value
