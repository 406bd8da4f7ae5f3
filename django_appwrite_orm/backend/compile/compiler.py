"""Choose how a query is answered, and have it carried out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import NotSupportedError
from django.db.models.query import GET_ITERATOR_CHUNK_SIZE  # type: ignore[attr-defined]
from django.db.models.sql import compiler
from django.db.models.sql.constants import MULTI, SINGLE

from .read import Reader
from .select import count, existence, selection
from .untranslatable import Untranslatable


class SQLCompiler(compiler.SQLCompiler):
    """Answers a query by requests of its own, where Appwrite can; the in-memory strategy answers the others.

    `inner` is the compiler of Django's SQLite backend that has answered in memory: its results are as SQLite has them.
    """

    connection: Any
    query: Any
    inner: compiler.SQLCompiler | None = None

    def execute_sql(  # type: ignore[override]
        self, result_type: str = MULTI, chunked_fetch: bool = False, chunk_size: int = GET_ITERATOR_CHUNK_SIZE
    ) -> Any:
        try:
            chunks = self._chunks()
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
        """Answer a query that Appwrite cannot answer, for this reason. Raises NotSupportedError."""
        raise NotSupportedError(f"{self.query.model._meta.label}: Appwrite cannot answer this query: {reason}.")

    def has_results(self) -> bool:
        try:
            return Reader(self.connection, existence(self)).exists()
        except EmptyResultSet:
            return False
        except Untranslatable as reason:
            return bool(self.execute_in_memory(str(reason), SINGLE, False, GET_ITERATOR_CHUNK_SIZE))

    def get_converters(self, expressions: Any) -> Any:
        return super().get_converters(expressions) if self.inner is None else self.inner.get_converters(expressions)

    def _chunks(self) -> Iterator[list[tuple[Any, ...]]]:
        """Return the pages of the result. Raises Untranslatable, before anything is read."""
        if (counted := count(self)) is not None:
            self.setup_query()
            self.col_count = 1
            return iter([[(Reader(self.connection, counted).count(),)]])
        _, order_by, _ = self.pre_sql_setup()
        return Reader(self.connection, selection(self, [(one, sql) for one, sql in order_by])).chunks()


class SQLAggregateCompiler(SQLCompiler):
    """An aggregate over another query: always answered in memory."""

    def _chunks(self) -> Iterator[list[tuple[Any, ...]]]:
        raise Untranslatable("an aggregate of another query")
