"""Migrations: read the schema of a server, compare it with the declared tables, change it."""

from .declared import declared_table, tables_named
from .executor import migrate, plan
from .introspection import read_tables
from .plan import Plan, Rules

__all__ = [
    "Plan",
    "Rules",
    "declared_table",
    "migrate",
    "plan",
    "read_tables",
    "tables_named",
]
