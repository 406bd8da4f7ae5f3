"""What a queryset comes to: how many rows, whether any, and aggregates of their columns."""

from __future__ import annotations

from typing import Any, TypedDict, TypeVar, Unpack

from django.db.models import Count, Max, Min

from ..exceptions import NotSupportedError
from ..execution import execute_read
from ..plans import Clause, CountRows, ListRows, conjunction
from ..sansio import Operation, run_async, run_sync
from ..tables import Row
from ..tables.system_columns import column_by_key, keys
from .aggregates.accumulators import Accumulator, AggregateSpec, wanted
from .aggregates.server import totals
from .grouping import GroupedQuerySet
from .lookups.relations import crosses, followed
from .mentioned import tables_beside
from .pagination import pages
from .query import Selection

R = TypeVar("R", bound=Row)


class Cap(TypedDict, total=False):
    """What `count()` takes. As a parameter of its own it would show in the signature, and Django's Paginator asks a
    `count` with parameters for nothing: it reads all rows instead."""

    cap: int | None


class Numbers(Selection[R]):
    """Numbers are asked of Appwrite where it can answer, and worked out of the rows' columns where not."""

    def _count(self, cap: int | None = None) -> Operation[int]:
        if self.distinct_keys:
            return (yield from self._window(0, cap)._walked())
        most = min((end for end in (self.stop, cap and self.start + cap) if end is not None), default=None)
        matching = 0 if self.is_empty else (yield from self._matching(most))
        return max((matching if most is None else min(matching, most)) - self.start, 0)

    def _matching(self, most: int | None) -> Operation[int]:
        """How many rows match, the slice apart; no need to count further than `most`."""
        if crosses(self._where):
            found = yield from followed(self)
            return 0 if found.is_empty else int((yield from found._matching(most)))
        split = self.requests()
        if len(split.requests) > 1 and not self._is_partition(split.by):
            return (yield from self._clone(order=(), select=("$id",), start=0, stop=None)._walked())
        count = 0
        for filters in split.requests:
            plan = CountRows(self.ref, filters, most, tables_beside(self, filters))
            count += yield from execute_read(self.model, self.db, plan, self.policy)
        return count

    def _is_partition(self, by: tuple[Clause, ...]) -> bool:
        """Whether no row can match in two of the requests. Texts that differ may be equal to the database."""
        key = by[0].attribute or ""
        column = column_by_key(self.model, key)
        exact = key == "$id" or (column is not None and not column.is_text and not column.array)
        return len(by) == 1 and by[0].method == "equal" and exact

    def _walked(self) -> Operation[int]:
        walk, count = pages(self), 0
        while not walk.finished:
            count += len((yield from walk.page()))
        return count

    def count(self, **options: Unpack[Cap]) -> int:
        """How many rows match, exactly; a request for every 5,000 of them.

        `cap`: no further than this, for a label such as "1,000 and more"; up to 5,000 that is one request.
        """
        cap = _positive(**options)
        return run_sync(self._count(cap)) if self._rows is None else len(self._rows[:cap])

    async def acount(self, **options: Unpack[Cap]) -> int:
        cap = _positive(**options)
        return await run_async(self._count(cap)) if self._rows is None else len(self._rows[:cap])

    def _exists(self) -> Operation[bool]:
        if self.is_empty:
            return False
        if self.distinct_keys and self.start:
            return (yield from self._window(0, 1)._count()) > 0
        if crosses(self._where):
            return bool((yield from (yield from followed(self))._exists()))
        for filters in self.requests().requests:
            beside = tables_beside(self, filters)
            plan = ListRows(self.ref, filters, limit=1, offset=self.start, select=("$id",), beside=beside)
            if (yield from execute_read(self.model, self.db, plan, self.policy))["rows"]:
                return True
        return False

    def exists(self) -> bool:
        """Whether any row matches."""
        return run_sync(self._exists()) if self._rows is None else bool(self._rows)

    async def aexists(self) -> bool:
        return await run_async(self._exists()) if self._rows is None else bool(self._rows)

    def contains(self, row: R) -> bool:
        """Whether this row is among them."""
        return run_sync(self._contains(row))

    async def acontains(self, row: R) -> bool:
        return await run_async(self._contains(row))

    def _contains(self, row: R) -> Operation[bool]:
        if not isinstance(row, self.model) or row.id is None:
            raise TypeError(f"contains() needs a saved {self.model.__name__}, not {row!r}.")
        if self._rows is not None:
            return row in self._rows
        return (yield from self.filter(pk=row.id)._exists())

    # Aggregates.

    def aggregate(self, *aggregates: Any, **named: Any) -> dict[str, Any]:
        """`aggregate(total=Sum("price"))`: Django's Count, Sum, Avg, Min, Max, StdDev and Variance of a column.

        Counts cost what `count()` does, a smallest or largest value one request; for the others every matching
        row is read once, those columns alone, in pages. A server from 2.5 on is asked for all that it works out as
        Django does in one request. Nulls do not count.
        """
        return run_sync(self._aggregate(wanted(self.model, named, aggregates)))

    async def aaggregate(self, *aggregates: Any, **named: Any) -> dict[str, Any]:
        return await run_async(self._aggregate(wanted(self.model, named, aggregates)))

    def _aggregate(self, every: list[AggregateSpec]) -> Operation[dict[str, Any]]:
        if self.distinct_keys:
            raise NotSupportedError(
                "aggregate() of distinct values is asked of the rows themselves: aggregate(n=Count('genre',"
                " distinct=True)), without distinct()."
            )
        found = yield from totals(self, every)
        tallies: dict[str, Accumulator] = {}
        for one in every:
            if one.name in found:
                continue
            if not self.is_sliced and not one.distinct and not one.encrypted and one.kind in (Count, Max, Min):
                found[one.name] = one.finished((yield from self._answered(one)))
            else:
                tallies[one.name] = one.tally()
        if tallies:
            names = [one.column.name for one in every if one.name in tallies and one.column is not None]
            walk = pages(self._clone(_shape=None, select=keys(self.model, names) or ("$id",)))
            while not walk.finished:
                for raw in (yield from walk.page()):
                    row = self.model.from_appwrite(raw, self.db)
                    for tally in tallies.values():
                        tally.add(row)
        return {one.name: tallies[one.name].value if one.name in tallies else found[one.name] for one in every}

    def _answered(self, one: AggregateSpec) -> Operation[Any]:
        """An aggregate that Appwrite itself can answer."""
        if one.column is None:
            return (yield from self._count())
        key = one.column.key
        present = (
            self if key.startswith("$") else self._clone(_where=conjunction([self._where, Clause("isNotNull", key)]))
        )
        if one.kind is Count:
            return (yield from present._count())
        order = (Clause("orderAsc" if one.kind is Min else "orderDesc", key),)
        first = present._clone(_shape=None, order=order, select=(key,))._window(0, 1)
        rows = yield from pages(first).page()
        return getattr(self.model.from_appwrite(rows[0], self.db), one.column.name) if rows else None

    def annotate(self, *aggregates: Any, **named: Any) -> GroupedQuerySet[R]:
        """`values("genre").annotate(books=Count("*"), mean=Avg("price"))`: a dict for each group of equal values.

        Every matching row is read once, those columns alone, in pages; a server from 2.5 on is asked for the groups
        themselves where it tells them apart as Python does. Groups come in the order in which their
        first row was met, unless the queryset has another.
        """
        return GroupedQuerySet(self, wanted(self.model, named, aggregates))


def _positive(cap: int | None = None) -> int | None:
    if cap is not None and (isinstance(cap, bool) or not isinstance(cap, int) or cap < 1):
        raise ValueError(f"cap must be a whole number of rows, not {cap!r}.")
    return cap
