"""Rows in files: out of a database and into one, as JSON Lines or in the form of the TypeScript appwrite-orm."""

from .dump import dump
from .load import Summary, load
from .reader import Entry, entries

__all__ = ["Entry", "Summary", "dump", "entries", "load"]
