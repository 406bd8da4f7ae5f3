"""`orm`: the registered tables by name, and what concerns the cache of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..caching import Counts
from ..connection import connections
from ..exceptions import AppwriteORMError
from ..registry import registry
from ..schema import verbs
from ..steps import Steps, arun, run
from ..tables import Row
from .joins import Join
from .operations import alias_of, invalidate
from .table import Table
from .verbs import TableVerbs


class ORM:
    """The tables of the project, in the guide's manner."""

    def table(self, name: str, *, using: str | None = None) -> TableVerbs:
        """The verbs of the table with this name, id or label. Raises `ConfigurationError` for an unknown one."""
        table = registry.get(name)
        if not issubclass(table, Table):
            raise AppwriteORMError(f"{table.__name__} is no Table.")
        return TableVerbs(table, using)

    def join(self, table1: str, table2: str, **options: Any) -> list[Table]:
        """The rows of the table `table1`, each with the rows of `table2` that it leads to, in two requests (more
        where pages or values do not fit).

        `foreign_key` is a column of the first table and `reference_key` of the second, its id unless told; `as_`
        is the attribute they stand under, the second table's name unless told. Where the reference key is the id,
        or has a `UniqueIndex`, that is the row or None, else a list. `filters1` and `filters2` narrow each side as
        in `query()`. Raises FieldError for a key that cannot be used, `AppwriteORMError` for a name that is taken.
        """
        return run(self._joined(table1, table2, inner=False, **options))

    async def ajoin(self, table1: str, table2: str, **options: Any) -> list[Table]:
        return await arun(self._joined(table1, table2, inner=False, **options))

    # appwrite-orm has two names for it, and so do we.
    left_join, aleft_join = join, ajoin

    def inner_join(self, table1: str, table2: str, **options: Any) -> list[Table]:
        """As `join`, without the rows of the first table that lead to none of the second."""
        return run(self._joined(table1, table2, inner=True, **options))

    async def ainner_join(self, table1: str, table2: str, **options: Any) -> list[Table]:
        return await arun(self._joined(table1, table2, inner=True, **options))

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
        using: str | None = None,
    ) -> Steps[list[Table]]:
        left = self.table(table1, using=using)._filtered(filters1)
        right = self.table(table2, using=using)._filtered(filters2)
        join = Join(left, right, foreign_key=foreign_key, reference_key=reference_key, alias=as_, inner=inner)
        return join.rows()

    def create_table(self, name: str, *, using: str | None = None) -> int:
        """Make the server's table what the registered one declares; the number of changes. Raises `SchemaError`."""
        table = registry.get(name)
        return run(verbs.create_table(table, alias_of(table, using)))

    def delete_table(self, name: str, *, using: str | None = None) -> None:
        """Drop the table from the server, with all its rows. Raises `NotFound`."""
        table = registry.get(name)
        run(verbs.delete_table(table, alias_of(table, using)))

    def clear_caches(self) -> None:
        """Make every cached answer about every registered table a miss."""
        for table in registry.all():
            run(invalidate(table, alias_of(table)))

    def stats(self) -> dict[str, dict[str, Any]]:
        """What the cache did for each table, by name, over all processes where the cache is shared: `reads`,
        `hits`, `stale`, `misses`, `bypasses`, `hit_rate` (of a hundred), `invalidations`, `errors`, `bytes` of
        JSON, `hit_time` and `miss_time` in microseconds, `saved` in seconds. Raises `CacheUnavailable`."""
        return {name: counts.as_dict() for name, counts in self._totals()}

    def reset_stats(self, name: str | None = None) -> None:
        """Count from nothing again: the table of this name, or all of them. Raises `CacheUnavailable`."""
        for alias, tables in self._by_alias().items():
            chosen = [table._meta.id for table in tables if name in (None, table._meta.name)]
            connections[alias].statistics.reset(chosen)

    def _totals(self) -> Iterator[tuple[str, Counts]]:
        for alias, tables in self._by_alias().items():
            totals = connections[alias].statistics.totals(table._meta.id for table in tables)
            yield from ((table._meta.name, totals[table._meta.id]) for table in tables)

    def _by_alias(self) -> dict[str, list[type[Row]]]:
        found: dict[str, list[type[Row]]] = {}
        for table in registry.all():
            found.setdefault(alias_of(table), []).append(table)
        return found


orm = ORM()
