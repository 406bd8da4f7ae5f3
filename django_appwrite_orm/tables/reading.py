"""Make rows of a table, or values of its columns, of the rows that Appwrite sent, a page at a time.

Values that are in Python as they are in JSON are put into the `__dict__` of a row, where Python finds them before it
asks their column. All others are decoded at their first read.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import repeat
from sys import getsizeof
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..credentials import Using
from ..plans import ColumnarRows, column_values, copies
from .columns import Column
from .overrides import Overridable

if TYPE_CHECKING:
    from .options import Options
    from .row import Row

R = TypeVar("R", bound="Row")
# Sets the `__dict__` of a row, whatever `__setattr__` its table has.
_set_state = vars(Overridable)["__dict__"].__set__
_FLOAT_OR_NONE = {float, type(None)}
_NUMBER_OR_NONE = {int, *_FLOAT_OR_NONE}


class PlainColumn(NamedTuple):
    """A column of values that are in Python as they are in JSON; `is_float`: but for whole numbers."""

    name: str
    key: str
    is_float: bool


# The only one that is not declared.
_ID = PlainColumn("id", "$id", False)


def plain_columns(columns: Iterable[Column]) -> Iterator[PlainColumn]:
    """Return the plain ones among columns."""
    return filter(None, map(_plain, columns))


def plain_values(meta: Options, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values of one row, by name."""
    values = {}
    for name, key, is_float in meta.plain_columns.values():
        if key in raw:
            value = raw[key]
            if not is_float or type(value) is float:
                values[name] = value
            elif (found := _floats((value,))) is not None:
                values[name] = found[0]
    return values


def read_rows(table: type[R], rows: Sequence[dict[str, Any]], using: Using) -> list[R]:
    """Return a row of the table for each of `rows`, as its `from_appwrite` does one by one."""
    by_column = ColumnarRows.of(rows) if len(rows) > 1 or isinstance(rows, ColumnarRows) else None
    if by_column is None or not table._is_made_here:
        if table._has_own_reader:  # it may change what it gets, which the process cache may keep
            rows = [copy.deepcopy(raw) for raw in rows]
        return [table.from_appwrite(raw, using) for raw in rows]
    return _of_columns(table, by_column, using)


def read_values(
    table: type[Row], rows: Sequence[dict[str, Any]], using: Using, names: Iterable[str]
) -> list[Sequence[Any]]:
    """Return the values of each of these columns, as the attributes of `read_rows` have them, without making rows.

    Rows are made where a table or a column has its own way to read, and where a value is missing: they report it.
    """
    columns = [table._meta.get_column(name) for name in names]
    if table._is_made_here and all(map(_is_read_here, columns)):
        with suppress(KeyError):
            return [_decoded(table._meta, column, column_values(rows, column.key)) for column in columns]
    made = read_rows(table, rows, using)
    return [[getattr(row, column.name) for row in made] for column in columns]


def _is_read_here(column: Column) -> bool:
    """Whether the attribute is what `to_python` makes of the JSON."""
    kind: Any = type(column)
    return kind.__get__ is Column.__get__


def _plain(column: Column) -> PlainColumn | None:
    """Return the facts of a plain column; None for another one."""
    kind: Any = type(column)
    if column.array or kind.to_python is not Column.to_python or not _is_read_here(column):
        return None
    return PlainColumn(column.name, column.key, kind.decode is float) if kind.decode in (Column.decode, float) else None


def _decoded(meta: Options, column: Column, raws: Sequence[Any]) -> Sequence[Any]:
    """Return the values in Python of the JSON of a column."""
    plain = _ID if column.key == _ID.key else meta.plain_columns.get(column.name)
    if plain is not None and (values := _floats(raws) if plain.is_float else raws) is not None:
        return values
    return [column.to_python(raw) for raw in raws]


def _floats(values: Sequence[Any]) -> Sequence[Any] | None:
    """Return numbers as floats, which the server writes without their `.0` where they are whole.

    Return None where a value is not a number, or too large: its column reports it once it is read.
    """
    kinds = set(map(type, values))
    if kinds <= _FLOAT_OR_NONE:
        return values
    if not kinds <= _NUMBER_OR_NONE:
        return None
    try:
        return [float(value) if type(value) is int else value for value in values]
    except OverflowError:
        return None


def _of_columns(table: type[R], rows: ColumnarRows, using: Using) -> list[R]:
    purpose, are_shared = (table, using), False
    if isinstance(using, str):
        states, are_shared = rows.made_for(purpose, _states)
    else:  # a user's reference holds a secret, which no cache keeps
        states, _ = _states(rows, purpose)
    made = list(map(object.__new__, repeat(table, len(rows))))
    deque(map(_set_state, made, map(dict.copy, states) if are_shared else states), maxlen=0)
    return made


def _states(rows: ColumnarRows, purpose: tuple[type[Row], Using]) -> tuple[list[dict[str, Any]], int]:
    """Return the `__dict__` of each row, with all values that need no decoding, and the bytes that they take."""
    table, using = purpose
    template: dict[str, Any] = {"_using": using, "_shape": rows.shape, "_sent": None, "id": None}
    varying: list[tuple[str, Iterable[Any]]] = [("_sent", rows.varying_values())]
    size = 0
    for name, key, is_float in (_ID, *table._meta.plain_columns.values()):
        if key in rows.shape.shared and not is_float:
            template[name] = rows.shape.shared[key]
        elif key in rows.shape.keys:
            raws = rows.column(key)
            values = _floats(raws) if is_float else raws
            if values is not None:
                template[name] = None
                varying.append((name, values))
                size += 0 if values is raws else getsizeof(0.0)
    states: list[dict[str, Any]] = copies(template, len(rows), varying)
    size += getsizeof(template) + getsizeof(rows.shape.varying)  # a row's values in a tuple as long as their keys
    return states, getsizeof(states) + size * len(rows)
