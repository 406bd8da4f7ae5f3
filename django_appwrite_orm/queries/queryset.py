"""A lazy question about the rows of one table, with Django's words and meanings.

Every method that asks or changes has an asynchronous twin with an `a` in front; both run the same steps.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Generic, Self, TypeVar

from django.db.models import Q

from ..caching import CachePolicy
from ..conf import VALID_ID
from ..connection import connections
from ..exceptions import NotSupportedError
from ..plans import EVERYTHING, NOTHING, Clause, CountRows, GetRow, ListRows, TableRef, conjunction
from ..steps import Steps, arun, run
from ..tables import Row
from . import lookups, writes
from .operations import alias_of, read
from .walk import Walk

R = TypeVar("R", bound=Row)


class QuerySet(Generic[R]):
    """Rows of `model`. Nothing is asked before it is iterated, counted or otherwise made to answer; then the
    rows are kept, so that iterating again asks nothing."""

    def __init__(self, model: type[R], using: str | None = None) -> None:
        self.model = model
        self.db = alias_of(model, using)
        self.order: tuple[Clause, ...] = ()
        self.cursor: tuple[Clause, ...] = ()
        self.select: tuple[str, ...] = ()
        self.start = 0
        self.stop: int | None = None
        self.policy: CachePolicy | None = None
        self._where = EVERYTHING
        self._rows: list[R] | None = None

    # What it asks for.

    @property
    def ref(self) -> TableRef:
        return self.model._meta.ref(connections[self.db].settings.database_id)

    @property
    def filters(self) -> tuple[Clause, ...]:
        """The conditions that must all hold."""
        if self._where == EVERYTHING:
            return ()
        return (self._where.values or ()) if self._where.method == "and" else (self._where,)

    @property
    def is_empty(self) -> bool:
        """Whether no row can match, whatever is in the table."""
        return self._where == NOTHING or (self.stop is not None and self.stop <= self.start)

    @property
    def is_sliced(self) -> bool:
        return self.start > 0 or self.stop is not None

    def _clone(self, **changes: Any) -> Self:
        clone = copy.copy(self)
        clone._rows = None
        for name, value in changes.items():
            setattr(clone, name, value)
        return clone

    # Narrowing it down.

    def all(self) -> Self:
        return self._clone()

    def none(self) -> Self:
        """No rows, without asking."""
        return self._clone(_where=NOTHING)

    def using(self, alias: str) -> Self:
        """The same question to another connection."""
        return self._clone(db=alias)

    def filter(self, *conditions: Q, **lookups: Any) -> Self:
        """Rows for which every condition holds. Unknown columns and lookups raise FieldError here and now."""
        return self._narrowed(Q(*conditions, **lookups))

    def exclude(self, *conditions: Q, **lookups: Any) -> Self:
        """Rows for which not all conditions hold; where a column is null, its condition does not."""
        return self._narrowed(~Q(*conditions, **lookups))

    def _narrowed(self, condition: Q) -> Self:
        self._refuse_slice("filter")
        return self._clone(_where=conjunction([self._where, lookups.where(self.model, condition)]))

    def order_by(self, *names: str) -> Self:
        """In this order; no names: back to the order of creation. `?` is random, and then never cached."""
        self._refuse_slice("reorder")
        return self._clone(order=lookups.order(self.model, names))

    def reverse(self) -> Self:
        """The opposite order."""
        self._refuse_slice("reorder")
        swap = {"orderAsc": "orderDesc", "orderDesc": "orderAsc"}
        order = self.order or (Clause("orderAsc", "$sequence"),)
        return self._clone(order=tuple(dataclasses.replace(c, method=swap.get(c.method, c.method)) for c in order))

    def cached(self, ttl: float) -> Self:
        """The same question, its answer reused for up to `ttl` seconds."""
        return self._clone(policy=CachePolicy(ttl=ttl))

    def uncached(self) -> Self:
        """The same question, put to Appwrite every time."""
        return self.cached(0)

    def _refuse_slice(self, what: str) -> None:
        if self.is_sliced:
            raise TypeError(f"Cannot {what} a query once a slice has been taken.")

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

    def _window(self, low: int, high: int | None) -> Self:
        """The rows from `low` up to `high`, counted within this queryset; asked anew."""
        ends = [self.start + high] if high is not None else []
        ends += [self.stop] if self.stop is not None else []
        return self._clone(start=self.start + low, stop=min(ends, default=None))

    # Rows.

    def _settled(self) -> Self:
        """Itself, ready to be asked: a random order is asked anew each time and only makes sense for a slice."""
        if not any(clause.method == "orderRandom" for clause in self.order):
            return self
        if self.stop is None:
            raise NotSupportedError("A random order needs a slice, such as order_by('?')[:10].")
        return self.uncached()

    def iterator(self) -> Iterator[R]:
        """The rows one page at a time, not kept."""
        return iter(Walk(self._settled()))

    def aiterator(self) -> AsyncIterator[R]:
        return aiter(Walk(self._settled()))

    def __iter__(self) -> Iterator[R]:
        if self._rows is None:
            self._rows = list(self.iterator())
        return iter(self._rows)

    async def __aiter__(self) -> AsyncIterator[R]:
        if self._rows is None:
            self._rows = [row async for row in self.aiterator()]
        for row in self._rows:
            yield row

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def __repr__(self) -> str:
        return f"<QuerySet of {self.model.__name__}: {' '.join(map(str, (*self.filters, *self.order))) or 'all'}>"

    def _one(self) -> Steps[R | None]:
        walk: Walk[R] = Walk(self._settled()._window(0, 1))
        rows = yield from walk.page()
        return rows[0] if rows else None

    def first(self) -> R | None:
        """The first row in this order, or None."""
        return run(self._one())

    async def afirst(self) -> R | None:
        return await arun(self._one())

    def last(self) -> R | None:
        """The last row in this order, or None."""
        return run(self.reverse()._one())

    async def alast(self) -> R | None:
        return await arun(self.reverse()._one())

    def _get(self, *conditions: Q, **lookups: Any) -> Steps[R]:
        """By id alone: one row by its own route, an absent one remembered too. Else at most two rows are read."""
        if not conditions and len(lookups) == 1 and lookups.keys() <= {"pk", "id"} and self._where == EVERYTHING:
            row = yield from self._by_id(next(iter(lookups.values())))
            rows = [row] if row is not None else []
        else:
            walk: Walk[R] = Walk(self.filter(*conditions, **lookups)._window(0, 2))
            rows = yield from walk.page()
        if len(rows) == 1:
            return rows[0]
        if rows:
            raise self.model.MultipleObjectsReturned(f"get() found more than one {self.model.__name__}.")
        raise self.model.DoesNotExist(f"There is no {self.model.__name__} that matches {lookups or 'the query'}.")

    def _by_id(self, row_id: object) -> Steps[R | None]:
        text = "" if row_id is None else str(row_id)
        if not VALID_ID.fullmatch(text):  # Appwrite cannot have such a row, and it must not reach a URL
            return None
        raw = yield from read(self.model, self.db, GetRow(self.ref, text), self.policy)
        return None if raw is None else self.model.from_appwrite(raw, self.db)

    def get(self, *conditions: Q, **lookups: Any) -> R:
        """The one row that matches. Raises the table's DoesNotExist or MultipleObjectsReturned."""
        return run(self._get(*conditions, **lookups))

    async def aget(self, *conditions: Q, **lookups: Any) -> R:
        return await arun(self._get(*conditions, **lookups))

    # Numbers.

    def _count(self) -> Steps[int]:
        if self.is_empty:
            return 0
        matching: int = yield from read(self.model, self.db, CountRows(self.ref, self.filters), self.policy)
        return max(min(matching, self.stop if self.stop is not None else matching) - self.start, 0)

    def count(self) -> int:
        """How many rows match, exactly; a request for every 5,000 of them."""
        return run(self._count()) if self._rows is None else len(self._rows)

    async def acount(self) -> int:
        return await arun(self._count()) if self._rows is None else len(self._rows)

    def _exists(self) -> Steps[bool]:
        if self.is_empty:
            return False
        plan = ListRows(self.ref, self.filters, limit=1, offset=self.start, select=("$id",))
        return bool((yield from read(self.model, self.db, plan, self.policy))["rows"])

    def exists(self) -> bool:
        """Whether any row matches."""
        return run(self._exists()) if self._rows is None else bool(self._rows)

    async def aexists(self) -> bool:
        return await arun(self._exists()) if self._rows is None else bool(self._rows)

    # Changes.

    def create(self, **values: Any) -> R:
        """Make a row and write it. Raises ValidationError, before any request, with all errors by column."""
        return run(writes.create(self.model(**values), self.db))

    async def acreate(self, **values: Any) -> R:
        return await arun(writes.create(self.model(**values), self.db))

    def bulk_create(self, rows: Iterable[R]) -> list[R]:
        """Write new rows, 100 in a request: each hundred is written whole or not at all.

        All are checked before the first request; errors are keyed by position and column.
        """
        return run(writes.bulk_create(self.model, list(rows), self.db))

    async def abulk_create(self, rows: Iterable[R]) -> list[R]:
        return await arun(writes.bulk_create(self.model, list(rows), self.db))

    def update(self, **values: Any) -> int:
        """Set these columns in every row that matches, in one request; how many there were."""
        self._refuse_slice("update")
        return run(writes.update_matching(self, values))

    async def aupdate(self, **values: Any) -> int:
        self._refuse_slice("update")
        return await arun(writes.update_matching(self, values))

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete every row that matches, in one request; how many there were, as Django says it."""
        self._refuse_slice("delete")
        return run(writes.delete_matching(self))

    async def adelete(self) -> tuple[int, dict[str, int]]:
        self._refuse_slice("delete")
        return await arun(writes.delete_matching(self))

    # The cache of the whole table.

    def is_updated(self) -> bool:
        """Whether cached answers of this table are current: it has been read since it last changed."""
        return run(connections[self.db].is_current(self.ref))

    async def ais_updated(self) -> bool:
        return await arun(connections[self.db].is_current(self.ref))

    def set_updated(self, updated: bool) -> None:
        """`set_updated(False)` makes every cached answer of this table a miss. True changes nothing: no one
        can declare old answers fresh."""
        if not updated:
            run(writes.invalidate(self.model, self.db))

    async def aset_updated(self, updated: bool) -> None:
        if not updated:
            await arun(writes.invalidate(self.model, self.db))

    def refresh(self) -> list[R]:
        """Drop the table's cached answers and read these rows anew."""
        self.set_updated(False)
        return list(self._clone())

    async def arefresh(self) -> list[R]:
        await self.aset_updated(False)
        return [row async for row in self._clone()]
