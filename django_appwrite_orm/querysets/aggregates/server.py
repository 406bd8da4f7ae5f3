"""Aggregates computed by the server, if its version has them and the results equal Django's.

Slices, queries of several requests, and aggregates whose result may differ between the database and Python are computed
from the rows: those that compare text, and sums beyond the precision of a double. An average is requested as a sum and
a count, because MariaDB rounds averages of whole numbers to four decimals. A response that is not understood is
ignored, and the rows are read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db.models import Avg, Count, Max, Min, StdDev, Sum, Variance

from ...connection import connections
from ...exceptions import InvalidRequest
from ...plan_execution import execute_read
from ...plans import GROUPS_LIMIT, AggregateRows, Clause
from ...sansio import Operation
from ...tables import columns
from ...tables.kinds import Family
from ..query import Query
from .accumulators import AggregateSpec

logger = logging.getLogger("django_appwrite_orm.queries")

_FIRST = "orm_first"  # the alias of the sequence of a group's first row
_METHODS = {Sum: "sum", Min: "min", Max: "max"}
_SPREADS = {StdDev: "stddev", Variance: "var"}
# Whole numbers below this are exact in a double.
_EXACT = 2**53

Read = Callable[[Any], Any]


class _Unexpected(Exception):
    """A value of a kind that this package does not know."""


def totals(query: Query[Any], specs: list[AggregateSpec]) -> Operation[dict[str, Any]]:
    """Return those of these aggregates that Appwrite can compute over all rows, by name, in one request.

    The filters of `query` are resolved.
    """
    rows = yield from _request(query, [spec for spec in specs if _clauses(spec)], ())
    return {} if rows is None else rows[0]


def groups(
    query: Query[Any], specs: list[AggregateSpec], names: tuple[str, ...]
) -> Operation[list[dict[str, Any]] | None]:
    """Return the groups of a resolved `query` with these aggregates; None where the rows have to be read.

    They are in the order in which their first rows were created.
    """
    if query.order or not all(map(_clauses, specs)):
        return None
    if not all(_reader_of_group(query.model._meta.get_column(name)) for name in names):
        return None
    return (yield from _request(query, specs, names))


def _request(
    query: Query[Any], specs: list[AggregateSpec], names: tuple[str, ...]
) -> Operation[list[dict[str, Any]] | None]:
    connection = connections[query.db]
    if not (specs or names) or query.is_sliced or query.cursor:
        return None
    if not (yield from connection.features()).has("aggregates"):
        return None
    requests = query.requests().requests
    if query.is_empty or len(requests) > 1:
        return None
    (filters,) = requests
    clauses = [clause for alias, spec in _aliases(specs) for clause in _clauses(spec, alias)]
    if names:
        clauses.append(Clause("min", "$sequence", (_FIRST,)))
    by = tuple(query.model._meta.get_column(name).key for name in names)
    plan = AggregateRows(query.ref, tuple(clauses), filters, by, query.tables(filters))
    try:
        response = yield from execute_read(query.model._meta, query.db, plan, query.policy)
        return _results(query, specs, names, response["rows"])
    except (InvalidRequest, _Unexpected) as error:
        logger.warning("%s is computed from the rows instead: %r", plan, error)
        return None


def _results(
    query: Query[Any], specs: list[AggregateSpec], names: tuple[str, ...], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    if (len(rows) != 1) if not names else (len(rows) >= GROUPS_LIMIT):
        raise _Unexpected(f"{len(rows)} rows")
    group_columns = [query.model._meta.get_column(name) for name in names]
    if names:
        rows = sorted(rows, key=lambda row: _whole(row.get(_FIRST)))
    results = []
    for row in rows:
        if missing := [column.key for column in group_columns if column.key not in row]:
            raise _Unexpected(f"no {missing[0]}")
        values = {
            name: _group_value(column, row[column.key]) for name, column in zip(names, group_columns, strict=True)
        }
        results.append(
            {**values, **{spec.name: spec.finished(_value(spec, alias, row)) for alias, spec in _aliases(specs)}}
        )
    return results


def _aliases(specs: list[AggregateSpec]) -> list[tuple[str, AggregateSpec]]:
    """Return each aggregate with an alias that cannot be the name of a column."""
    return [(f"orm_{n}", spec) for n, spec in enumerate(specs)]


def _clauses(spec: AggregateSpec, alias: str = "") -> list[Clause]:
    """Return the queries for one aggregate; none where Appwrite's result would differ from Django's."""
    column, kind = spec.column, spec.kind
    if column is None:
        return [] if spec.distinct else [Clause("count", "*", (alias,))]
    if spec.encrypted:
        return []
    if kind is Count:
        method = "countDistinct" if spec.distinct else "count"
        return [Clause(method, column.key, (alias,))] if not spec.distinct or _reader_of_group(column) else []
    if spec.distinct or type(column) not in (columns.Integer, columns.Float):
        return []
    if kind is Avg:
        return [Clause("sum", column.key, (alias,)), Clause("count", column.key, (f"{alias}_rows",))]
    if kind in _SPREADS:
        return [Clause(f"{_SPREADS[kind]}{'Samp' if spec.of_sample else 'Pop'}", column.key, (alias,))]
    return [Clause(_METHODS[kind], column.key, (alias,))]


def _value(spec: AggregateSpec, alias: str, row: dict[str, Any]) -> Any:
    if alias not in row:
        raise _Unexpected(f"no {alias}")
    value = row[alias]
    if spec.kind is Count:
        return _whole(value)
    if value is None:
        return None
    real = spec.kind in _SPREADS or type(spec.column) is columns.Float
    number = _number(value) if real else _whole(value)
    return number / _whole(row.get(f"{alias}_rows")) if spec.kind is Avg else number


def _whole(value: Any) -> int:
    """Return a whole number from JSON, or from text where a database has no such type for its sums.

    Raises `_Unexpected` unless it is exact.
    """
    if isinstance(value, str) and value.removeprefix("-").isdecimal():
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Unexpected(f"{value!r} is not a whole number")
    return value


def _number(value: Any) -> float:
    try:
        if not isinstance(value, bool):
            return float(value)
    except (TypeError, ValueError):
        pass
    raise _Unexpected(f"{value!r} is not a number")


def _reader_of_group(column: columns.Column) -> Read | None:
    """Return the function that reads a group's value of `column`.

    None if the database may compare or show the column's values differently from Python.
    """
    if type(column) is columns.Integer:
        return _whole
    if column.family is Family.BOOLEAN:
        return _truth
    if isinstance(column, columns.Enum) and all(text.isascii() for text in column.elements):
        distinguishable = len({text.strip().lower() for text in column.elements}) == len(column.elements)
        return _element if distinguishable else None
    return None


def _group_value(column: columns.Column, value: Any) -> Any:
    reader = _reader_of_group(column)
    return None if value is None or reader is None else reader(value)


def _truth(value: Any) -> bool:
    if value not in (0, 1):
        raise _Unexpected(f"{value!r} is not a boolean")
    return bool(value)


def _element(value: Any) -> str:
    if not isinstance(value, str):
        raise _Unexpected(f"{value!r} is not text")
    return value
