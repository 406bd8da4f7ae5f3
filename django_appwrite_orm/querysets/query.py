"""`Query`: the table, filters, order, slice and columns of a queryset, as immutable data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ..cache import PolicyOverride
from ..connection import connections
from ..credentials import Using
from ..exceptions import NotSupportedError
from ..plans import (
    EVERYTHING,
    NOTHING,
    Clause,
    Split,
    TableRef,
    conjunction,
    disjunction,
    size_in_url,
    split,
    surely_fit,
)
from ..relations.cascades import read_along, relationship_ends
from ..relations.paths import path_of
from ..sansio import Operation
from ..tables import Row
from .values import ValuesShape

if TYPE_CHECKING:
    from .queryset import QuerySet

R = TypeVar("R", bound=Row)

_ID_ALONE = Clause("select", values=("$id",))


class Queryable:
    """A lazy query of rows or groups, which can be the value of `in` in a lookup and is then read first."""

    def _copied(self) -> Self:
        """Return a copy that may be read."""
        copied = object.__new__(type(self))
        vars(copied).update(vars(self))
        vars(copied).pop("_fetch_all", None)
        return copied

    def _refuse_if_guarded(self) -> None:
        """Call what DRF's `as_view()` sets on the queryset of a view class: it refuses to read that one itself."""
        if (refuse := vars(self).get("_fetch_all")) is not None:
            refuse()

    def _subquery(self) -> Query[Any]:
        """Return the query whose rows give the values. Raises NotSupportedError where they cannot."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, eq=False, repr=False, init=False)
class Query(Generic[R]):
    """A selection of rows of `model`."""

    model: type[R]
    db: Using
    # The values of rows that are created from here, so that they refer to the row this belongs to; None: none can.
    presets: Mapping[str, Any] | None
    is_placed: bool = False  # its connection was named by the caller
    where: Clause = EVERYTHING
    order: tuple[Clause, ...] = ()
    cursor: tuple[Clause, ...] = ()
    select: tuple[str, ...] = ()
    start: int = 0
    stop: int | None = None
    policy: PolicyOverride | None = None
    names: tuple[str, ...] | None = None  # the arguments of values() and values_list()
    shape: ValuesShape | None = None
    is_distinct: bool = False
    related: tuple[str, ...] = ()  # prefetched relations

    def __init__(self, model: type[R], db: Using, *, is_placed: bool = False, where: Clause = EVERYTHING) -> None:
        # Not field by field, as for a frozen dataclass: each queryset makes one. The class has the other defaults.
        vars(self).update(model=model, db=db, presets={}, is_placed=is_placed, where=where)

    def __repr__(self) -> str:
        return f"<Query of {self.model.__name__}>"

    def replace(self, **changes: Any) -> Self:
        """Return the same query with these fields changed."""
        if not changes:
            return self
        # Not `dataclasses.replace()`, which reads and sets every field: most of the time that a short chain takes.
        copied = object.__new__(type(self))
        vars(copied).update(vars(self), **changes)
        return copied

    def uncached(self) -> Self:
        """Return the same query, sent to Appwrite every time."""
        return self.replace(policy=PolicyOverride.of(None, {"ttl": 0}))

    def window(self, low: int, high: int | None) -> Self:
        """Return the query for the rows from `low` up to `high`, counted within this one."""
        ends = [self.start + high] if high is not None else []
        ends += [self.stop] if self.stop is not None else []
        return self.replace(start=self.start + low, stop=min(ends, default=None))

    def settled(self) -> Self:
        """Return the query ready to be sent.

        A random order is never cached and only makes sense for a slice. Raises NotSupportedError for a random order
        without a slice, or of distinct values.
        """
        if not any(clause.method == "orderRandom" for clause in self.order):
            return self
        if self.distinct_keys:
            raise NotSupportedError("distinct() cannot be combined with a random order. Shuffle the values in Python.")
        if self.stop is None:
            raise NotSupportedError("A random order needs a slice, such as order_by('?')[:10].")
        return self.uncached()

    @property
    def ref(self) -> TableRef:
        """The table as Appwrite knows it."""
        return TableRef(connections[self.db].settings.database_id, self.model._meta.id)

    @property
    def is_sliced(self) -> bool:
        """Whether it selects a part of the rows that match."""
        return self.start > 0 or self.stop is not None

    @property
    def _sent_where(self) -> Clause:
        """The condition as it is sent. Raises NotSupportedError for one that Appwrite does not have."""
        return _without_null_tests(self.model, self.where)

    @property
    def filters(self) -> tuple[Clause, ...]:
        """The conditions that must all hold, of any size."""
        where = self._sent_where
        if where == EVERYTHING:
            return ()
        return (where.values or ()) if where.method == "and" else (where,)

    def requests(self, *, in_url: bool = True) -> Split:
        """Return the conditions of each request. Raises NotSupportedError where no number of them will do.

        `in_url`: whether they are sent in the URL, as those of a read are, of which HEAD_LIMIT bounds the bytes.
        """
        filters = self.filters
        if surely_fit((*filters, *self._beside), connections[self.db].room):
            return Split((filters,))
        try:
            return split(filters, self.room if in_url else inf)
        except ValueError as error:
            raise NotSupportedError(
                f"{self.model.__name__}: {error}. Filter by fewer values at a time, or add a column for what the rows"
                " have in common."
            ) from None

    @property
    def room(self) -> int:
        """The bytes in a URL for conditions, without those that say where a page begins."""
        return connections[self.db].room - size_in_url(*self._beside)

    @property
    def _beside(self) -> tuple[Clause, ...]:
        """The order, cursor and columns, which a URL has beside the conditions."""
        select = Clause("select", values=self.select) if self.select else _ID_ALONE
        return (*self.order, *self.cursor, select)

    @property
    def is_empty(self) -> bool:
        """Whether no row can match, whatever is in the table."""
        return self._sent_where == NOTHING or (self.stop is not None and self.stop <= self.start)

    @property
    def distinct_keys(self) -> tuple[str, ...]:
        """The columns of which each combination of values comes once; none where every row comes."""
        names = self.model._meta.get_keys(self.names or ()) if self.is_distinct else ()
        return () if {"$id", "$sequence"} & {*names} else names

    def projection(self, keys: Iterable[str | None] = ()) -> tuple[str, ...]:
        """Return the columns to select, `keys` among them if any are chosen; none for all.

        Appwrite shows of a relationship only what is selected in it: here that is the id, of single links where columns
        are chosen, of lists of links where their rows are prefetched. The id of a prefetched row is selected in any
        case.
        """
        if not self.select and not self.related:
            return ()
        linked = {side.key for side in relationship_ends(self.model)}
        ids = self._prefetched_ids()
        chosen = dict.fromkeys((*self.select, *filter(None, keys), *ids)) if self.select else {}
        select = [f"{key}.$id" if key in linked else key for key in chosen]
        lists = [f"{key}.$id" for key in self._prefetched_lists() if key not in chosen]
        return (*(select or (["*"] if lists else [])), *lists)

    def _prefetched_ids(self) -> Iterator[str]:
        """Yield the columns with the ids of prefetched rows."""
        meta = self.model._meta
        for name in self._first_relations():
            if name in meta.references:
                yield meta.columns[meta.references[name].column_name].key

    def _prefetched_lists(self) -> Iterator[str]:
        """Yield the lists of links whose rows are prefetched."""
        for name in self._first_relations():
            if name not in self.model._meta.references:
                path = path_of(self.model, name)
                if path.own_key is not None and (path.other_key is None or path.other_is_list):
                    yield path.own_key

    def _first_relations(self) -> Iterable[str]:
        """Return the prefetched relations of the table itself."""
        return dict.fromkeys(path.partition("__")[0] for path in self.related)

    def tables(self, filters: Iterable[Clause], select: Iterable[str] = ()) -> tuple[TableRef, ...]:
        """Return the other tables that a request with these filters and columns reads."""
        names = [name for name in (*select, *_attributes(filters)) if "." in name]
        return tuple(table._meta.ref(self.ref.database) for table in read_along(self.model, names)) if names else ()


# The internal interface of QuerySet: what it imports, and the facade, use these functions and not its private methods.


def subquery_of(value: Queryable) -> Query[Any]:
    """Return the query whose rows give the values of `in`. Raises NotSupportedError where they cannot."""
    return value._subquery()


def query_of(rows: QuerySet[R]) -> Query[R]:
    """Return the query of a queryset."""
    return rows._query


def with_query(rows: QuerySet[R], query: Query[R], prefetched: list[R] | None = None) -> QuerySet[R]:
    """Return a queryset of the same class for `query`; `prefetched`: its rows, where they have been read."""
    copy = rows._with(query)
    copy._prefetched = prefetched
    return copy


def read_rows(rows: QuerySet[R]) -> Operation[list[R]]:
    """Return all rows of a queryset, which keeps them."""
    return rows._all_rows()


def get_row(rows: QuerySet[R], **lookups: Any) -> Operation[R]:
    """Return the one row that matches. Raises the table's DoesNotExist or MultipleObjectsReturned."""
    return rows._get(**lookups)


def _attributes(filters: Iterable[Clause]) -> Iterator[str]:
    for clause in filters:
        if clause.method in ("and", "or"):
            yield from _attributes(clause.values or ())
        elif clause.attribute is not None:
            yield clause.attribute


def _without_null_tests(table: type[Row], clause: Clause, present: frozenset[str] = frozenset()) -> Clause:
    """Return the condition without `isNull` and `isNotNull` on points, lines and polygons.

    Appwrite 1.9.6 responds to those with 500 (observed). A value exists if its distance to some point is 0 or more; no
    condition finds the rows without one, so NotSupportedError is raised for it. `present` are the columns that have a
    value in every row that matches.
    """
    places = table._meta.spatial
    if not places:
        return clause
    parts = clause.values or ()
    if clause.method == "and":
        present |= {str(part.attribute) for part in parts if part.method == "isNotNull"}
        return conjunction(_without_null_tests(table, part, present) for part in parts)
    if clause.method == "or":
        return disjunction(_without_null_tests(table, part, present) for part in parts)
    if clause.method not in ("isNull", "isNotNull") or clause.attribute not in places:
        return clause
    column, is_null = places[clause.attribute], clause.method == "isNull"
    if column.required:
        return NOTHING if is_null else EVERYTHING
    if not is_null:
        somewhere = ((0.0, 0.0), 0.0, False)
        return disjunction(
            Clause(method, column.key, (somewhere,)) for method in ("distanceEqual", "distanceGreaterThan")
        )
    if clause.attribute in present:
        return NOTHING
    raise NotSupportedError(
        f"{table.__name__}.{column.name}: Appwrite 1.9.6 cannot find rows without a point, line or polygon, which"
        f" isnull=True and exclude() select. Add filter({column.name}__isnull=False) to exclude() to leave them out,"
        " or add a Boolean column that marks the rows with a value."
    )
