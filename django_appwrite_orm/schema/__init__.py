"""Migrations: read the schema of a server, compare it with the declared tables, change it."""

import warnings
from typing import Any

from .api import migrate_tables, planned_changes
from .declared import DeclaredTable, declared_table, tables_named
from .executor import migrate, plan
from .introspection import read_tables
from .plan import MigrationOptions, MigrationPlan

__all__ = [
    "DeclaredTable",
    "MigrationOptions",
    "MigrationPlan",
    "declared_table",
    "migrate",
    "migrate_tables",
    "plan",
    "planned_changes",
    "read_tables",
    "tables_named",
]

_RENAMED = {"Plan": MigrationPlan, "Rules": MigrationOptions}


def __getattr__(name: str) -> Any:
    if name not in _RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    message = f"{__name__}.{name} is deprecated: it is called {_RENAMED[name].__name__} now."
    warnings.warn(message, DeprecationWarning, stacklevel=2)
    return _RENAMED[name]
