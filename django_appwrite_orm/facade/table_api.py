"""The guide's door: `orm.table("products")` with the verbs of appwrite-orm, eager, in snake case.

A thin layer over the querysets. Filters are equalities by column name; a list means any of its values, None
means null. An empty or None id is refused, for it must never come to mean "all".
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import Any

from ..events import RowChange, subscriptions
from ..plans import BULK_LIMIT
from ..querysets.managers import rows_of
from ..querysets.persistence import bulk_update
from ..querysets.persistence.batching import Errors, chunks_of
from ..querysets.queryset import QuerySet
from ..querysets.table import Table
from ..sansio import Operation, twins
from ..schema import api as indexes
from ..tables import Index, Overridable, alters_data, unknown_column
from .batch import Preload, TableBatch
from .definitions import index_from_definition

Filters = Mapping[str, Any]


class TableAPI(Overridable):
    """One table, asked the way appwrite-orm asks."""

    def __init__(self, table: type[Table], using: str | None = None) -> None:
        self._table = table
        self._using = using

    @property
    def _rows(self) -> QuerySet[Table]:
        """A new queryset each time: one that is kept would keep its rows."""
        return rows_of(self._table, self._using)

    @alters_data
    def listen(self, callback: Callable[[RowChange], object], *, id: str | None = None) -> Callable[[], None]:
        """As `orm.listen`, for the rows of this table alone, or for the one with this id."""
        return subscriptions.listen(self._rows.db, subscriptions.Subscriber(callback, self._table, _given_or_any(id)))

    @alters_data
    def alisten(self, *, id: str | None = None) -> AsyncGenerator[RowChange]:
        """As `orm.alisten`, for the rows of this table alone, or for the one with this id."""
        return subscriptions.changes(self._rows.db, self._table, _given_or_any(id))

    @alters_data
    def close_listeners(self) -> None:
        """End what `listen` and `alisten` of this table have begun in this process."""
        subscriptions.close_listeners(self._table)

    def using(self, alias: str) -> TableAPI:
        """The same table on another connection."""
        return TableAPI(self._table, alias)

    def _filtered(
        self,
        filters: Filters | None = None,
        limit: int | None = None,
        offset: int | None = None,
        order_by: Sequence[str] = (),
        select: Sequence[str] = (),
    ) -> QuerySet[Table]:
        rows = self._rows
        for name, value in (filters or {}).items():
            several = isinstance(value, (list, tuple, set, frozenset))
            rows = rows.filter(**{f"{name}__in" if several else name: value})
        if order_by:
            rows = rows.order_by(*([order_by] if isinstance(order_by, str) else order_by))
        if select:
            rows = rows._clone(
                select=tuple(self._table._meta.columns[n].key if n in self._table._meta.columns else n for n in select)
            )
        start = offset or 0
        return rows if limit is None and not start else rows[start : None if limit is None else start + limit]

    def all(self, **options: Any) -> list[Table]:
        """Every row, in pages behind the scenes; options: limit, offset, order_by, select."""
        return list(self._filtered(None, **options))

    async def aall(self, **options: Any) -> list[Table]:
        return [row async for row in self._filtered(None, **options)]

    def query(self, filters: Filters | None = None, **options: Any) -> list[Table]:
        """Rows with these values; options as for `all`."""
        return list(self._filtered(filters, **options))

    async def aquery(self, filters: Filters | None = None, **options: Any) -> list[Table]:
        return [row async for row in self._filtered(filters, **options)]

    def find(self, queries: Iterable[object] = ()) -> list[Table]:
        """Rows by Appwrite queries: the SDK's `Query`, its JSON, or text such as `equal("active", true)`.

        Without a limit these are all rows that match, not Appwrite's first 25.
        """
        return list(self._rows.raw_queries(*queries))

    async def afind(self, queries: Iterable[object] = ()) -> list[Table]:
        return [row async for row in self._rows.raw_queries(*queries)]

    def find_one(self, queries: Iterable[object] = ()) -> Table | None:
        """The first row that `find` would give, or None."""
        return self._rows.raw_queries(*queries).first()

    async def afind_one(self, queries: Iterable[object] = ()) -> Table | None:
        return await self._rows.raw_queries(*queries).afirst()

    def get(self, id: str) -> Table | None:
        """The row with this id, or None."""
        try:
            return self.get_or_fail(id)
        except self._table.DoesNotExist:
            return None

    async def aget(self, id: str) -> Table | None:
        try:
            return await self.aget_or_fail(id)
        except self._table.DoesNotExist:
            return None

    def get_or_fail(self, id: str) -> Table:
        """The row with this id. Raises the table's DoesNotExist."""
        return self._rows.get(pk=_given(id))

    async def aget_or_fail(self, id: str) -> Table:
        return await self._rows.aget(pk=_given(id))

    def first(self, filters: Filters | None = None) -> Table | None:
        """The first row with these values, or None."""
        return self._filtered(filters).first()

    async def afirst(self, filters: Filters | None = None) -> Table | None:
        return await self._filtered(filters).afirst()

    def first_or_fail(self, filters: Filters | None = None) -> Table:
        """The first row with these values. Raises the table's DoesNotExist."""
        return self._present(self.first(filters), filters)

    async def afirst_or_fail(self, filters: Filters | None = None) -> Table:
        return self._present(await self.afirst(filters), filters)

    def _present(self, row: Table | None, filters: Filters | None) -> Table:
        if row is None:
            raise self._table.DoesNotExist(f"There is no {self._table.__name__} with {dict(filters or {})}.")
        return row

    def count(self, filters: Filters | None = None) -> int:
        """How many rows match, exactly, also above Appwrite's 5,000."""
        return self._filtered(filters).count()

    async def acount(self, filters: Filters | None = None) -> int:
        return await self._filtered(filters).acount()

    @alters_data
    def create(self, data: Mapping[str, Any], *, id: str | None = None, permissions: list[str] | None = None) -> Table:
        """Write a new row. `data` may come from outside: it holds columns and nothing else, so that nobody chooses
        an id or permissions by it. Raises ValidationError with all errors by column, before any request."""
        row = self._new(data, id, permissions)
        row.save(using=self._rows.db)
        return row

    async def acreate(
        self, data: Mapping[str, Any], *, id: str | None = None, permissions: list[str] | None = None
    ) -> Table:
        row = self._new(data, id, permissions)
        await row.asave(using=self._rows.db)
        return row

    def _new(self, data: Mapping[str, Any], id: str | None = None, permissions: list[str] | None = None) -> Table:
        self._only_columns(data)
        return self._table(**data, id=None if id is None else _given(id), permissions=permissions)

    def _only_columns(self, data: Mapping[str, Any]) -> None:
        for name in data:
            if name in ("id", "pk", "permissions"):
                raise TypeError(f"{name!r} is not a column: give it beside the data, as in create(data, id=...).")
            if name not in self._table._meta.columns and name not in self._table._meta.relations:
                raise TypeError(unknown_column(self._table, name))
            if (version := self._table._meta.version) is not None and name == version.name:
                raise TypeError(f"{name!r} counts the changes of the row and cannot be set.")

    @alters_data
    def update(self, id: str, data: Mapping[str, Any]) -> Table:
        """Set these columns of one row; the row as it is now. Raises the table's DoesNotExist."""
        row = self._rows.uncached().get(pk=_given(id))
        self._change(row, data)
        row.save()
        return row

    async def aupdate(self, id: str, data: Mapping[str, Any]) -> Table:
        row = await self._rows.uncached().aget(pk=_given(id))
        self._change(row, data)
        await row.asave()
        return row

    def _change(self, row: Table, data: Mapping[str, Any]) -> None:
        self._only_columns(data)
        for name, value in data.items():
            setattr(row, name, value)

    @alters_data
    def delete(self, id: str) -> None:
        """Delete one row. Raises the table's DoesNotExist."""
        self._rows.uncached().get(pk=_given(id)).delete()

    async def adelete(self, id: str) -> None:
        await (await self._rows.uncached().aget(pk=_given(id))).adelete()

    @alters_data
    def bulk_create(self, rows: Iterable[Mapping[str, Any]], *, errors: Errors | None = None) -> list[Table]:
        """Write many new rows, 100 in a request. All are checked before the first one. `errors`: as for the
        queryset's `bulk_create`, by position."""
        return self._rows.bulk_create([self._new(data) for data in rows], errors=errors)

    async def abulk_create(self, rows: Iterable[Mapping[str, Any]], *, errors: Errors | None = None) -> list[Table]:
        return await self._rows.abulk_create([self._new(data) for data in rows], errors=errors)

    @alters_data
    def _bulk_update(
        self, updates: Iterable[Mapping[str, Any]], *, errors: Errors | None = None
    ) -> Operation[list[Table]]:
        """Set columns of many rows, each `{"id": ..., "data": {...}}` its own, a hundred rows in a transaction;
        the rows, in order. Raises the table's DoesNotExist before anything is written. Give a dict as `errors` to
        have what cannot be done noted there, by position, and the rest done: those rows are the answer."""
        return bulk_update.update_by_id(self._rows, self._updates(updates), errors)

    bulk_update, abulk_update = twins(_bulk_update)

    def _updates(self, updates: Iterable[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
        wanted = [(_given(update["id"]), update["data"]) for update in updates]
        for _, data in wanted:
            self._only_columns(data)
        return wanted

    @alters_data
    def bulk_delete(self, ids: Iterable[str]) -> int:
        """Delete the rows with these ids, 100 in a request; how many there were."""
        wanted = [_given(id) for id in ids]
        return sum(self._rows.filter(pk__in=chunk).delete()[0] for chunk in chunks_of(wanted, BULK_LIMIT))

    async def abulk_delete(self, ids: Iterable[str]) -> int:
        wanted = [_given(id) for id in ids]
        return sum([(await self._rows.filter(pk__in=chunk).adelete())[0] for chunk in chunks_of(wanted, BULK_LIMIT)])

    @alters_data
    def batch(self, *, preload: Preload = False) -> TableBatch:
        """Many changes in one go: see `TableBatch`. Use it in `with` or `async with`."""
        return TableBatch(self, preload)

    @alters_data
    def _create_index(self, index: Index | Mapping[str, Any]) -> Operation[None]:
        """Build an index now, an `Index` or one in appwrite-orm's form. Raises `Conflict`, `InvalidRequest`,
        `SchemaError`."""
        return indexes.create_index(self._table, self._index(index), self._rows.db)

    create_index, acreate_index = twins(_create_index)

    def _index(self, index: Index | Mapping[str, Any]) -> Index:
        whose = f"Table {self._table._meta.name!r}"
        return index if isinstance(index, Index) else index_from_definition(whose, index)

    @alters_data
    def _delete_index(self, key: str) -> Operation[None]:
        """Drop the index with this key. Raises `NotFound`."""
        return indexes.delete_index(self._table, key, self._rows.db)

    delete_index, adelete_index = twins(_delete_index)

    def _list_indexes(self) -> Operation[list[dict[str, Any]]]:
        """Return the indexes that the server has, as it describes them."""
        return indexes.list_indexes(self._table, self._rows.db)

    list_indexes, alist_indexes = twins(_list_indexes)

    def is_updated(self) -> bool:
        """Whether cached answers of this table are current."""
        return self._rows.is_updated()

    async def ais_updated(self) -> bool:
        return await self._rows.ais_updated()

    @alters_data
    def set_updated(self, updated: bool) -> None:
        """`set_updated(False)` drops the table's cached answers; True changes nothing."""
        self._rows.set_updated(updated)

    async def aset_updated(self, updated: bool) -> None:
        await self._rows.aset_updated(updated)

    @alters_data
    def refresh(self) -> list[Table]:
        """Drop the table's cached answers and read all rows again."""
        return self._rows.refresh()

    async def arefresh(self) -> list[Table]:
        return await self._rows.arefresh()


def _given_or_any(id: str | None) -> str | None:
    return None if id is None else _given(id)


def _given(id: str) -> str:
    if not isinstance(id, str) or not id:
        raise ValueError(f"A row id is needed, not {id!r}.")
    return id
