"""`orm`: the registered tables by name, and operations on the cache of all of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from asgiref.sync import sync_to_async

from ..cache.stats import all_totals
from ..conf import DEFAULT_ALIAS
from ..connection import connections
from ..credentials import Using
from ..events import RowChange, subscriptions
from ..exceptions import AppwriteORMError
from ..interchange import dump
from ..plan_execution import invalidate
from ..querysets.managers import rows_of
from ..querysets.table import Table
from ..registry import registry
from ..routers import aliases
from ..sansio import Operation, twins
from ..schema import api, tables_named
from ..tables import Overridable, Row, alters_data
from .joins import Join
from .table_api import TableAPI, filtered


class ORM(Overridable):
    """The tables of the project, with the methods of appwrite-orm's `ORM`."""

    def table(self, name: str, *, using: Using | None = None) -> TableAPI:
        """Return the verbs of the table with this name, id or label. Raises `ConfigurationError` for others."""
        return TableAPI(_table_class(name), using)

    def _join(self, table1: str, table2: str, **options: Any) -> Operation[list[Table]]:
        """Return the rows of `table1`, each with the rows of `table2` that it refers to.

        It takes two requests, more where pages or values do not fit.

        - `foreign_key`: a column of the first table.
        - `reference_key`: a column of the second one, by default its id.
        - `as_`: the attribute for the matches, by default the second table's name. It is a row or None where the
          reference key is the id or has a `UniqueIndex`, else a list.
        - `filters1`, `filters2`: filters of each side, as for `query()`.

        Raises FieldError for a key that cannot be used, `AppwriteORMError` for a name that is taken.
        """
        return self._joined(table1, table2, inner=False, **options)

    join, ajoin = twins(_join)

    # appwrite-orm has both names.
    left_join, aleft_join = join, ajoin

    def _inner_join(self, table1: str, table2: str, **options: Any) -> Operation[list[Table]]:
        """Join as `join` does, without the rows of the first table that have no match."""
        return self._joined(table1, table2, inner=True, **options)

    inner_join, ainner_join = twins(_inner_join)

    def _joined(
        self,
        table1: str,
        table2: str,
        *,
        inner: bool,
        foreign_key: str,
        reference_key: str = "id",
        as_: str | None = None,
        filters1: Mapping[str, Any] | None = None,
        filters2: Mapping[str, Any] | None = None,
        using: Using | None = None,
    ) -> Operation[list[Table]]:
        left = filtered(rows_of(_table_class(table1), using), filters1)
        right = filtered(rows_of(_table_class(table2), using), filters2)
        join = Join(left, right, foreign_key=foreign_key, reference_key=reference_key, alias=as_, inner=inner)
        return join.rows()

    @alters_data
    def _create_table(self, name: str, *, using: str | None = None) -> Operation[int]:
        """Create or change the server's table to match the registered one; return the number of changes.

        Raises `SchemaError`.
        """
        table = registry.get(name)
        return api.create_table(table, using or aliases[table])

    create_table, acreate_table = twins(_create_table)

    @alters_data
    def _delete_table(self, name: str, *, using: str | None = None) -> Operation[None]:
        """Drop the table from the server, with all its rows. Raises `NotFound`."""
        table = registry.get(name)
        return api.delete_table(table, using or aliases[table])

    delete_table, adelete_table = twins(_delete_table)

    def _export_to_json(self, *names: str, using: str = DEFAULT_ALIAS) -> Operation[str]:
        """Return all rows of these tables as one JSON object with a list of rows for each.

        `names` are names or labels of tables, or labels of apps; none means all. `load_appwrite` reads the result. The
        whole text is in memory; `dump_appwrite` writes a file of any size. Raises `ConfigurationError` for an unknown
        name.
        """
        parts: list[str] = []
        yield from dump(connections[using], tables_named(names, using), parts.append, "object")
        return "".join(parts)

    export_to_json, aexport_to_json = twins(_export_to_json)

    @alters_data
    def listen(self, callback: Callable[[RowChange], object], *, using: str = DEFAULT_ALIAS) -> Callable[[], None]:
        """Call `callback` for each change of a registered table's row, over Appwrite's realtime API.

        It runs in a thread of this process, which also drops tokens and sends `row_changed`. Returns a function that
        stops listening. Exceptions of the callback are logged. Raises `ConfigurationError` without the library
        `websockets`.
        """
        return subscriptions.listen(using, subscriptions.Subscriber(callback))

    @alters_data
    def alisten(self, *, using: str = DEFAULT_ALIAS) -> AsyncGenerator[RowChange]:
        """Return an asynchronous iterator of changes: `async for change in orm.alisten()`. Close it to stop."""
        return subscriptions.changes(using)

    @alters_data
    def close_listeners(self) -> None:
        """Stop all listeners that `listen` and `alisten` have started in this process, and wait for their end."""
        subscriptions.close_listeners()

    @alters_data
    def _clear_caches(self) -> Operation[None]:
        """Make every cached result of every table, those behind models among them, a miss on every connection.

        A router or `using` may have stored results on any connection.
        """
        for table in registry.every_possible():
            for alias in connections.aliases():
                yield from invalidate(table._meta, alias)

    clear_caches, aclear_caches = twins(_clear_caches)

    def stats(self, name: str | None = None) -> dict[str, dict[str, Any]]:
        """Return the cache statistics of each table, those behind models among them, over all connections.

        The keys are the names of the tables; the label (`shop.Product`) where an earlier table has the same name. With
        `name`, a name, id or label, the result has this table alone. Where the cache is shared, the counts cover all
        processes. They are `reads`, `hits`, `stale`, `misses`, `bypasses`, `hit_rate` (percent), `invalidations`,
        `errors`, `bytes` (of JSON), `hit_time` and `miss_time` (microseconds), `saved` (seconds). Raises
        `CacheUnavailable`, and `ConfigurationError` for an unknown name.
        """
        tables: dict[str, type[Row]] = {}
        for table in _tables_named(name):
            tables[table._meta.label if table._meta.name in tables else table._meta.name] = table
        statistics = [connections[alias].statistics for alias in connections.aliases()]
        totals = all_totals(statistics, [table._meta.id for table in tables.values()])
        return {key: totals[table._meta.id].as_dict() for key, table in tables.items()}

    async def astats(self, name: str | None = None) -> dict[str, dict[str, Any]]:
        """Return what `stats` returns, in asynchronous code."""
        return await sync_to_async(self.stats)(name)

    @alters_data
    def reset_stats(self, name: str | None = None) -> None:
        """Reset the statistics of the table with this name, id or label, or of all tables, also those of models.

        Raises `CacheUnavailable`, and `ConfigurationError` for an unknown name.
        """
        ids = [table._meta.id for table in _tables_named(name)]
        for alias in connections.aliases():
            connections[alias].statistics.reset(ids)

    async def areset_stats(self, name: str | None = None) -> None:
        """Reset the statistics as `reset_stats` does, in asynchronous code."""
        await sync_to_async(self.reset_stats)(name)


def _tables_named(name: str | None) -> list[type[Row]]:
    """Return the table or the model's table with this name, id or label; for None all tables, also those of models."""
    return registry.every() if name is None else [registry.find(name)]


def _table_class(name: str) -> type[Table]:
    """Return the table with this name, id or label. Raises `ConfigurationError` for an unknown one."""
    table = registry.get(name)
    if not issubclass(table, Table):
        raise AppwriteORMError(f"{table.__name__} is not a subclass of Table.")
    return table


orm = ORM()
