"""The conditions of a query, from Django's where tree to Appwrite's clauses.

SQL has three truth values. A negation is carried down to the lookups, whose negated methods leave out null rows at
Appwrite as NOT does in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet, ValidationError
from django.db import models
from django.db.models import lookups
from django.db.models.expressions import Col
from django.db.models.fields import related_lookups
from django.db.models.sql.where import AND, OR, ExtraWhere, NothingNode, WhereNode

from ...plans import EVERYTHING, NOTHING, Clause, conjunction, disjunction, fits, negation
from ...tables.columns.lookups import COMPARISON_METHODS, PATTERN_METHODS, escaped_pattern
from ...tables.kinds import Family
from ..arrays import ArrayLookup, ContainsLookup
from ..columns import (
    ROW_ID,
    UNPREPARED,
    BinaryColumn,
    JSONColumn,
    KeyColumn,
    ListColumn,
    ModelColumn,
    TextColumn,
    column_of,
    unprepared,
)
from .untranslatable import Untranslatable

Bounds = tuple[Any, Any]

# Lookups of these modules alone: a project's own may mean something else under the same name.
_MODULES = (lookups.__name__, related_lookups.__name__, "django.db.models.fields", ArrayLookup.__module__)
# Values in one condition, and characters that it may have as JSON.
_LONGEST_VALUE = 4000


def where_clause(where: WhereNode, alias: str, connection: Any) -> Clause:
    """Return the condition that `where` is for the table known by `alias`. Raises Untranslatable."""
    return _node(where, alias, connection, negated=False)


def _node(node: Any, alias: str, connection: Any, *, negated: bool) -> Clause:
    if isinstance(node, WhereNode):
        negated ^= node.negated
        if len(node.children) == 1:
            return _node(node.children[0], alias, connection, negated=negated)
        parts = (_node(child, alias, connection, negated=negated) for child in node.children)
        if node.connector not in (AND, OR):
            raise Untranslatable(f"{node.connector} of conditions")
        return conjunction(parts) if (node.connector == AND) != negated else disjunction(parts)
    if isinstance(node, NothingNode):
        return EVERYTHING if negated else NOTHING
    if isinstance(node, ExtraWhere):
        raise Untranslatable("extra(where=...)")
    if isinstance(node, lookups.Lookup):
        return _lookup(node, alias, connection, negated=negated)
    raise Untranslatable(f"the condition {type(node).__name__}")


def _lookup(lookup: Any, alias: str, connection: Any, *, negated: bool) -> Clause:
    column = _column(lookup, alias)
    name = lookup.lookup_name
    if name == "isnull":
        if not isinstance(lookup.rhs, bool):
            raise ValueError("The QuerySet value for an isnull lookup must be True or False.")
        return _is_null(column, lookup.rhs != negated)
    if not lookup.rhs_is_direct_value():
        raise Untranslatable("a comparison with another expression")
    if isinstance(column, ListColumn):
        return _of_list(column, lookup, negated=negated)
    if isinstance(column, (JSONColumn, BinaryColumn)):
        raise Untranslatable(f"a comparison of a {type(column.field).__name__}")
    try:
        positive = _positive(column, lookup, connection)
    except (EmptyResultSet, FullResultSet) as constant:
        return EVERYTHING if isinstance(constant, FullResultSet) != negated else NOTHING
    if not negated:
        return positive
    if positive == NOTHING:  # false for every value, and unknown for null
        return _not_null(column)
    return negation(positive, lambda key: False)


def _of_list(column: ListColumn, lookup: Any, *, negated: bool) -> Clause:
    """Return the condition on the items of a list; one that was never set is empty."""
    items, is_all = lookup.items, isinstance(lookup, ContainsLookup)
    if items is None or not (items or is_all):
        return EVERYTHING if negated else NOTHING
    if not items:  # every list has all of nothing
        return NOTHING if negated else EVERYTHING
    positive = _sendable(Clause("containsAll" if is_all else "containsAny", column.key, tuple(items)))
    if not negated:
        return positive
    return disjunction([negation(positive, lambda key: False), Clause("isNull", column.key)])


def _column(lookup: Any, alias: str) -> ModelColumn:
    lhs = lookup.lhs
    if not isinstance(lhs, Col):
        raise Untranslatable(f"a condition on {type(lhs).__name__}")
    if lhs.alias != alias:
        raise Untranslatable("a condition on a joined table")
    if lookup.bilateral_transforms or type(lookup).__module__ not in _MODULES:
        raise Untranslatable(f"the lookup {lookup.lookup_name!r}")
    if lhs.output_field is not lhs.target and not isinstance(lhs.target, models.ForeignKey):
        raise Untranslatable("a column as another kind of field")
    return column_of(lhs.target)


def _positive(column: ModelColumn, lookup: Any, connection: Any) -> Clause:
    name = lookup.lookup_name
    is_bounded = issubclass(type(lookup), lookups.IntegerFieldOverflow) and not isinstance(column, KeyColumn)
    if is_bounded and isinstance(lookup.rhs, int):  # an id has bounds of its own
        low, high = connection.ops.integer_field_range(lookup.lhs.output_field.get_internal_type())
        if low is not None and lookup.rhs < low:
            raise lookup.underflow_exception
        if high is not None and lookup.rhs > high:
            raise lookup.overflow_exception
    if name == "in":
        values = _values(column, lookup, connection)
        return _equal(column, [value for value in values if value is not None])
    if name == "range":
        low, high = _values(column, lookup, connection)
        return conjunction([_compared(column, "gte", low), _compared(column, "lte", high)])
    (value,) = _prepared(column, lookup, lookup.rhs, connection)
    if name in ("exact", "iexact"):
        if value is None:
            return _is_null(column, True)
        if name == "iexact" and not isinstance(column, TextColumn):
            raise Untranslatable("iexact of a column that is not text")
        return _equal(column, [value])
    if name in COMPARISON_METHODS:
        return _compared(column, name, value)
    if name in PATTERN_METHODS:
        return _pattern(column, name, value)
    raise Untranslatable(f"the lookup {name!r}")


def _values(column: ModelColumn, lookup: Any, connection: Any) -> Sequence[Any]:
    rhs = lookup.rhs
    if not isinstance(rhs, Iterable) or any(hasattr(value, "resolve_expression") for value in rhs):
        raise Untranslatable("a comparison with another expression")
    return _prepared(column, lookup, list(rhs), connection)


def _prepared(column: ModelColumn, lookup: Any, rhs: Any, connection: Any) -> list[Any]:
    """Return the values as the field gives them to a database. Raises DataError where it cannot."""
    try:
        return list(lookup.get_db_prep_lookup(rhs, connection)[1])
    except UNPREPARED as error:
        raise unprepared(column.field, error) from error


def _is_null(column: ModelColumn, null: bool) -> Clause:
    if column.key == ROW_ID or isinstance(column, ListColumn):
        return NOTHING if null else EVERYTHING
    if null:
        return NOTHING if column.column.required else Clause("isNull", column.key)
    return _not_null(column)


def _not_null(column: ModelColumn) -> Clause:
    return EVERYTHING if column.column.required else Clause("isNotNull", column.key)


def _equal(column: ModelColumn, values: Iterable[Any]) -> Clause:
    """Return the condition to have one of these values; of a primary key, to be one of these rows."""
    key, raw = column.key, dict[Any, None]()
    row_key = column.key_of_rows
    for value in values:
        try:
            low, high = column.bounds(value)
        except ValidationError:  # no row can have it
            continue
        if low is not None and low == high and type(low) is type(high):
            raw[low if row_key is None else row_key.row_id(low)] = None
    if not raw:
        return NOTHING
    if any(isinstance(value, str) and len(value) > _LONGEST_VALUE for value in raw):
        raise Untranslatable("a text of more than 4,000 characters")
    return Clause("equal", key if row_key is None else ROW_ID, tuple(raw))


def _compared(column: ModelColumn, name: str, value: Any) -> Clause:
    """Return a comparison with the nearest value that the column can hold, which leaves the same rows."""
    if column.column.kind.family is Family.BOOLEAN:
        raise Untranslatable("an order of booleans")
    if isinstance(column, KeyColumn):
        low, high = _key_bounds(column, value)
    else:
        try:
            low, high = column.bounds(value)
        except ValidationError:
            raise Untranslatable(f"a comparison with {type(value).__name__}") from None
    nearest = low if name in ("gt", "lte") else high
    if nearest is not None:
        return _sendable(Clause(COMPARISON_METHODS[name], column.key, (nearest,)))
    # The value lies above or below all that the column can hold.
    return _not_null(column) if name in ("gt", "lt") else NOTHING


def _key_bounds(column: KeyColumn, value: Any) -> Bounds:
    try:
        return column.bounds(value)
    except ValidationError:
        if not isinstance(value, int):
            raise Untranslatable("a comparison of ids") from None
        return (None, column.row_key.row_id(0)) if value < 0 else (column.row_key.row_id(2**63 - 1), None)


def _pattern(column: ModelColumn, name: str, value: Any) -> Clause:
    if not isinstance(column, TextColumn) or not isinstance(value, str):
        raise Untranslatable(f"the lookup {name!r} of a column that is not text")
    if not value:
        return _not_null(column)
    try:
        text, _ = column.bounds(value)
    except ValidationError:
        return NOTHING
    return _sendable(Clause(PATTERN_METHODS[name], column.key, (escaped_pattern(text),)))


def _sendable(clause: Clause) -> Clause:
    if not fits(clause):
        raise Untranslatable("a value of more than 4,096 characters")
    return clause
