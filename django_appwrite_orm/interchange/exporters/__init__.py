"""Exporters of a schema: SQL, Firebase rules, plain text; `appwrite_config` has the JSON of Appwrite's CLI."""

from .firebase import firebase
from .sql import sql
from .text import text

__all__ = ["firebase", "sql", "text"]
