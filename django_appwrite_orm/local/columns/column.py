"""A column of a table, as immutable data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .kinds import RELATIONSHIP, ColumnKind, kind_of

AVAILABLE: Final = "available"
PROCESSING: Final = "processing"
STUCK: Final = "stuck"


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is stored. ``size`` counts characters and is 0 for kinds without one.

    ``options`` holds what only some kinds have: format, default, min, max, elements, encrypt, narrow (a 32-bit
    integer), unsigned, kept (a default that is applied and no longer shown), and the ends of a relationship.
    """

    number: int
    key: str
    type: str
    size: int
    required: bool
    array: bool
    status: str
    error: str
    options: Mapping[str, Any]
    created: str
    updated: str
    kind: ColumnKind = field(init=False, repr=False, compare=False)  # looked up once, because every value needs it

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", kind_of(self.type, self.format))

    @property
    def format(self) -> str:
        return str(self.options.get("format", ""))

    @property
    def default(self) -> Any:
        """The value of a new row that does not name the column."""
        return self.options.get("kept", self.options.get("default"))

    @property
    def encrypted(self) -> bool:
        """Whether the client asked for encryption, which hides the column from queries."""
        return bool(self.options.get("encrypt"))

    @property
    def narrow(self) -> bool:
        """Whether the database stores 32 bits."""
        return bool(self.options.get("narrow"))

    @property
    def is_relationship(self) -> bool:
        return self.kind is RELATIONSHIP

    @property
    def is_text(self) -> bool:
        return self.kind.is_text

    @property
    def is_folded(self) -> bool:
        """Whether a shadow column holds this column's text in folded form, for filters and order."""
        return self.is_text and not self.array and not self.encrypted

    @property
    def width(self) -> int:
        """The bytes that the column takes of a row on MariaDB."""
        return self.kind.width_of(self)

    @property
    def stored(self) -> str:
        """The name of the SQLite column with the values."""
        return f"c{self.number}"

    @property
    def shadow(self) -> str:
        """The name of the SQLite column with the folded values."""
        return f"f{self.number}"


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column to be created."""

    key: str
    type: str
    required: bool = False
    array: bool = False
    size: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def draft(self) -> Column:
        """Return the column that it would become, for checks in advance."""
        return Column(0, self.key, self.type, self.size, self.required, self.array, AVAILABLE, "", self.options, "", "")
