"""The stored form of an answer: a line of JSON with its tokens and end, then the answer's own JSON.

The text is parsed, never unpickled; anything else found under the key counts as a miss.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import NamedTuple

from .process_cache import Remembered, size_of


class CacheEntry(NamedTuple):
    """`tokens` are the versions of the tables read, in the plan's order; `expires` is in epoch seconds."""

    tokens: tuple[str, ...]
    expires: float
    text: str

    def opened(self) -> Remembered | None:
        """Parse the answer; None when it is not JSON."""
        try:
            data = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        return Remembered(self.tokens, self.expires, data, size_of(data))


def pack(envelope: CacheEntry) -> str:
    return f"{json.dumps([envelope.tokens, envelope.expires])}\n{envelope.text}"


def unpack(found: object) -> CacheEntry | None:
    """Return the entry, its answer not parsed yet; None for anything that is not an entry."""
    if not isinstance(found, str):
        return None
    head, _, text = found.partition("\n")
    try:
        tokens, expires = json.loads(head)
        envelope = CacheEntry(tuple(map(str, tokens)), float(expires), text)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return envelope if isfinite(envelope.expires) else None
