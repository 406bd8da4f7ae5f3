"""Groups of rows with equal values, and their aggregates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Generic, Self, TypeVar

from django.core.exceptions import FieldError

from ..exceptions import NotSupportedError
from ..sansio import Operation, run_async, run_sync
from ..tables import Row, read_values
from .aggregates.accumulators import Accumulator, AggregateSpec, aggregated_values
from .aggregates.server import groups
from .django_queryset import QueryFacts, Recognized
from .pagination import pages
from .query import Query, Queryable
from .resolver import resolve
from .unsupported import UnsupportedMethod

R = TypeVar("R", bound=Row)


class GroupedQuerySet(Queryable, Generic[R], Recognized):
    """The groups of a queryset after `values(...).annotate(...)`: a dict of values and aggregates for each.

    Values are one group when Python calls them equal: "Novel" and "novel" are two, whatever the server's collation.
    Lazy, and read once. A slice is a list.
    """

    _order: tuple[str, ...] = ()
    _found: list[dict[str, Any]] | None = None

    def __init__(self, query: Query[R], aggregates: list[AggregateSpec]) -> None:
        if query.names is None:
            raise TypeError("annotate() needs columns to group by, such as values('genre').annotate(n=Count('*')).")
        if taken := {spec.name for spec in aggregates} & set(query.names):
            raise ValueError(f"annotate(): {', '.join(sorted(taken))} is a column of the groups. Use another name.")
        for name in query.names:
            if query.model._meta.get_column(name).array:
                raise TypeError(f"annotate(): {query.model.__name__}.{name} is an array, which cannot be grouped by.")
        self._query = query.replace(is_distinct=False)  # groups differ
        self._names = query.names
        self._aggregates = aggregates

    @property
    def model(self) -> type[R]:
        """The table whose rows are grouped."""
        return self._query.model

    def _subquery(self) -> Query[Any]:
        raise NotSupportedError(
            "Groups cannot be the value of a lookup. Pass a list of values: [group['genre'] for group in groups]."
        )

    @property
    def query(self) -> QueryFacts:
        """The attributes of a query that other code reads; there is no SQL."""
        return QueryFacts(self._query.is_empty)

    def all(self) -> Self:
        """Return the same groups, to be read again."""
        same = self._copied()
        same._found = None
        return same

    def order_by(self, *names: str) -> Self:
        """Return the groups in this order: by their values, or by an aggregate such as `-books`.

        Nulls come first, in descending order last. Raises FieldError for an unknown name, and NotSupportedError for
        texts, which only Appwrite can order: order the queryset by them before `values()`.
        """
        for name in (name.removeprefix("-") for name in names):
            if name not in self._names and name not in {spec.name for spec in self._aggregates}:
                available = ", ".join((*self._names, *(spec.name for spec in self._aggregates)))
                raise FieldError(f"order_by(): the groups have no {name!r}. They have: {available}.")
            if name in self._names and not self._query.model._meta.get_column(name).orderable:
                raise NotSupportedError(
                    f"order_by(): only Appwrite knows how its database orders {name!r}. Order the queryset by it"
                    f" instead: order_by({name!r}).values({name!r}).annotate(...)."
                )
        ordered = self.all()
        ordered._found, ordered._order = self._found, names
        return ordered

    def _sorted(self, unsorted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        groups = list(unsorted)
        for name in reversed(self._order):
            key = name.removeprefix("-")
            groups.sort(key=lambda group, key=key: (group[key] is not None, group[key]), reverse=name != key)  # type: ignore[misc]
        return groups

    def _groups(self) -> Operation[list[dict[str, Any]]]:
        self._refuse_if_guarded()
        query, names = (yield from resolve(self._query.settled())), self._names
        by_server = yield from groups(query, self._aggregates, names)
        if by_server is not None:
            return by_server
        attributes = [query.model._meta.get_column(name).name for name in names]
        needed = [*attributes, *(spec.column.name for spec in self._aggregates if spec.column is not None)]
        walk = pages(query.replace(shape=None, select=query.model._meta.get_keys(needed)))
        by_values: dict[tuple[Any, ...], list[Accumulator]] = {}
        while not walk.finished:
            rows = yield from walk.page()
            keys = zip(*read_values(query.model, rows, query.db, attributes), strict=True)
            columns = aggregated_values(query, rows, self._aggregates)
            for group, *values in zip(keys, *columns, strict=True):
                if group not in by_values:
                    by_values[group] = [spec.accumulator() for spec in self._aggregates]
                for accumulator, value in zip(by_values[group], values, strict=True):
                    accumulator.add(value)
        return [
            {
                **dict(zip(names, group, strict=True)),
                **{spec.name: t.value for spec, t in zip(self._aggregates, accumulators, strict=True)},
            }
            for group, accumulators in by_values.items()
        ]

    filter = exclude = UnsupportedMethod(
        "Filter groups in Python: [group for group in groups if group['n'] > 1]. Filter rows before grouping:"
        " filter(...).values(...).annotate(...).",
        name="Filtering groups",
    )
    values = values_list = UnsupportedMethod(
        "A group is a dict. Choose its values in Python: [(group['genre'], group['n']) for group in groups].",
        name="Choosing columns of groups",
    )

    def count(self) -> int:
        """Return how many groups there are."""
        return len(self)

    async def acount(self) -> int:
        """Return how many groups there are."""
        return len([group async for group in self])

    def first(self) -> dict[str, Any] | None:
        """Return the first group in this order, or None."""
        return next(iter(self), None)

    async def afirst(self) -> dict[str, Any] | None:
        """Return the first group in this order, or None."""
        return next(iter([group async for group in self]), None)

    def _kept(self) -> list[dict[str, Any]]:
        """Return all groups, without a driver once they are read."""
        if self._found is None:
            self._found = run_sync(self._groups())
        return self._sorted(self._found)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._kept())

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        if self._found is None:
            self._found = await run_async(self._groups())
        for group in self._sorted(self._found):
            yield group

    def __len__(self) -> int:
        return len(self._kept())  # list() calls it too

    def __bool__(self) -> bool:
        return bool(self._kept())

    def __repr__(self) -> str:
        return f"<Groups of {self.model.__name__} by {', '.join(self._names)}>"

    __and__ = __or__ = __xor__ = UnsupportedMethod("Combine the querysets before grouping.", name="Combining groups")

    def __getitem__(self, key: Any) -> Any:
        return self._kept()[key]
