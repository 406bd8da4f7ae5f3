"""How a server is made to match the declared tables: read, compare, change, wait."""

from .compare import Plan, Rules
from .declared import tables_named
from .migration import migrate, plan

__all__ = ["Plan", "Rules", "migrate", "plan", "tables_named"]
