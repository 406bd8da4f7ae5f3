"""An answer as it lies in the cache: a line of JSON that says what it is worth, then the answer's own JSON.

Text made and parsed here, never pickled by us: whatever else is found under the key counts as a miss.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Envelope(NamedTuple):
    """`tokens` are the versions of the tables read, in the plan's order; `expires` is in epoch seconds."""

    tokens: tuple[str, ...]
    expires: float
    data: Any


def pack(tokens: tuple[str, ...], expires: float, text: str) -> str:
    return f"{json.dumps([list(tokens), expires])}\n{text}"


def unpack(found: object, tokens: tuple[str, ...], now: float) -> Envelope | None:
    """The envelope, if it was stored under exactly these tokens and lives; the answer is parsed only then."""
    if not isinstance(found, str):
        return None
    head, _, text = found.partition("\n")
    try:
        stored, expires = json.loads(head)
        if tuple(stored) != tokens or not now < expires:
            return None
        return Envelope(tokens, expires, json.loads(text))
    except (ValueError, TypeError):
        return None
