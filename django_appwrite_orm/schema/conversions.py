"""Conversions of values for a column that changes, and the check whether all values of a column fit."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError

from ..connection import Connection
from ..plans import TableRef
from ..sansio import Operation
from ..tables.columns import Column, Decimal
from ..tables.kinds import Family
from ..tables.validation import looks_like_operator
from .rows import RawRow, walk
from .state import ColumnState

# Appwrite keeps 14 significant digits of a double.
_PRECISION = 1e-13
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Conversion:
    """The conversion of values into `column`: `convert` turns the old JSON value into the new Python value."""

    column: Column
    convert: Callable[[Any], Any]

    def __call__(self, raw: Any) -> Any:
        """Return the new JSON value. Raises ValidationError if it does not fit, and what `convert` raises."""
        value = self.convert(raw) if raw is not None else fill_of(self.column) if self.column.required else None
        encoded = self.column.to_appwrite(self.column.clean(value))
        for text in encoded if isinstance(encoded, list) else [encoded]:
            if isinstance(text, str) and looks_like_operator(text):
                raise ValidationError("The text has the form of an Appwrite operator; Appwrite would execute it.")
        return encoded

    def problem(self, raw: Any) -> str | None:
        """Return why the value cannot be converted, or None."""
        try:
            self(raw)
        except ValidationError as error:
            return " ".join(error.messages)
        except Exception as error:  # raised by the project's function; reported with the row
            return f"{type(error).__name__}: {error}"
        return None


def conversion(column: Column, declared: ColumnState, existing: ColumnState) -> Conversion | None:
    """Return the conversion from `existing` to `declared`, None when there is none.

    It is the column's `convert` if it has one. Otherwise values are kept between kinds that hold the same values, and
    numbers between integers and Decimals.
    """
    if column.convert is not None:
        return Conversion(column, column.convert)
    kinds = (declared.facts, existing.facts)
    are_text = all(kind.family is Family.TEXT for kind in kinds)
    are_whole = all(kind.is_whole for kind in kinds)
    if are_whole and declared.array == existing.array and "decimal" in {**declared.options, **existing.options}:
        return Conversion(column, partial(_rescaled, column, existing.options.get("decimal", (0, 0))[1]))
    if declared.array == existing.array and (declared.kind == existing.kind or are_text or are_whole):
        return kept(column)
    return None


def _rescaled(column: Column, places: int, raw: Any) -> Any:
    """Return the numbers that integers of a Decimal with this many decimal places stand for."""
    if isinstance(raw, list):
        return [_rescaled(column, places, item) for item in raw]
    number = decimal.Decimal(raw).scaleb(-places)
    return int(number) if not isinstance(column, Decimal) and number == int(number) else number


def kept(column: Column) -> Conversion:
    """Return the conversion that keeps the values, if they fit the column."""
    return Conversion(column, column.to_python)


def fill_of(column: Column) -> Any:
    """Return the Python value for rows without one when the column becomes required; None: there is none."""
    default = column.get_default()
    return [] if default is None and column.array else default


def same(first: Any, second: Any) -> bool:
    """Whether two JSON values are the same to Appwrite."""
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float) or isinstance(second, float):
        numbers = isinstance(first, (int, float)) and isinstance(second, (int, float))
        return numbers and math.isclose(first, second, rel_tol=_PRECISION)
    return bool(first == second)


def survey(connection: Connection, ref: TableRef, key: str, conversion: Conversion) -> Operation[list[str]]:
    """Check all values of a column; return nothing, or one sentence with the number of unsuitable rows and examples."""
    examples: list[str] = []
    count = 0

    def check(rows: list[RawRow]) -> Operation[None]:
        nonlocal count
        yield from ()
        for row in rows:
            problem = conversion.problem(row[key])
            if problem is not None:
                count += 1
                if len(examples) < _EXAMPLES:
                    examples.append(f"row {row['$id']}: {problem}")

    yield from walk(connection, ref, check, ("$id", "$sequence", key))
    if not count:
        return []
    more = f" and {count - len(examples)} more" if count > len(examples) else ""
    subject = "1 row does not" if count == 1 else f"{count} rows do not"
    return [f"column {ref.table}.{conversion.column.key}: {subject} fit ({'; '.join(examples)}{more})."]
