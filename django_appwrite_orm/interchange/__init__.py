"""Dump rows to files and load them, as JSON Lines or in the format of the TypeScript appwrite-orm."""

from .dump import dump
from .load import Summary, load
from .reader import Entry, entries

__all__ = ["Entry", "Summary", "dump", "entries", "load"]
