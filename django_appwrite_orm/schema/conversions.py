"""Whether values fit a column that is to change, and what becomes of them in one of another kind."""

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
    """The way of a value into `column`: `convert` takes the JSON that was and gives the Python value to be."""

    column: Column
    convert: Callable[[Any], Any]

    def __call__(self, raw: Any) -> Any:
        """The new JSON. Raises ValidationError for a value that does not fit, and what `convert` raises."""
        value = self.convert(raw) if raw is not None else fill_of(self.column) if self.column.required else None
        encoded = self.column.to_appwrite(self.column.clean(value))
        for text in encoded if isinstance(encoded, list) else [encoded]:
            if isinstance(text, str) and looks_like_operator(text):
                raise ValidationError("The text has the form of an Appwrite operator; a copy would run it.")
        return encoded

    def problem(self, raw: Any) -> str | None:
        """Why the value cannot come over, or None."""
        try:
            self(raw)
        except ValidationError as error:
            return " ".join(error.messages)
        except Exception as error:  # the project's own function, about to be told of every row
            return f"{type(error).__name__}: {error}"
        return None


def conversion(column: Column, wanted: ColumnState, found: ColumnState) -> Conversion | None:
    """How values of `found` become values of `wanted`: by the column's `convert`, else as they are between kinds that
    hold the same values, or as the same number where a Decimal is one of them; None when none of this will do."""
    if column.convert is not None:
        return Conversion(column, column.convert)
    kinds = (wanted.facts, found.facts)
    are_text = all(kind.family is Family.TEXT for kind in kinds)
    are_whole = all(kind.is_whole for kind in kinds)
    if are_whole and wanted.array == found.array and "decimal" in {**wanted.options, **found.options}:
        return Conversion(column, partial(_rescaled, column, found.options.get("decimal", (0, 0))[1]))
    if wanted.array == found.array and (wanted.kind == found.kind or are_text or are_whole):
        return kept(column)
    return None


def _rescaled(column: Column, places: int, raw: Any) -> Any:
    """The numbers that whole ones stand for which count in units of `places` decimal places."""
    if isinstance(raw, list):
        return [_rescaled(column, places, one) for one in raw]
    number = decimal.Decimal(raw).scaleb(-places)
    return int(number) if not isinstance(column, Decimal) and number == int(number) else number


def kept(column: Column) -> Conversion:
    """Values as they are, if they fit the column."""
    return Conversion(column, column.to_python)


def fill_of(column: Column) -> Any:
    """What rows without a value get when the column becomes required, as a Python value; None: nothing."""
    default = column.get_default()
    return [] if default is None and column.array else default


def same(first: Any, second: Any) -> bool:
    """Whether two JSON values are one and the same to Appwrite."""
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float) or isinstance(second, float):
        numbers = isinstance(first, (int, float)) and isinstance(second, (int, float))
        return numbers and math.isclose(first, second, rel_tol=_PRECISION)
    return bool(first == second)


def survey(connection: Connection, ref: TableRef, key: str, conversion: Conversion) -> Operation[list[str]]:
    """Why rows of a table do not allow a change: nothing, or one sentence with their number and examples."""
    found: list[str] = []
    count = 0

    def look(rows: list[RawRow]) -> Operation[None]:
        nonlocal count
        yield from ()
        for row in rows:
            problem = conversion.problem(row[key])
            if problem is not None:
                count += 1
                if len(found) < _EXAMPLES:
                    found.append(f"row {row['$id']}: {problem}")

    yield from walk(connection, ref, look, ("$id", "$sequence", key))
    if not count:
        return []
    more = f" and {count - len(found)} more" if count > len(found) else ""
    noun = "row stands" if count == 1 else "rows stand"
    return [f"column {ref.table}.{conversion.column.key}: {count} {noun} against it ({'; '.join(found)}{more})."]
