"""Compute Django's aggregates value by value.

Appwrite before 2.5 has no aggregates, so the rows are read page by page, with only the columns needed. Sums are
computed in the order of the rows, as in a database. Min and Max of text are not supported here, because only the server
knows its order.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import FieldError
from django.db.models import Aggregate, Avg, Count, F, Max, Min, StdDev, Sum, Variance

from ...exceptions import NotSupportedError
from ...relations.paths import RelationPath, find_path
from ...tables import Row, columns, read_values
from ...tables.kinds import Family
from ..query import Query


class AggregateSpec:
    """One aggregate of a call. `column` is None for every row (`Count("*")`)."""

    def __init__(self, table: type[Row], name: str, aggregate: object) -> None:
        if not isinstance(aggregate, Aggregate):
            raise TypeError(f"{name}: expected one of {_names()}, such as Sum('price'), not {aggregate!r}.")
        if type(aggregate) not in _ACCUMULATORS:
            raise NotSupportedError(f"{name}: only {_names()} can be computed from rows of Appwrite.")
        if aggregate.filter is not None:
            raise NotSupportedError(f"{name}: filter the queryset instead of the aggregate.")
        self.name = name
        self.kind = type(aggregate)
        options: Any = aggregate  # the stubs of Django's aggregates lack these attributes
        self.default = options.default
        self.distinct: bool = options.distinct
        self.of_sample: bool = str(options.function).endswith("_SAMP")
        self.column = self._column(table, name, options.source_expressions[0])

    def _column(self, table: type[Row], name: str, source: Any) -> columns.Column | None:
        if not isinstance(source, F):
            if self.kind is Count:  # Count("*")
                return None
            raise NotSupportedError(f"{name}: expected the name of a column, not {source!r}.")
        path = str(vars(source)["name"])
        relation = find_path(table, path.partition("__")[0])
        if relation is not None and path not in table._meta.references:
            raise NotSupportedError(_elsewhere(table, name, self.kind, path, relation))
        column = table._meta.get_column(path)
        if column.array:
            raise FieldError(f"{name}: {table.__name__}.{column.name} is an array, which cannot be aggregated.")
        if self.kind in (Sum, Avg, StdDev, Variance) and column.family is not Family.NUMBER:
            raise FieldError(f"{name}: {table.__name__}.{column.name} is not a number.")
        return column

    @property
    def by_order(self) -> bool:
        """Whether Python orders the column's values as the server does."""
        return self.column is None or self.column.orderable

    @property
    def encrypted(self) -> bool:
        """Whether Appwrite refuses to filter or order by the column; its rows can be read."""
        return self.column is not None and self.column.encrypted

    def accumulator(self) -> Accumulator:
        """Return a new accumulator. Raises NotSupportedError for the smallest or largest of texts."""
        if self.kind in (Min, Max) and self.encrypted:
            raise NotSupportedError(f"{self.name}: the column is encrypted, so Appwrite cannot compare its values.")
        if self.kind in (Min, Max) and not self.by_order:
            raise NotSupportedError(
                f"{self.name}: only Appwrite knows how its database orders text, so Min and Max of text work for a"
                " whole queryset only, not for a slice or a group."
            )
        return _ACCUMULATORS[self.kind](self)

    def finished(self, value: Any) -> Any:
        """Return the value, or the aggregate's default if no row had a value."""
        return self.default if value is None else value


def aggregate_specs(
    table: type[Row], named: Mapping[str, Any], positional: tuple[Any, ...] = ()
) -> list[AggregateSpec]:
    """Return the aggregates of a call; those without a name get Django's, such as `price__sum`."""
    every = dict(named)
    for aggregate in positional:
        if not isinstance(aggregate, Aggregate):
            raise TypeError(f"Expected one of {_names()}, such as Sum('price'), not {aggregate!r}.")
        every.setdefault(aggregate.default_alias, aggregate)
    return [AggregateSpec(table, name, aggregate) for name, aggregate in every.items()]


def _elsewhere(table: type[Row], name: str, kind: type[Aggregate], path: str, relation: RelationPath) -> str:
    """Return the error for an aggregate of another table's rows."""
    other = relation.other
    rest = path.partition("__")[2]
    call = f"{name}={kind.__name__}({rest or '*'!r})"
    if relation.other_key is None or relation.other_is_list:
        instead = f"{other.__name__}.objects.aggregate({call})"
    else:
        keeper = other._meta.name_of(relation.other_key)
        by = next((n for n, reference in other._meta.references.items() if reference.column_name == keeper), keeper)
        instead = f"{other.__name__}.objects.values({by!r}).annotate({call})"
    return (
        f"{name}: {path!r} leads to rows of {other.__name__}, and Appwrite aggregates columns of one table only."
        f" Aggregate {other.__name__} instead: {instead}."
    )


def aggregated_values(
    query: Query[Any], rows: Sequence[dict[str, Any]], specs: Sequence[AggregateSpec]
) -> list[Sequence[Any]]:
    """Return, for each aggregate, its column's value in each row; True of each row for those of rows."""
    names = [spec.column.name for spec in specs if spec.column is not None]
    columns = iter(read_values(query.model, rows, query.db, names))
    return [[True] * len(rows) if spec.column is None else next(columns) for spec in specs]


class Accumulator(ABC):
    """The state of one aggregate over the rows so far."""

    def __init__(self, spec: AggregateSpec) -> None:
        self._spec = spec
        self._seen: set[Any] | None = set() if spec.distinct else None
        # Naive local datetimes of two moments are equal where clocks are put back; their form on the server is not.
        column = spec.column
        self._compared: Callable[[Any], Any] = (
            column.encode if column and column.kind.family is Family.TIME else lambda value: value
        )

    def add(self, value: Any) -> None:
        """Add the value of a row."""
        if value is None:
            return
        if self._seen is not None:
            if self._compared(value) in self._seen:
                return
            self._seen.add(self._compared(value))
        self._add(value)

    @property
    def value(self) -> Any:
        """The aggregate of the rows so far."""
        return self._spec.finished(self._value)

    @abstractmethod
    def _add(self, value: Any) -> None: ...

    _value: Any = None


class _Count(Accumulator):
    _value = 0

    def _add(self, value: Any) -> None:
        self._value += 1


class _Sum(Accumulator):
    def _add(self, value: Any) -> None:
        self._value = value if self._value is None else self._value + value


class _Smallest(Accumulator):
    def _add(self, value: Any) -> None:
        self._value = value if self._value is None else min(self._value, value, key=self._compared)


class _Largest(Accumulator):
    def _add(self, value: Any) -> None:
        self._value = value if self._value is None else max(self._value, value, key=self._compared)


class _Spread(Accumulator):
    """Mean and variance in one pass (Welford), which stays exact where a sum of squares does not."""

    _count = 0
    _mean = 0.0
    _squares = 0.0

    def _add(self, value: Any) -> None:
        value = float(value)
        self._count += 1
        before = value - self._mean
        self._mean += before / self._count
        self._squares += before * (value - self._mean)

    @property
    def _variance(self) -> float | None:
        divisor = self._count - 1 if self._spec.of_sample else self._count
        return self._squares / divisor if divisor > 0 else None


class _Variance(_Spread):
    @property
    def _value(self) -> float | None:
        return self._variance


class _StdDev(_Spread):
    @property
    def _value(self) -> float | None:
        return None if self._variance is None else math.sqrt(self._variance)


class _Average(_Spread):
    _total: Any = 0

    def _add(self, value: Any) -> None:
        self._count += 1
        self._total += value

    @property
    def _value(self) -> Any:
        return self._total / self._count if self._count else None


_ACCUMULATORS: dict[type[Aggregate], type[Accumulator]] = {
    Avg: _Average,
    Count: _Count,
    Max: _Largest,
    Min: _Smallest,
    StdDev: _StdDev,
    Sum: _Sum,
    Variance: _Variance,
}


def _names() -> str:
    return ", ".join(kind.__name__ for kind in _ACCUMULATORS)
