"""An answer as it lies in the cache: a line of JSON that says what it is worth, then the answer's own JSON.

Text made and parsed here, never pickled by us: whatever else is found under the key counts as a miss.
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
        """The answer, parsed only now; None when it is not JSON after all."""
        try:
            data = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        return Remembered(self.tokens, self.expires, data, size_of(data))


def pack(envelope: CacheEntry) -> str:
    return f"{json.dumps([envelope.tokens, envelope.expires])}\n{envelope.text}"


def unpack(found: object) -> CacheEntry | None:
    """The envelope, its answer still closed; None for anything that is not one."""
    if not isinstance(found, str):
        return None
    head, _, text = found.partition("\n")
    try:
        tokens, expires = json.loads(head)
        envelope = CacheEntry(tuple(map(str, tokens)), float(expires), text)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return envelope if isfinite(envelope.expires) else None
