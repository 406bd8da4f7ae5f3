"""Queries compiled by Django's own SQLite backend, and answered over copies of the rows that they need.

`compiler_for` gives a compiler of Django's, unmodified but for one call and for decimals; its connection never opens a
database. Where Django executes a statement there, the cursor makes an `InMemoryRead` of it and reads that through the
cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, cast

from django.apps import apps
from django.db import DataError, ProgrammingError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3 import base, features, operations
from django.db.models import Model
from django.db.models.sql import Query, compiler

from ...cache import CachePolicy, PolicyOverride, effective_policy
from ...connection import connections
from ...credentials import ConnectionRef, Using
from ...plan_execution import execute_read
from ...sansio import Operation
from ..columns import UnpreparedValue
from ..model_table import table_of
from ..statements import Statement
from . import collation, sql_compilers
from .load import memory_database
from .parameters import adapted
from .plan import InMemoryRead, strictest
from .results import Rows, rows_of
from .sources import Need, Source, Translate, needs_of, never, tables_of
from .tables import memory_table


class MemoryFeatures(features.DatabaseFeatures):
    """SQLite's, without a statement to find out."""

    supports_json_field = True
    max_query_params = 250_000


class MemoryOperations(operations.DatabaseOperations):
    """SQLite's, with texts compared as the server does."""

    compiler_module = sql_compilers.__name__

    def prep_for_iexact_query(self, x: Any) -> str:
        return str(x)  # not a pattern

    def adapt_decimalfield_value(
        self, value: Decimal | None, max_digits: int | None = None, decimal_places: int | None = None
    ) -> str | None:
        """Return all its digits: a filter that rounds them would compare with another number."""
        return None if value is None else str(value)

    def get_decimalfield_converter(self, expression: Any) -> Any:
        """Return Django's for a double. The text of a number is as it is stored."""
        of_double = super().get_decimalfield_converter(expression)

        def converter(value: Any, expression: Any, connection: Any) -> Decimal | None:
            if isinstance(value, str):
                return Decimal(value)
            return of_double(value, expression, connection)

        return converter

    def adapt_durationfield_value(self, value: Any) -> int | None:
        """Raise UnpreparedValue for what is not a timedelta."""
        if not isinstance(value, timedelta | None):
            raise UnpreparedValue(f"{value!r} is not a timedelta")
        return super().adapt_durationfield_value(value)


class MemoryDatabaseWrapper(base.DatabaseWrapper):
    """SQLite for the compiler. It has the alias of the connection that it works for, and opens no database itself."""

    features_class = MemoryFeatures
    ops_class = MemoryOperations
    operators = {**base.DatabaseWrapper.operators, "iexact": f"= %s COLLATE {collation.NAME}"}

    memory_query: MemoryQuery

    def cursor(self) -> Any:
        return MemoryCursor(self.memory_query)

    def chunked_cursor(self) -> Any:
        return MemoryCursor(self.memory_query)


class MemoryCursor:
    """The result of a statement, as Django's compiler takes it from a cursor."""

    def __init__(self, query: MemoryQuery) -> None:
        self._query = query
        self._rows: Iterator[tuple[Any, ...]] = iter(())

    def execute(self, sql: str, parameters: Sequence[Any]) -> None:
        self._rows = iter(self._query.execute(sql, parameters))

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        return list(islice(self._rows, size))

    def close(self) -> None:
        self._rows = iter(())


@dataclass(frozen=True, slots=True)
class MemoryOptions:
    """How the queries of a connection are answered in memory.

    `alias` is that of APPWRITE_ORM, `rows` the most rows of one source. `translate` makes conditions that Appwrite
    checks, `override` changes the cache policies of all tables.
    """

    alias: Using
    rows: int
    translate: Translate = never
    override: PolicyOverride | None = None


@dataclass(slots=True)
class MemoryQuery:
    """A query from its compilation to its result; `reason` says why Appwrite does not answer it itself.

    `outer` is the connection that it is for. `read` is the plan, once there is one, `notes` are those of its statement.
    """

    query: Query
    outer: Any
    connection: MemoryDatabaseWrapper
    options: MemoryOptions
    reason: str = ""
    read: InMemoryRead | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    def execute(self, sql: str, parameters: Sequence[Any]) -> Rows:
        """Return the rows of the result."""
        self.read = read = self.plan(sql, parameters)
        statement = Statement.of(read.description, self._rows(read), strategy="in memory", reason=self.reason)
        self.notes = statement.notes
        return cast("Rows", self.outer.run(statement))

    def _rows(self, read: InMemoryRead) -> Operation[Rows]:
        if not read.sources:  # constants alone
            with memory_database() as database:
                return database.run(read.sql, read.parameters)
        policy = strictest(source.policy for source in read.sources)
        table = self._main_source(read).meta
        try:
            data = yield from execute_read(table, self.options.alias, read, PolicyOverride(policy))
        finally:
            self.notes |= read.report.as_dict()
        return rows_of(data)

    def _main_source(self, read: InMemoryRead) -> Source:
        """Return the source that the read counts for: that of the query's model, if its rows are needed."""
        own = None if self.query.model is None else table_of(self.query.model)._meta.id
        return next((source for source in read.sources if source.meta.id == own), read.sources[0])

    def plan(self, sql: str, parameters: Sequence[Any]) -> InMemoryRead:
        """Return the plan for this SQL of Django's."""
        settings = connections[self.options.alias].settings
        # A query of constants has no model; one of a migration has those of its moment.
        registry = apps if self.query.model is None else self.query.get_meta().apps
        tables = tables_of(sql, (model for models in registry.all_models.values() for model in models.values()))
        needs = needs_of(self.query, sql, list(tables), self.connection, self.options.translate)
        return InMemoryRead(
            sql=base.FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%"),
            parameters=self._adapted_all(parameters),
            sources=tuple(self._source(need, tables[need.table], sql) for need in needs),
            rows_limit=self.options.rows,
            page_size=settings.page_size,
            room=connections[self.options.alias].room,
            reason=self.reason,
        )

    def _adapted_all(self, parameters: Iterable[Any]) -> tuple[Any, ...]:
        try:
            return tuple(map(adapted, parameters))
        except (DataError, ProgrammingError) as error:
            label = "A query" if self.query.model is None else self.query.model._meta.label
            raise type(error)(f"{label}: {error}") from None

    def _source(self, need: Need, models: list[type[Model]], sql: str) -> Source:
        connection = connections[self.options.alias]
        meta = table_of(models[0])._meta
        if ConnectionRef.of(self.options.alias).credentials is not None:
            # A user's results are cached only when that is asked for.
            policy = (self.options.override or PolicyOverride()).over(CachePolicy(ttl=0))
        else:
            policy = effective_policy(meta.policy or connection.settings.cache.policy, self.options.override)
        return Source(
            meta=meta,
            ref=meta.ref(connection.settings.database_id),
            copy=memory_table(models, self.connection, sql),
            condition=need.condition,
            links=need.links,
            policy=policy,
        )


def compiler_for(
    query: Query, outer: BaseDatabaseWrapper, options: MemoryOptions, reason: str = "", *, elide_empty: bool = True
) -> compiler.SQLCompiler:
    """Return Django's compiler of `query` that answers it in memory, for the connection `outer`.

    Its `connection.memory_query` says what was read.
    """
    settings = {**outer.settings_dict, "NAME": ":memory:", "OPTIONS": {}}
    connection = MemoryDatabaseWrapper(settings, outer.alias)
    connection.memory_query = MemoryQuery(query, outer, connection, options, reason)
    made = cast("compiler.SQLCompiler", query.get_compiler(connection=connection, elide_empty=elide_empty))
    made.is_outermost = True  # type: ignore[attr-defined]
    return made
