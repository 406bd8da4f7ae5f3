"""Databases, tables and indexes as immutable data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..columns.column import AVAILABLE, Column


@dataclass(frozen=True, slots=True)
class Database:
    """A database; ``number`` identifies it in the store."""

    number: int
    id: str
    name: str
    enabled: bool
    type: str
    created: str
    updated: str


@dataclass(frozen=True, slots=True)
class Index:
    """An index; ``columns`` are column keys or system names such as $createdAt."""

    number: int
    key: str
    type: str
    columns: tuple[str, ...]
    lengths: tuple[int, ...]
    orders: tuple[str, ...]
    status: str
    error: str
    created: str
    updated: str


@dataclass(frozen=True)
class Table:
    """A table with its columns and indexes, in the order of their creation."""

    number: int
    database: Database
    id: str
    name: str
    permissions: tuple[str, ...]
    row_security: bool
    enabled: bool
    created: str
    updated: str
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...]
    hidden: tuple[Column, ...] = ()  # this side of one-way relationships of other tables
    # Values that modules above compute from the table and its schema, cached for as long as the table is.
    derived: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def rows_name(self) -> str:
        """The SQLite table with the rows."""
        return f"t{self.number}"

    @property
    def permissions_name(self) -> str:
        """The SQLite table with the rows' permissions, one role per line."""
        return f"p{self.number}"

    @cached_property
    def by_key(self) -> Mapping[str, Column]:
        """The columns by their keys."""
        return {column.key: column for column in self.columns}

    @cached_property
    def plain(self) -> tuple[Column, ...]:
        """The columns of the row itself: all but relationships, which rows show on request."""
        return tuple(column for column in self.columns if not column.is_relationship)

    @cached_property
    def has_encoded(self) -> bool:
        """Whether the stored form of a column's values differs from the one they are sent in."""
        return any(column.encrypted or column.kind.is_spatial for column in self.plain)

    @cached_property
    def relationships(self) -> tuple[Column, ...]:
        """The relationship columns, whatever their status."""
        return tuple(column for column in self.columns if column.is_relationship)

    @cached_property
    def linked(self) -> tuple[Column, ...]:
        """Every relationship with links: the available ones of this table, the hidden sides of others'."""
        working = tuple(column for column in self.relationships if column.status == AVAILABLE)
        return working + self.hidden
