"""What a migration may do, and what it is going to."""

from __future__ import annotations

from dataclasses import dataclass, field

from .operations.base import SchemaOperation
from .operations.indexes import UniqueCheck

FLAG = "--allow-destructive"
# What the line of a warning begins with, among the lines that a migration reports.
WARNING = "Warning: "


@dataclass(frozen=True, slots=True)
class MigrationOptions:
    """What a migration may do. `prune`: drop what the server has and nobody declares; `allow_destructive`: lose
    the values of dropped columns and tables, those kept from before a conversion among them."""

    prune: bool = False
    allow_destructive: bool = False


@dataclass(slots=True)
class MigrationPlan:
    """`changes` in a safe order; `surveys`: what the rows must be asked before any is made; `waits`: what Appwrite is
    still at work on; `obstacles`: differences that these changes do not remove, each with a way out; `extras`: what the
    server has and nobody declares; `warnings`: what of that keeps the declared tables from being written.
    `creates_database`: there is none yet."""

    changes: list[SchemaOperation] = field(default_factory=list)
    surveys: list[UniqueCheck] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    creates_database: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.creates_database or self.changes or self.waits or self.obstacles)
