"""Choose how a query is answered, and have it carried out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django
from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import DataError, NotSupportedError
from django.db.models.expressions import Col
from django.db.models.query import GET_ITERATOR_CHUNK_SIZE  # type: ignore[attr-defined]
from django.db.models.sql import compiler
from django.db.models.sql.constants import MULTI, SINGLE

from ...plans import Clause
from ..columns import UnpreparedValue
from ..in_memory.compiler import MemoryOptions, compiler_for
from ..statements import Statement
from .explain import NO_ROWS, explain_in_memory, explain_selection, explanation
from .reader import Reader
from .selection import count, existence, selection
from .untranslatable import Untranslatable
from .where import where_clause

# What Django's expressions have for parameters; lookups add it to other ones.
_parameters = tuple if django.VERSION >= (6, 0) else list


class SQLCompiler(compiler.SQLCompiler):
    """Answers a query by requests of its own, where Appwrite can; the in-memory strategy answers the others.

    `inner` is the compiler of Django's SQLite backend that has answered in memory: its results are as SQLite has them.
    """

    connection: Any
    query: Any
    elide_empty: bool
    inner: Any = None

    def execute_sql(  # type: ignore[override]
        self, result_type: str = MULTI, chunked_fetch: bool = False, chunk_size: int = GET_ITERATOR_CHUNK_SIZE
    ) -> Any:
        chunked_fetch = chunked_fetch and self.connection.features.can_use_chunked_reads
        try:
            chunks = self._chunks(chunked=chunked_fetch)
        except (EmptyResultSet, FullResultSet):
            return iter(()) if result_type == MULTI else None
        except Untranslatable as reason:
            return self.execute_in_memory(str(reason), result_type, chunked_fetch, chunk_size)
        if result_type == SINGLE:
            return next((row for rows in chunks for row in rows), None)
        if result_type != MULTI:
            for _ in chunks:
                pass
            return None
        return chunks if chunked_fetch else list(chunks)

    def execute_in_memory(self, reason: str, result_type: str, chunked_fetch: bool, chunk_size: int) -> Any:
        """Answer a query that Appwrite cannot answer by itself, for this reason. Raises NotSupportedError."""
        self.inner = self.in_memory(reason)
        try:
            result = self.inner.execute_sql(result_type, chunked_fetch, chunk_size)
        except OverflowError as error:  # a value that SQLite does not hold, such as a point in time without a date
            raise DataError(f"{self.query.model._meta.label}: {error}.") from error
        except UnpreparedValue as error:
            raise UnpreparedValue(f"{self.query.model._meta.label}: {error}.") from error
        for name in _OF_A_RESULT & vars(self.inner).keys():
            setattr(self, name, getattr(self.inner, name))
        return result

    def in_memory(self, reason: str) -> compiler.SQLCompiler:
        """Return the compiler that answers the query in memory. Raises NotSupportedError where that is not allowed."""
        connection = self.connection
        if connection.options.in_memory == "refuse":
            raise NotSupportedError(
                f"{self.query.model._meta.label}: Appwrite cannot answer this query by itself ({reason}), and"
                f" OPTIONS['in_memory'] of DATABASES[{connection.alias!r}] refuses to answer it in memory."
            )

        def translate(condition: Any, query: Any, alias: str) -> Clause | None:
            try:
                return where_clause(condition, alias, connection)
            except Untranslatable:
                return None

        options = MemoryOptions(connection.using, connection.options.rows, translate, connection.override)
        return compiler_for(self.query, connection, options, reason, elide_empty=self.elide_empty)

    def compile(self, node: Any) -> Any:
        """Return what tells expressions apart; of a column no SQL is needed here."""
        return (f"{node.alias}.{node.target.column}", _parameters()) if type(node) is Col else super().compile(node)

    def get_order_by(self) -> Any:
        """Return the order. Raises NotSupportedError for a field that no order takes."""
        ordered: Any = super().get_order_by()
        for expression, _ in ordered:
            for source in expression.get_source_expressions():
                if isinstance(source, Col) and (reason := getattr(source.target, "refusal", None)) is not None:
                    raise NotSupportedError(reason)
        return ordered

    def has_results(self) -> bool:
        try:
            return Reader(self.connection, existence(self)).exists()
        except EmptyResultSet:
            return False
        except Untranslatable as reason:
            return bool(self.execute_in_memory(str(reason), SINGLE, False, GET_ITERATOR_CHUNK_SIZE))

    def get_converters(self, expressions: Any) -> Any:
        return super().get_converters(expressions) if self.inner is None else self.inner.get_converters(expressions)

    def apply_converters(self, rows: Any, converters: Any) -> Any:
        if self.inner is not None:
            return self.inner.apply_converters(rows, converters)
        return super().apply_converters(rows, converters)

    def explain_query(self) -> Iterator[str]:
        """Yield the lines of `explain()`; nothing is read. Raises ValueError for a format and for options."""
        asked = self.query.explain_info
        prefix = self.connection.ops.explain_query_prefix(asked.format, **asked.options)
        query = self.query.clone()
        query.explain_info = None
        lines = list(query.get_compiler(connection=self.connection).explained())
        yield from self.connection.run(Statement.of(f"{prefix} {query.model._meta.db_table}", explanation(lines)))

    def explained(self) -> Iterator[str]:
        """Yield how this query would be answered."""
        try:
            yield from explain_selection(self._reader().selection, self.connection.appwrite.settings.page_size)
        except Untranslatable as reason:
            inner: Any = self.in_memory(str(reason))
            yield from explain_in_memory(inner.connection.memory_query.plan(*inner.as_sql()))
        except (EmptyResultSet, FullResultSet):
            yield NO_ROWS

    def _chunks(self, *, chunked: bool) -> Iterator[list[tuple[Any, ...]]]:
        """Return the result, in parts that are read when they are used if it is `chunked`.

        Raises Untranslatable, before anything is read.
        """
        if (counted := count(self)) is not None:
            self.setup_query()
            self.col_count = 1
            return iter([[(Reader(self.connection, counted).count(),)]])
        reader = self._reader()
        return reader.chunks() if chunked else iter([reader.rows()])

    def _reader(self) -> Reader:
        """Return what reads the rows of this query. Raises Untranslatable."""
        joined = self.query.alias_refcount.copy()
        _, order_by, _ = self.pre_sql_setup()
        try:
            return Reader(self.connection, selection(self, order_by))
        finally:
            self.query.reset_refcounts(joined)


# What Django makes of the rows of a result.
_OF_A_RESULT = {"annotation_col_map", "col_count", "has_extra_select", "klass_info", "select"}


class SQLAggregateCompiler(SQLCompiler):
    """An aggregate over another query: always answered in memory."""

    def _reader(self) -> Reader:
        raise Untranslatable("an aggregate of another query")
