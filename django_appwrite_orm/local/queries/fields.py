"""What may be asked of a list: its fields, and where SQLite keeps each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..columns.kinds import ColumnKind


@dataclass(frozen=True, slots=True)
class Field:
    """A filterable, orderable thing.

    ``sql`` names its values, ``folded`` their folded form where it is text (empty where it cannot be compared as
    text); ``narrow`` says a whole number of 32 bits, ``indexed`` that an index begins with it; ``words`` is the
    full-text table where it has an index. A field of related rows has in ``through`` the condition that leads there,
    with a place for its own, and in ``through_values`` what that binds after it.
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
        return bool(self.folded)

    @property
    def comparable(self) -> str:
        """The SQL expression that equality and order go by."""
        return self.folded or self.sql


@dataclass(frozen=True, slots=True)
class Source:
    """Something that can be listed: an SQLite table, the part of it that belongs to the list, and its fields.

    ``sequence`` is the column of the default order and of ties, ``key`` the folded column cursors look up.
    """

    table: str
    fields: Mapping[str, Field]
    sequence: str
    key: str
    scope: str = "1"
    scope_values: tuple[Any, ...] = field(default=())
