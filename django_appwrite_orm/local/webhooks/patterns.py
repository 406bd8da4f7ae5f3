"""The event names that a webhook may be registered for.

Recorded: a name may end at any of its parts, with or without an action; ``upsert`` is not an action here, and names
of the newer family (``tablesdb``) are refused. This server has no other service of Appwrite's than databases, so
names of other services are refused too.
"""

from __future__ import annotations

from typing import Any, Final

from ..api.identifiers import is_identifier

_ACTIONS: Final = frozenset({"create", "update", "delete"})
_PARTS: Final = {"tables": ("rows", "columns", "indexes"), "collections": ("documents", "attributes", "indexes")}


def event_name(value: Any) -> str:
    """Check the name of an event. Raises ``ValueError``."""
    parts = value.split(".") if isinstance(value, str) else []
    if parts and parts[-1] in _ACTIONS:
        parts.pop()
    kinds, ids = parts[::2], parts[1::2]
    if not _is_path(kinds, ids) or len(value.split(".")) < 2:
        raise ValueError(
            "expected a name such as databases.*.tables.*.rows.*, optionally followed by .create, .update or .delete"
        )
    return str(value)


def _is_path(kinds: list[str], ids: list[str]) -> bool:
    if not 1 <= len(kinds) <= 3 or kinds[0] != "databases" or not all(id == "*" or is_identifier(id) for id in ids):
        return False
    return len(kinds) == 1 or (kinds[1] in _PARTS and (len(kinds) == 2 or kinds[2] in _PARTS[kinds[1]]))
