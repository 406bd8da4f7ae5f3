"""The two vocabularies of the API: tables, rows, columns; collections, documents, attributes.

Appwrite serves both from the same data (1.8 and later). Handlers use the names of TablesDB, and the ``Dialect`` of
the route for names that a client sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Dialect:
    """The names that one family of routes uses in bodies, responses and error types."""

    table: str
    row: str
    column: str
    error_prefixes: tuple[tuple[str, str], ...] = ()

    @property
    def tables(self) -> str:
        return self.table + "s"

    @property
    def rows(self) -> str:
        return self.row + "s"

    @property
    def columns(self) -> str:
        return self.column + "s"

    @property
    def table_id(self) -> str:
        return "$" + self.table + "Id"

    @property
    def row_security(self) -> str:
        return self.row + "Security"

    def error_type(self, type: str) -> str:
        """Return the error type of this dialect for one of TablesDB."""
        for ours, theirs in self.error_prefixes:
            if type.startswith(ours):
                return theirs + type[len(ours) :]
        return type


TABLESDB: Final = Dialect("table", "row", "column")
LEGACY: Final = Dialect(
    "collection",
    "document",
    "attribute",
    (("column_index_", "index_"), ("column_", "attribute_"), ("table_", "collection_"), ("row_", "document_")),
)
