"""Export a schema as SQL, Firebase rules or plain text (the JSON of the CLI: `interchange.appwrite_config`)."""

from .firebase import firebase
from .sql import sql
from .text import text

__all__ = ["firebase", "sql", "text"]
