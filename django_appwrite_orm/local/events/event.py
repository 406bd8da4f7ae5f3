"""One event, as immutable data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: ``action`` to the thing at the end of ``path``, which is ``(("databases", ID), ("tables", ID),
    ("rows", ID))`` or its beginning. ``payload`` is the thing as an answer shows it, ``user_id`` whose request it
    was, empty for keys and guests. ``readers`` are the roles that may read a row.

    ``legacy_first`` says which of two recorded orders the event's names come in (see ``names``).
    """

    path: Path
    action: str
    payload: Mapping[str, Any]
    user_id: str = ""
    readers: frozenset[str] = frozenset()
    legacy_first: bool = False
