"""Choose how a query is answered, and have it carried out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import django
from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import DataError, NotSupportedError
from django.db.models.expressions import Col
from django.db.models.query import GET_ITERATOR_CHUNK_SIZE  # type: ignore[attr-defined]
from django.db.models.sql import compiler
from django.db.models.sql.constants import MULTI, SINGLE

from ...plans import Clause
from ..columns import UnpreparedValue, column_of
from ..in_memory.compiler import MemoryOptions, compiler_for
from ..statements import Statement
from .explain import NO_ROWS, explain_in_memory, explain_selection, explanation
from .instances import Instances, use_instances
from .reader import Reader
from .selection import Selected, WholeRows, count, existence, reads_whole_rows, selection, values_of, whole_rows
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
    # What is known of the rows of a query that selects whole ones; set with `select`.
    whole_rows: WholeRows | None = None

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
            label = self.query.model._meta.label
            if str(error).startswith(f"{label}."):  # it names the field
                raise
            raise UnpreparedValue(f"{label}: {error}.") from error
        for name in _OF_A_RESULT & vars(self.inner).keys():
            setattr(self, name, getattr(self.inner, name))
        use_instances(self.klass_info)
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

    def get_select(self, with_col_aliases: bool = False) -> Any:
        """Return what is selected; of whole rows it is made once for all queries."""
        if with_col_aliases or not reads_whole_rows(self.query):
            selected = super().get_select(with_col_aliases)
            use_instances(selected[1])
            return selected
        whole = self.whole_rows = whole_rows(self.query, self.connection.alias, self._whole_rows)
        fields = list(range(len(whole.select)))
        return list(whole.select), {"model": whole.instances.or_model(), "select_fields": fields}, {}

    def _whole_rows(self) -> WholeRows:
        select: list[Any] = super().get_select()[0]
        expressions = [expression for expression, _, _ in select]
        columns: list[Selected] = [(col.alias, (made := column_of(col.target)).key, made) for col in expressions]
        is_converted = bool(super().get_converters(expressions))
        model = self.query.model
        fields = model._meta.concrete_fields
        return WholeRows(fields, select, columns, values_of(columns), is_converted, Instances.of(model))

    def results_iter(
        self,
        results: Any = None,
        tuple_expected: bool = False,
        chunked_fetch: bool = False,
        chunk_size: int = GET_ITERATOR_CHUNK_SIZE,
    ) -> Any:
        if results is None:
            results = self.execute_sql(MULTI, chunked_fetch, chunk_size)
        if self.whole_rows is None or self.whole_rows.is_converted or self.inner is not None:
            return super().results_iter(results, tuple_expected)
        return chain.from_iterable(results)

    def compile(self, node: Any) -> Any:
        """Return what tells expressions apart; of a column no SQL is needed here."""
        return (f"{node.alias}.{node.target.column}", _parameters()) if type(node) is Col else super().compile(node)

    def get_order_by(self) -> Any:
        """Return the order. Raises NotSupportedError for a field that no order takes."""
        query = self.query
        if query.model and not (query.extra_order_by or query.order_by or query.get_meta().ordering):
            return []
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

    def is_direct(self) -> bool:
        """Whether Appwrite answers this query by itself, also with joins that only select; nothing is read."""
        try:
            self._reader()
        except Untranslatable:
            return False
        except (EmptyResultSet, FullResultSet):
            pass
        return True

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
        self.setup_query()
        try:
            return Reader(self.connection, selection(self, self.get_order_by()))
        finally:
            self.query.reset_refcounts(joined)


# What Django makes of the rows of a result.
_OF_A_RESULT = {"annotation_col_map", "col_count", "has_extra_select", "klass_info", "select"}


class SQLAggregateCompiler(SQLCompiler):
    """An aggregate over another query: always answered in memory."""

    def _reader(self) -> Reader:
        raise Untranslatable("an aggregate of another query")
