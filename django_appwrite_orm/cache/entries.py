"""The stored form of a result: a line of JSON with its tokens and end, then the result's own JSON.

The text is parsed, never unpickled; anything else found under the key counts as a miss.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import NamedTuple

from .process_cache import DecodedEntry


class CacheEntry(NamedTuple):
    """`tokens` are the versions of the tables read, in the plan's order; `expires` is in epoch seconds."""

    tokens: tuple[str, ...]
    expires: float
    text: str

    def decode(self) -> DecodedEntry | None:
        """Parse the result; None when it is not JSON."""
        try:
            data = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        return DecodedEntry(self.tokens, self.expires, data)


def pack(entry: CacheEntry) -> str:
    """Return the text under which an entry is stored."""
    return f"{json.dumps([entry.tokens, entry.expires])}\n{entry.text}"


def unpack(value: object) -> CacheEntry | None:
    """Return the entry, its result not parsed yet; None for anything that is not an entry."""
    if not isinstance(value, str):
        return None
    head, _, text = value.partition("\n")
    try:
        tokens, expires = json.loads(head)
        entry = CacheEntry(tuple(map(str, tokens)), float(expires), text)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return entry if isfinite(entry.expires) else None
