"""The options of a migration and its plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .operations.base import SchemaOperation
from .operations.indexes import UniqueCheck

FLAG = "--allow-destructive"
# The start of a warning among the lines that a migration reports.
WARNING = "Warning: "


@dataclass(frozen=True, slots=True)
class MigrationOptions:
    """What a migration may do.

    `prune`: drop tables, columns and indexes that are not declared. `allow_destructive`: delete the values of dropped
    columns and tables, and the values kept from before a conversion.
    """

    prune: bool = False
    allow_destructive: bool = False


@dataclass(slots=True)
class MigrationPlan:
    """The differences between declared tables and a server.

    `changes`: operations in a safe order. `surveys`: checks of rows before the first change. `waits`: what Appwrite is
    still building or deleting. `obstacles`: differences that these changes do not remove, each with advice. `extras`:
    what the server has and no class declares. `of_models`: the ids of tables that belong to models. `warnings`: those
    of the extras that block writes to declared tables.
    `creates_database`: the database does not exist yet.
    """

    changes: list[SchemaOperation] = field(default_factory=list)
    surveys: list[UniqueCheck] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)
    of_models: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    creates_database: bool = False

    def left_alone(self, *, verbose: bool = False) -> Iterator[str]:
        """Yield a line for each of the extras, and one for all tables of models, with their ids if it is `verbose`."""
        for extra in self.extras:
            yield f"Not declared, left alone: {extra}"
        if self.of_models:
            count = len(self.of_models)
            tables = "1 table of a model" if count == 1 else f"{count} tables of models"
            ids = f" ({', '.join(self.of_models)})" if verbose else ""
            yield f"Not declared, left alone: {tables}{ids}, which manage.py migrate changes"

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do; extras and warnings do not count."""
        return not (self.creates_database or self.changes or self.waits or self.obstacles)
