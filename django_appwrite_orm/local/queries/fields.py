"""The fields of a list that queries may name, and their SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..columns.kinds import ColumnKind


@dataclass(frozen=True, slots=True)
class Field:
    """One field to filter and order by.

    - ``sql``: its values. ``folded``: their folded form, empty for a field that is not compared as text.
    - ``narrow``: an integer of 32 bits. ``indexed``: an index begins with it.
    - ``fulltext_table``: the full-text table of its index, empty without one.
    - ``through``: for a field of related rows, the condition on them, with ``{}`` for the field's own.
      ``through_values``: the values that it binds after the field's.
    """

    name: str
    kind: ColumnKind
    sql: str
    folded: str = ""
    array: bool = False
    encrypted: bool = False
    narrow: bool = False
    indexed: bool = False
    fulltext_table: str = ""
    through: str = ""
    through_values: tuple[Any, ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether values are compared as texts."""
        return bool(self.folded)

    @property
    def comparable(self) -> str:
        """The SQL expression for equality and order."""
        return self.folded or self.sql


@dataclass(frozen=True, slots=True)
class Source:
    """A list: an SQLite table, the condition for the part of it that is listed, and its fields.

    ``sequence`` is the column of the default order and of ties, ``key`` the folded column of cursors.
    """

    table: str
    fields: Mapping[str, Field]
    sequence: str
    key: str
    scope: str = "1"
    scope_values: tuple[Any, ...] = field(default=())
