"""How a server is made to match the declared tables: read, compare, change, wait. And what else is made of a
schema: source code, exports, dumps."""

from .config import config_of, tables_of
from .declared import declared_table, tables_named
from .migration import migrate, plan
from .planned import Plan, Rules
from .server import read_tables
from .source import source

__all__ = [
    "Plan",
    "Rules",
    "config_of",
    "declared_table",
    "migrate",
    "plan",
    "read_tables",
    "source",
    "tables_named",
    "tables_of",
]
