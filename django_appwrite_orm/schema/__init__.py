"""How a server is made to match the declared tables: read, compare, change, wait."""

from .migration import migrate

__all__ = ["migrate"]
