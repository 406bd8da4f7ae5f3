"""Ids of tables and keys of columns for the names that Django's models give them.

Appwrite takes 1 to 36 of A-Z, a-z, 0-9, `.`, `-` and `_`, the first a letter or a digit, and compares them without
case. A dot in a key is not used: Appwrite answers a selection of it wrongly.
"""

from __future__ import annotations

import hashlib
import re

from ..conf import VALID_ID
from ..plans.limits import ID_LENGTH

# The id of the table with the counters of primary keys.
COUNTERS = "django_counters"
_DIGEST = 8
_INVALID = re.compile(r"[^A-Za-z0-9_-]+")
_BEFORE_FIRST = re.compile(r"\A[^A-Za-z0-9]+")


def table_id(db_table: str) -> str:
    """Return the id of the table called `db_table`, which may stand in quotes."""
    name = db_table.strip('"')
    return name if VALID_ID.fullmatch(name) else _replacement(name)


def column_key(name: str) -> str:
    """Return the key of the column called `name`."""
    return name if VALID_ID.fullmatch(name) and "." not in name else _replacement(name)


def index_key(name: str) -> str:
    """Return the key of the index called `name`."""
    return column_key(name)


def _replacement(name: str) -> str:
    """Return a valid name that is made from `name` and the same in every process."""
    digest = hashlib.blake2b(name.encode(), digest_size=_DIGEST // 2).hexdigest()
    readable = _BEFORE_FIRST.sub("", _INVALID.sub("_", name))[: ID_LENGTH - _DIGEST - 1].rstrip("_-")
    return f"{readable or 'x'}_{digest}"
