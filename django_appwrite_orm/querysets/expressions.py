"""Changes that start from the stored value: `F("stock") - 1`, `~F("lent")`, `Now()`, and the SDK's operators.

Appwrite computes them, so that two at once both count. It takes them as a JSON text in the column's place; this is why
ordinary text of that form is refused everywhere else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Value
from django.db.models.expressions import CombinedExpression, NegatedExpression
from django.db.models.functions import Concat, Now
from django.db.models.functions.text import ConcatPair

from ..tables import Row, columns
from ..tables.columns.coercion import plain
from ..tables.columns.numbers import Number
from ..tables.kinds import Family
from ..tables.validation import OPERATORS, operator_text

_ARITHMETIC = {
    "+": "increment",
    "-": "decrement",
    "*": "multiply",
    "/": "divide",
    "%%": "modulo",
    "^": "power",
}
_EITHER_WAY = frozenset({"+", "*"})


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator of the SDK, marked as one: `update(tags=Apply(Operator.array_append(["new"])))`.

    It keeps its bounds: `Apply(Operator.increment(5, 100))` ends at 100.
    """

    operator: str

    def __post_init__(self) -> None:
        try:
            operator = json.loads(self.operator)
            expected = operator["method"] in OPERATORS and isinstance(operator.get("values", []), list)
        except (TypeError, ValueError, KeyError, AttributeError):
            expected = False
        if not expected:
            raise ValueError(
                f"Apply() takes an operator of the SDK, such as Operator.increment(1), not {self.operator!r}."
            )


def is_expression(value: object) -> bool:
    """Return whether the value is computed from the stored one."""
    return isinstance(value, Apply) or hasattr(value, "resolve_expression")


def separated(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split values by name into plain ones and expressions."""
    expressions = {name: value for name, value in values.items() if is_expression(value)}
    return {name: value for name, value in values.items() if name not in expressions}, expressions


def operators(table: type[Row], expressions: Mapping[str, Any]) -> dict[str, str]:
    """Return the operators for expressions by column name, by column key.

    Raises ValidationError, keyed by column.
    """
    data, errors = {}, {}
    for name, expression in expressions.items():
        column = table._meta.columns[name]
        try:
            data[column.key] = _operator(column, expression)
        except ValidationError as error:
            errors[name] = error.messages
    if errors:
        raise ValidationError(errors)
    return data


def _operator(column: columns.Column, expression: Any) -> str:
    if column.encrypted:
        raise ValidationError(
            "This column is encrypted, and Appwrite would change the encrypted text. Read the row, change and save it.",
            code="expression",
        )
    if isinstance(expression, Apply):
        return expression.operator
    if isinstance(expression, Now) and column.kind.family is Family.TIME and not column.array:
        return operator_text("dateSetNow")
    if isinstance(expression, NegatedExpression):
        inner = expression.get_source_expressions()[0]
        if _is_column(column, inner) and column.family is Family.BOOLEAN and not column.array:
            return operator_text("toggle")
    if isinstance(expression, Concat):
        first, *rest = _concatenated(expression)
        if _is_column(column, first) and not column.array and all(isinstance(operand, Value) for operand in rest):
            return _combined(column, "+", "".join(map(_text_of, rest)))
    if isinstance(expression, CombinedExpression):
        left, right, sign = expression.lhs, expression.rhs, expression.connector
        if _is_column(column, right) and sign in _EITHER_WAY and not column.kind.is_text:
            left, right = right, left
        if _is_column(column, left) and isinstance(right, Value) and sign in _ARITHMETIC and not column.array:
            return _combined(column, sign, right.value)
    raise ValidationError(
        f"Appwrite cannot compute {expression!r} for this column. It can compute F({column.name!r}) with a constant (+"
        " - * / % **; + or Concat for text), ~F() of a boolean, Now() for a date, and the SDK's operators in Apply().",
        code="expression",
    )


def _concatenated(expression: Any) -> list[Any]:
    """Return the parts of a `Concat`, in order; Django nests it in pairs."""
    if not isinstance(expression, Concat | ConcatPair):
        return [expression]
    return [part for source in expression.get_source_expressions() for part in _concatenated(source)]


def _text_of(constant: Any) -> str:
    text = plain(constant.value)
    if not isinstance(text, str):
        raise ValidationError(f"Only text can be added to text, not {text!r}.", code="expression")
    return text


def _is_column(column: columns.Column, side: object) -> bool:
    return isinstance(side, F) and vars(side)["name"] == column.name


def _combined(column: columns.Column, sign: str, constant: Any) -> str:
    constant = plain(constant)
    if column.family is Family.TEXT and sign == "+":
        if not isinstance(constant, str):
            raise ValidationError(f"Only text can be added to text, not {constant!r}.", code="expression")
        return operator_text("stringConcat", constant)
    if not (column.arithmetic and isinstance(column, Number)):
        raise ValidationError(f"Appwrite has no arithmetic for {column.kind.type} columns.", code="expression")
    if isinstance(column, columns.Decimal):
        if sign not in ("+", "-"):
            raise ValidationError("For a Decimal, Appwrite can compute + and - only.", code="expression")
        constant = column.encode(column.coerce(constant))
    constant = column.native(constant)
    whole = column.kind.is_whole and sign != "^"
    fits = isinstance(constant, int if whole else (int, float)) and not isinstance(constant, bool)
    if not fits or not math.isfinite(constant):
        kind = "a whole number" if whole else "a number"
        raise ValidationError(f"Expected {kind}, not {constant!r}.", code="expression")
    if constant == 0 and sign in ("/", "%%"):
        raise ValidationError("Division by zero.", code="expression")
    if constant < 0 and sign in ("+", "-"):  # the increment routes take positive steps
        sign, constant = "-" if sign == "+" else "+", -constant
    return operator_text(_ARITHMETIC[sign], constant)
