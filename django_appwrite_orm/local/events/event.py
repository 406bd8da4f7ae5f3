"""One event, as immutable data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One change.

    - ``path``: ``(("databases", ID), ("tables", ID), ("rows", ID))`` or its beginning; ``action`` applies to its end.
    - ``payload``: what was changed, as a response shows it.
    - ``user_id``: the user whose request it was, empty for keys and guests.
    - ``readers``: the roles that may read a row.
    - ``legacy_first``: which of two recorded orders the event's names have (see ``names``).
    """

    path: Path
    action: str
    payload: Mapping[str, Any]
    user_id: str = ""
    readers: frozenset[str] = frozenset()
    legacy_first: bool = False
