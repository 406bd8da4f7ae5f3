"""Decimals with all their digits, where SQLite compares, orders and returns doubles.

A copy has the number as a double, for calculations, and as text in a column of its own, if a query needs that: for a
comparison with a constant of more digits than a double keeps, and for the columns that hold more.
"""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import IntegerField, lookups
from django.db.models.expressions import (
    Case,
    Col,
    CombinedExpression,
    Expression,
    ExpressionWrapper,
    OrderBy,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from ...tables import columns
from ..columns import ANY_LENGTH, ModelColumn, WideDecimalColumn, column_of, decimal_of, number_of_text

# What SQLite and Django take from a double.
_DIGITS = 15
_COLLATION = "appwrite_decimal"
# Numbers that a connection remembers. A sort compares each about log2(rows) times.
_NUMBERS = 65_536
# Calculations whose result has all digits.
_CALCULATIONS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": ANY_LENGTH.add,
    "-": ANY_LENGTH.subtract,
    "*": ANY_LENGTH.multiply,
}
_COMPARISONS = (
    *(lookups.Exact, lookups.In, lookups.Range),
    *(lookups.GreaterThan, lookups.GreaterThanOrEqual, lookups.LessThan, lookups.LessThanOrEqual),
)


def exact_name(name: str) -> str:
    """Return the name of the column that has the texts of the numbers in the column `name`."""
    return f"{name}/exact"


def exact_definition(column: ModelColumn, quote: Callable[[str], str]) -> tuple[str, str] | None:
    """Return the definition of the column of texts for `column`, and the SQL of its values; None without decimals."""
    if (size := _size(column)) is None:
        return None
    name = _quoted_exact(quote(str(column.field.column)))
    return f"{name} text COLLATE {_COLLATION}", text_of(*size)


def text_of(digits: int, places: int) -> str:
    """Return the SQL of the text of a number. `{0}` in it stands for the number as Appwrite sends it."""
    return f"appwrite_decimal({{0}},{digits},{places})"


def install(connection: sqlite3.Connection) -> None:
    """Give `connection` what `ExactDecimal` and `exact_definition` use."""
    number = lru_cache(_NUMBERS)(Decimal)

    def compare(left: str, right: str) -> int:
        first, second = number(left), number(right)
        return (first > second) - (first < second)

    connection.create_collation(_COLLATION, compare)
    connection.create_function("appwrite_decimal", 3, _text, deterministic=True)
    connection.create_function("appwrite_digits", 1, _digits_of, deterministic=True)
    connection.create_function("appwrite_calculate", 3, _calculation, deterministic=True)


class ExactDecimal(Expression):
    """The value of an expression as the text of a number: all its digits, or those that Django takes of a double."""

    def __init__(self, expression: Any, field: Any = None) -> None:
        """`field` is that of the result, for an `expression` that may have none."""
        super().__init__(output_field=field or expression.output_field)
        self.expression = expression

    def get_source_expressions(self) -> list[Any]:
        return [self.expression]

    def set_source_expressions(self, exprs: Any) -> None:
        (self.expression,) = exprs

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        node = self.expression
        if _is_decimal(node):
            sql, parameters = compiler.compile(node)
            return _quoted_exact(sql), parameters
        sql, parameters = self._text_of(node, compiler, connection)
        return f"{sql} COLLATE {_COLLATION}", parameters

    def _text_of(self, node: Any, compiler: Any, connection: Any) -> Any:
        if not _is_exact(node):
            sql, parameters = compiler.compile(node)
            return f"appwrite_digits({sql})", parameters
        if isinstance(node, Value):
            return "%s", (None if node.value is None else str(node.value),)
        if type(node) is Col:  # a whole number
            sql, parameters = compiler.compile(node)
            return f"cast({sql} AS text)", parameters
        if type(node) is CombinedExpression:
            (left, its), (right, others) = (
                compiler.compile(ExactDecimal(part, self.output_field)) for part in (node.lhs, node.rhs)
            )
            return f"appwrite_calculate('{node.connector}', {left}, {right})", (*its, *others)
        node = node.copy()
        node.set_source_expressions([self._part(part) for part in node.get_source_expressions()])
        sql, parameters = node.as_sql(compiler, connection)  # without the cast to a double
        return f"({sql})", parameters

    def _part(self, part: Any) -> Any:
        if not isinstance(part, When):
            return ExactDecimal(part, self.output_field)
        condition, result = part.get_source_expressions()
        part = part.copy()
        part.set_source_expressions([condition, self._part(result)])
        return part


def _is_exact(node: Any) -> bool:
    """Whether the value of an expression can be worked out with all digits."""
    if type(node) is Col:
        return _is_decimal(node) or isinstance(node.target, IntegerField)
    if isinstance(node, Value):
        return node.value is None or (isinstance(node.value, Decimal | int) and not isinstance(node.value, bool))
    if type(node) is CombinedExpression and node.connector not in _CALCULATIONS:
        return False
    if isinstance(node, When):
        return _is_exact(node.result)
    composed = (Case, Coalesce, CombinedExpression, ExpressionWrapper)
    return type(node) in composed and all(map(_is_exact, node.get_source_expressions()))


def has_all_digits(node: Any) -> bool:
    """Whether an expression is returned as an `ExactDecimal`: where a double would have fewer digits."""
    return is_wide_decimal(node) or (_has_decimals(node) and _is_exact(node) and _has_wide_parts(node))


def _has_wide_parts(node: Any) -> bool:
    return any(
        is_wide_decimal(part) or (isinstance(part, Value) and _has_many_digits(part.value)) for part in node.flatten()
    )


def is_wide_decimal(expression: Any) -> bool:
    """Whether it is a column whose numbers have more digits than a double keeps."""
    if type(expression) is not Col:
        return False
    size = _size(column_of(expression.target))
    return size is not None and size[0] > _DIGITS


def with_exact_decimals(node: Any) -> Any:
    """Return a comparison or an order so that it counts all digits, and any other node as it is."""
    if isinstance(node, _COMPARISONS):
        return _exact_comparison(node)
    if isinstance(node, OrderBy) and is_wide_decimal(node.expression):
        node = node.copy()
        node.expression = ExactDecimal(node.expression)
    return node


def _exact_comparison(lookup: Any) -> Any:
    lhs = lookup.lhs
    rhs = lookup.rhs.value if isinstance(lookup.rhs, Value) else lookup.rhs
    if not _has_decimals(lhs):
        return lookup
    if hasattr(rhs, "as_sql"):
        if not (_is_exact(lhs) and _is_exact(rhs) and (_has_wide_parts(lhs) or _has_wide_parts(rhs))):
            return lookup
        rhs = ExactDecimal(rhs)
    else:
        values = [rhs] if isinstance(rhs, Decimal) else list(rhs) if _is_plain(rhs) else []
        if not values or any(hasattr(value, "as_sql") for value in values):
            return lookup
        if not (has_all_digits(lhs) or any(map(_has_many_digits, values))):
            return lookup
    lookup = copy.copy(lookup)
    lookup.lhs, lookup.rhs = ExactDecimal(lhs), rhs
    return lookup


def _is_plain(values: Any) -> bool:
    return isinstance(values, Iterable) and not isinstance(values, str | bytes)


def _has_many_digits(value: Any) -> bool:
    return isinstance(value, Decimal) and len(value.as_tuple().digits) > _DIGITS


def _has_decimals(expression: Any) -> bool:
    if type(expression) is Col:
        return _is_decimal(expression)
    field = getattr(expression, "_output_field_or_none", None)
    return field is not None and field.get_internal_type() == "DecimalField"


def _is_decimal(expression: Any) -> bool:
    return type(expression) is Col and _size(column_of(expression.target)) is not None


def _size(column: ModelColumn) -> tuple[int, int] | None:
    """Return the digits of a decimal column, all and those behind the point; None for another column."""
    if isinstance(column, WideDecimalColumn):
        return column.digits, column.places
    kind = column.column
    return (kind.max_digits, kind.decimal_places) if isinstance(kind, columns.Decimal) and not kind.array else None


def _quoted_exact(sql: str) -> str:
    """Return the SQL of a column, which ends with its quoted name, as that of the texts of its numbers."""
    return f'{exact_name(sql[:-1])}"'


def _text(raw: int | str | None, digits: int, places: int) -> str | None:
    if raw is None:
        return None
    return str(decimal_of(raw if isinstance(raw, int) else number_of_text(raw, digits), places))


def _digits_of(value: float | str | None) -> str | None:
    return format(value, f".{_DIGITS}g") if isinstance(value, float) else None if value is None else str(value)


def _calculation(operator: str, left: str | None, right: str | None) -> str | None:
    if left is None or right is None:
        return None
    return str(_CALCULATIONS[operator](Decimal(left), Decimal(right)))
