"""A schema in the words of others: SQL, Firebase rules, plain text. (The CLI's JSON is `schema.config`.)"""

from .firebase import firebase
from .sql import sql
from .text import text

__all__ = ["firebase", "sql", "text"]
