"""`orm.table("products")`: the verbs of appwrite-orm, eager, in snake case, over the querysets.

Filters are equalities by column name; a list means any of its values, None means null. An empty or None id is refused,
because it must never mean "all".
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import Any

from ..credentials import ConnectionRef, Using
from ..events import RowChange, subscriptions
from ..plans import BULK_LIMIT
from ..querysets.managers import rows_of
from ..querysets.persistence import bulk_update
from ..querysets.persistence.batching import Errors, chunks_of
from ..querysets.query import query_of, read_rows, with_query
from ..querysets.queryset import QuerySet
from ..querysets.table import Table
from ..sansio import Operation, call, twins
from ..schema import api as indexes
from ..tables import Index, Overridable, alters_data, unknown_column
from .batch import Preload, TableBatch
from .definitions import index_from_definition

Filters = Mapping[str, Any]


class TableAPI(Overridable):
    """The verbs of one table, with the names and meanings of appwrite-orm."""

    def __init__(self, table: type[Table], using: Using | None = None) -> None:
        self._table = table
        self._using = using

    @property
    def _rows(self) -> QuerySet[Table]:
        """A new queryset each time, because a queryset keeps the rows it has read."""
        return rows_of(self._table, self._using)

    @property
    def _listened_alias(self) -> str:
        """The connection to listen to. Listening uses its API key, even if the manager reads as a user."""
        return ConnectionRef.of(self._rows.db).alias

    @alters_data
    def listen(self, callback: Callable[[RowChange], object], *, id: str | None = None) -> Callable[[], None]:
        """Listen as `orm.listen` does, to the rows of this table, or to the one with this id."""
        subscriber = subscriptions.Subscriber(callback, self._table, _checked_id_or_none(id))
        return subscriptions.listen(self._listened_alias, subscriber)

    @alters_data
    def alisten(self, *, id: str | None = None) -> AsyncGenerator[RowChange]:
        """Listen as `orm.alisten` does, to the rows of this table, or to the one with this id."""
        return subscriptions.changes(self._listened_alias, self._table, _checked_id_or_none(id))

    @alters_data
    def close_listeners(self) -> None:
        """Stop all listeners that `listen` and `alisten` of this table have started in this process."""
        subscriptions.close_listeners(self._table)

    def using(self, alias: Using) -> TableAPI:
        """Return the same table on another connection."""
        return TableAPI(self._table, alias)

    def _all(self, **options: Any) -> Operation[list[Table]]:
        """Return every row; options: limit, offset, order_by, select."""
        return read_rows(filtered(self._rows, **options))

    all, aall = twins(_all)

    def _query(self, filters: Filters | None = None, **options: Any) -> Operation[list[Table]]:
        """Return the rows with these values; options as for `all`."""
        return read_rows(filtered(self._rows, filters, **options))

    query, aquery = twins(_query)

    def _find(self, queries: Iterable[object] = ()) -> Operation[list[Table]]:
        """Return rows by Appwrite queries: the SDK's `Query`, its JSON, or text such as `equal("active", true)`.

        Without a limit, returns all rows that match, not only Appwrite's first 25.
        """
        return read_rows(self._rows.raw_queries(*queries))

    find, afind = twins(_find)

    def _find_one(self, queries: Iterable[object] = ()) -> Operation[Table | None]:
        """Return the first row that `find` would return, or None."""
        row: Table | None = yield from call(self._rows.raw_queries(*queries), "first")
        return row

    find_one, afind_one = twins(_find_one)

    def _get(self, id: str) -> Operation[Table | None]:
        """Return the row with this id, or None."""
        try:
            row: Table = yield from call(self, "get_or_fail", id)
        except self._table.DoesNotExist:
            return None
        return row

    get, aget = twins(_get)

    def _get_or_fail(self, id: str) -> Operation[Table]:
        """Return the row with this id. Raises the table's DoesNotExist."""
        row: Table = yield from call(self._rows, "get", pk=_checked_id(id))
        return row

    get_or_fail, aget_or_fail = twins(_get_or_fail)

    def _first(self, filters: Filters | None = None) -> Operation[Table | None]:
        """Return the first row with these values, or None."""
        row: Table | None = yield from call(filtered(self._rows, filters), "first")
        return row

    first, afirst = twins(_first)

    def _first_or_fail(self, filters: Filters | None = None) -> Operation[Table]:
        """Return the first row with these values. Raises the table's DoesNotExist."""
        row: Table | None = yield from call(self, "first", filters)
        if row is None:
            raise self._table.DoesNotExist(f"There is no {self._table.__name__} with {dict(filters or {})}.")
        return row

    first_or_fail, afirst_or_fail = twins(_first_or_fail)

    def _count(self, filters: Filters | None = None) -> Operation[int]:
        """Return the exact number of rows that match, also above Appwrite's limit of 5,000."""
        count: int = yield from call(filtered(self._rows, filters), "count")
        return count

    count, acount = twins(_count)

    @alters_data
    def _create(
        self, data: Mapping[str, Any], *, id: str | None = None, permissions: list[str] | None = None
    ) -> Operation[Table]:
        """Write a new row. Raises ValidationError with all errors by column, before any request.

        `data` may come from a client: only columns are accepted in it, so that a client cannot choose an id or
        permissions.
        """
        row = self._new(data, id, permissions)
        yield from call(row, "save", using=self._rows.db)
        return row

    create, acreate = twins(_create)

    def _new(self, data: Mapping[str, Any], id: str | None = None, permissions: list[str] | None = None) -> Table:
        self._only_columns(data)
        return self._table(**data, id=None if id is None else _checked_id(id), permissions=permissions)

    def _only_columns(self, data: Mapping[str, Any]) -> None:
        for name in data:
            if name in ("id", "pk", "permissions"):
                raise TypeError(f"{name!r} is not a column. Pass it as an argument: create(data, {name}=...).")
            if name not in self._table._meta.columns and name not in self._table._meta.relations:
                raise TypeError(unknown_column(self._table, name))
            if (version := self._table._meta.version) is not None and name == version.name:
                raise TypeError(f"{name!r} is the Version column and cannot be set.")

    @alters_data
    def _update(self, id: str, data: Mapping[str, Any]) -> Operation[Table]:
        """Set these columns of one row; return the updated row. Raises the table's DoesNotExist."""
        row: Table = yield from call(self._rows.uncached(), "get", pk=_checked_id(id))
        self._only_columns(data)
        for name, value in data.items():
            setattr(row, name, value)
        yield from call(row, "save")
        return row

    update, aupdate = twins(_update)

    @alters_data
    def _delete(self, id: str) -> Operation[None]:
        """Delete one row. Raises the table's DoesNotExist."""
        row = yield from call(self._rows.uncached(), "get", pk=_checked_id(id))
        yield from call(row, "delete")

    delete, adelete = twins(_delete)

    @alters_data
    def _bulk_create(
        self, rows: Iterable[Mapping[str, Any]], *, errors: Errors | None = None
    ) -> Operation[list[Table]]:
        """Write many new rows, 100 per request; all are validated before the first request.

        `errors`: as for the queryset's `bulk_create`, by position.
        """
        new = [self._new(data) for data in rows]
        written: list[Table] = yield from call(self._rows, "bulk_create", new, errors=errors)
        return written

    bulk_create, abulk_create = twins(_bulk_create)

    @alters_data
    def _bulk_update(
        self, updates: Iterable[Mapping[str, Any]], *, errors: Errors | None = None
    ) -> Operation[list[Table]]:
        """Set columns of many rows, each given as `{"id": ..., "data": {...}}`, 100 rows per transaction.

        Returns the rows, in order. Raises the table's DoesNotExist before anything is written. With a dict as `errors`,
        refusals are added to it by position, and the other rows are written and returned.
        """
        return bulk_update.update_by_id(self._rows, self._updates(updates), errors)

    bulk_update, abulk_update = twins(_bulk_update)

    def _updates(self, updates: Iterable[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
        changes = [(_checked_id(update["id"]), update["data"]) for update in updates]
        for _, data in changes:
            self._only_columns(data)
        return changes

    @alters_data
    def _bulk_delete(self, ids: Iterable[str]) -> Operation[int]:
        """Delete the rows with these ids, 100 per request; return the number of rows deleted."""
        count = 0
        for chunk in chunks_of([_checked_id(id) for id in ids], BULK_LIMIT):
            deleted, _ = yield from call(self._rows.filter(pk__in=chunk), "delete")
            count += deleted
        return count

    bulk_delete, abulk_delete = twins(_bulk_delete)

    @alters_data
    def batch(self, *, preload: Preload = False) -> TableBatch:
        """Return a batch of many changes; see `TableBatch`. Use it in `with` or `async with`."""
        return TableBatch(self, lambda: self._rows, preload)

    @alters_data
    def _create_index(self, index: Index | Mapping[str, Any]) -> Operation[None]:
        """Build an index now, from an `Index` or a definition in appwrite-orm's form.

        Raises `Conflict`, `InvalidRequest`, `SchemaError`.
        """
        return indexes.create_index(self._table, self._index(index), self._rows.db)

    create_index, acreate_index = twins(_create_index)

    def _index(self, index: Index | Mapping[str, Any]) -> Index:
        where = f"Table {self._table._meta.name!r}"
        return index if isinstance(index, Index) else index_from_definition(where, index)

    @alters_data
    def _delete_index(self, key: str) -> Operation[None]:
        """Drop the index with this key. Raises `NotFound`."""
        return indexes.delete_index(self._table, key, self._rows.db)

    delete_index, adelete_index = twins(_delete_index)

    def _list_indexes(self) -> Operation[list[dict[str, Any]]]:
        """Return the indexes that the server has, as it describes them."""
        return indexes.list_indexes(self._table, self._rows.db)

    list_indexes, alist_indexes = twins(_list_indexes)

    def _is_updated(self) -> Operation[bool]:
        """Return whether cached results of this table are current."""
        is_updated: bool = yield from call(self._rows, "is_updated")
        return is_updated

    is_updated, ais_updated = twins(_is_updated)

    @alters_data
    def _set_updated(self, updated: bool) -> Operation[None]:
        """Drop the table's cached results if `updated` is False; do nothing if it is True."""
        yield from call(self._rows, "set_updated", updated)

    set_updated, aset_updated = twins(_set_updated)

    @alters_data
    def _refresh(self) -> Operation[list[Table]]:
        """Drop the table's cached results and read all rows again."""
        rows: list[Table] = yield from call(self._rows, "refresh")
        return rows

    refresh, arefresh = twins(_refresh)


def filtered(
    rows: QuerySet[Table],
    filters: Filters | None = None,
    limit: int | None = None,
    offset: int | None = None,
    order_by: Sequence[str] = (),
    select: Sequence[str] = (),
) -> QuerySet[Table]:
    """Return the rows with these values, with the options of `all` applied."""
    for name, value in (filters or {}).items():
        several = isinstance(value, (list, tuple, set, frozenset))
        rows = rows.filter(**{f"{name}__in" if several else name: value})
    if order_by:
        rows = rows.order_by(*([order_by] if isinstance(order_by, str) else order_by))
    if select:
        columns = rows.model._meta.columns
        keys = tuple(columns[name].key if name in columns else name for name in select)
        rows = with_query(rows, query_of(rows).replace(select=keys))
    start = offset or 0
    return rows if limit is None and not start else rows[start : None if limit is None else start + limit]


def _checked_id_or_none(id: str | None) -> str | None:
    return None if id is None else _checked_id(id)


def _checked_id(id: str) -> str:
    if not isinstance(id, str) or not id:
        raise ValueError(f"A row id must be a string that is not empty, not {id!r}.")
    return id
