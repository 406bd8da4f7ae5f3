"""The rows of a queryset: all of them, one of them, or parts of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from django.core.exceptions import SynchronousOnlyOperation
from django.db.models import Q

from ..conf import VALID_ID
from ..exceptions import AppwriteORMError, NotSupportedError
from ..execution import execute_read
from ..plans import EVERYTHING, GetRow
from ..sansio import Operation, run_async, run_sync
from ..tables import Row, UniqueIndex
from ..tables.system_columns import column_of, keys
from .django_queryset import before_reading
from .mentioned import columns_to_show, tables_beside
from .pagination import aread_ahead, pages, read_ahead
from .prefetch import prefetch_related_rows
from .query import Selection
from .values import ValuesShape

if TYPE_CHECKING:
    from .queryset import QuerySet

R = TypeVar("R", bound=Row)

# Rows in the repr of a queryset, as in Django.
SHOWN = 20


class Results(Selection[R]):
    """Nothing is asked before it is iterated, counted or otherwise made to answer; then the rows are kept, so
    that iterating again asks nothing."""

    def iterator(self, chunk_size: int | None = None) -> Iterator[R]:
        """The rows, not kept: at most two pages of `chunk_size` rows (the connection's PAGE_SIZE) are in memory,
        for the next one is fetched, in a thread, while this one is read."""
        return self._read_ahead(_positive(chunk_size))

    def _read_ahead(self, chunk_size: int | None) -> Iterator[R]:
        for page in read_ahead(pages(self, chunk_size)):
            yield from run_sync(self._page_of(page))

    def aiterator(self, chunk_size: int | None = None) -> AsyncIterator[R]:
        return self._aread_ahead(_positive(chunk_size))

    async def _aread_ahead(self, chunk_size: int | None) -> AsyncIterator[R]:
        async for page in aread_ahead(pages(self, chunk_size)):
            for row in await run_async(self._page_of(page)):
                yield row

    def _page_of(self, raws: list[dict[str, Any]]) -> Operation[list[Any]]:
        """Rows as Appwrite sent them, with what is read along, in the shape that was asked for."""
        rows = [self.model.from_appwrite(raw, self.db) for raw in raws]
        if self.related:
            yield from prefetch_related_rows(list(rows), self.related, self.db)
        return rows if self._shape is None else [self._shape(row) for row in rows]

    def _all_rows(self) -> Operation[list[R]]:
        if self._rows is None:
            before_reading(self)
            walk, rows = pages(self), []
            while not walk.finished:
                rows += yield from self._page_of((yield from walk.page()))
            self._rows = rows
        return self._rows

    def _kept_rows(self) -> list[Any]:
        """All rows; nothing is waited for where they are known."""
        if self._rows is None and self.is_empty:
            self._rows = []
        return run_sync(self._all_rows()) if self._rows is None else self._rows

    def __iter__(self) -> Iterator[R]:
        return iter(self._kept_rows())

    async def __aiter__(self) -> AsyncIterator[R]:
        for row in await run_async(self._all_rows()):
            yield row

    def __len__(self) -> int:
        return len(self._kept_rows())

    def __bool__(self) -> bool:
        return bool(self._kept_rows())

    def __repr__(self) -> str:
        """The first rows, as Django shows them; what is asked for, where they cannot be read here and now."""
        try:
            shown = list(self._window(0, SHOWN + 1)) if self._rows is None else self._rows[: SHOWN + 1]
        except (AppwriteORMError, SynchronousOnlyOperation) as error:
            asked = " ".join(map(str, (*self.filters, *self.order))) or "all"
            return f"<QuerySet of {self.model.__name__}, not read ({type(error).__name__}): {asked}>"
        if len(shown) > SHOWN:
            shown[-1] = "...(remaining elements truncated)..."
        return f"<QuerySet {shown!r}>"

    def __getitem__(self, key: int | slice) -> Any:
        """A slice is another queryset, an index the row itself (IndexError when there is none)."""
        if isinstance(key, slice):
            return self._sliced(key)
        if not isinstance(key, int):
            raise TypeError(f"QuerySet indices must be integers or slices, not {type(key).__name__}.")
        if key < 0:
            raise ValueError("Negative indexing is not supported.")
        rows = self._rows[key : key + 1] if self._rows is not None else list(self._sliced(slice(key, key + 1)))
        if not rows:
            raise IndexError("QuerySet index out of range.")
        return rows[0]

    def _sliced(self, key: slice) -> Self | list[R]:
        if key.step is not None:
            raise ValueError("Slices with a step are not supported.")
        low, high = key.start or 0, key.stop
        if low < 0 or (high is not None and high < 0):
            raise ValueError("Negative indexing is not supported.")
        return self._rows[key] if self._rows is not None else self._window(low, high)

    # One row.

    def _few(self, count: int) -> Operation[list[R]]:
        """The first rows, in one page."""
        return (yield from self._page_of((yield from pages(self._window(0, count)).page())))

    def _one(self) -> Operation[R | None]:
        rows = yield from self._few(1)
        return rows[0] if rows else None

    def _one_or_fail(self) -> Operation[R]:
        row = yield from self._one()
        if row is None:
            raise self.model.DoesNotExist(f"There is no {self.model.__name__} that matches the query.")
        return row

    def first(self) -> R | None:
        """The first row in this order, or None."""
        return run_sync(self._one())

    async def afirst(self) -> R | None:
        return await run_async(self._one())

    def last(self) -> R | None:
        """The last row in this order, or None."""
        return run_sync(self.reverse()._one())

    async def alast(self) -> R | None:
        return await run_async(self.reverse()._one())

    def _extreme(self, fields: tuple[str, ...], *, last: bool) -> Self:
        if not fields:
            raise TypeError("latest() and earliest() need at least one column to go by.")
        ordered = self.order_by(*fields)
        return ordered.reverse() if last else ordered

    def latest(self, *fields: str) -> R:
        """The row with the largest values here. Raises the table's DoesNotExist when nothing matches."""
        return run_sync(self._extreme(fields, last=True)._one_or_fail())

    async def alatest(self, *fields: str) -> R:
        return await run_async(self._extreme(fields, last=True)._one_or_fail())

    def earliest(self, *fields: str) -> R:
        """The row with the smallest values here. Raises the table's DoesNotExist when nothing matches."""
        return run_sync(self._extreme(fields, last=False)._one_or_fail())

    async def aearliest(self, *fields: str) -> R:
        return await run_async(self._extreme(fields, last=False)._one_or_fail())

    def _get(self, *conditions: Q, **lookups: Any) -> Operation[R]:
        """By id alone: one row by its own route, an absent one remembered too. Else at most two rows are read."""
        by_id = not conditions and len(lookups) == 1 and set(lookups) <= {"pk", "id"}
        if by_id and self._where == EVERYTHING and not self.is_sliced:
            row = yield from self._by_id(next(iter(lookups.values())))
            rows = [row] if row is not None else []
        else:
            narrowed = self.filter(*conditions, **lookups) if conditions or lookups else self
            rows = yield from narrowed._few(2)
        if len(rows) == 1:
            return rows[0]
        if rows:
            raise self.model.MultipleObjectsReturned(f"get() found more than one {self.model.__name__}.")
        raise self.model.DoesNotExist(f"There is no {self.model.__name__} that matches {lookups or 'the query'}.")

    def _by_id(self, row_id: object) -> Operation[R | None]:
        text = "" if row_id is None else str(row_id)
        if not VALID_ID.fullmatch(text):  # Appwrite cannot have such a row, and it must not reach a URL
            return None
        select = columns_to_show(self)
        plan = GetRow(self.ref, text, select, tables_beside(self, (), select))
        raw = yield from execute_read(self.model, self.db, plan, self.policy)
        return None if raw is None else (yield from self._page_of([raw]))[0]

    def get(self, *conditions: Q, **lookups: Any) -> R:
        """The one row that matches. Raises the table's DoesNotExist or MultipleObjectsReturned."""
        return run_sync(self._get(*conditions, **lookups))

    async def aget(self, *conditions: Q, **lookups: Any) -> R:
        return await run_async(self._get(*conditions, **lookups))

    # Rows by a value of theirs.

    def _in_bulk(self, values: Iterable[Any] | None, field_name: str) -> Operation[dict[Any, R]]:
        self._refuse_slice("use in_bulk() with")
        name = "id" if field_name == "pk" else field_name
        unique = [index.columns for index in self.model._meta.indexes if isinstance(index, UniqueIndex)]
        if name != "id" and (name,) not in unique:
            raise ValueError(f"in_bulk() needs a unique column: {self.model.__name__}.{name} has no UniqueIndex.")
        if self._shape is not None:
            raise TypeError("in_bulk() gives rows; it cannot be used after values() or values_list().")
        rows = yield from (self if values is None else self.filter(**{f"{name}__in": values}))._clone()._all_rows()
        return {getattr(row, name): row for row in rows}

    def in_bulk(self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk") -> dict[Any, R]:
        """The rows with these ids (or values of another unique column), by them; what is not there is left out."""
        return run_sync(self._in_bulk(id_list, field_name))

    async def ain_bulk(self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk") -> dict[Any, R]:
        return await run_async(self._in_bulk(id_list, field_name))

    # Rows in another shape.

    def values(self, *names: str) -> QuerySet[Any]:
        """Dicts of these columns instead of rows; no names: the id and every column. Only they are read."""
        return self._shaped("dict", names)

    def values_list(self, *names: str, flat: bool = False, named: bool = False) -> QuerySet[Any]:
        """Tuples of these columns, in order; `named`: with the columns as attributes; `flat`: the values of the
        one column alone."""
        if flat and named:
            raise TypeError("'flat' and 'named' can't be used together.")
        if flat and len(names) != 1:
            raise TypeError("'flat' is for a single column: values_list('title', flat=True).")
        return self._shaped("flat" if flat else "named" if named else "tuple", names)

    def _shaped(self, form: Literal["dict", "tuple", "flat", "named"], names: tuple[str, ...]) -> QuerySet[Any]:
        names = names or ("id", *self.model._meta.columns)
        select = keys(self.model, names)  # raises for unknown ones
        shape = ValuesShape(form, names, tuple(column_of(self.model, name).name for name in names))
        everything = set(self.model._meta.by_key) <= set(select)
        shaped: Any = self._clone(names=names, _shape=shape, select=() if everything else select, related=())
        return shaped  # type: ignore[no-any-return]

    def distinct(self, *names: str) -> Self:
        """Each combination of what `values()` or `values_list()` asks for once, where it is met first; without them
        every row, for rows differ by their ids.

        Rows are read, those columns alone, one request a page, until as many values are met as are asked for. Raises
        NotSupportedError for names: Appwrite cannot choose one row of several.
        """
        self._refuse_slice("call distinct() on")
        if names:
            raise NotSupportedError(
                "distinct() takes no columns here, for Appwrite cannot choose one row of several. The values alone are"
                f" values({names[0]!r}).distinct(); the first row of each has the sequence that"
                f" values({names[0]!r}).annotate(first=Min('sequence')) gives."
            )
        return self._clone(is_distinct=True)


def _positive(chunk_size: int | None) -> int | None:
    if chunk_size is not None and (isinstance(chunk_size, bool) or not isinstance(chunk_size, int) or chunk_size < 1):
        raise ValueError(f"chunk_size must be a whole number of rows above 0, not {chunk_size!r}.")
    return chunk_size
