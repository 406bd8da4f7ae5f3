"""Where answers live, and the protocol that keeps them exact: keys, tokens, fences, envelopes."""

from .keys import Keys, TableKeys
from .policy import DEFAULT_TTL, CachePolicy
from .reading import Found, Status, is_current, read
from .record import ReadRecord, note_read, recording
from .store import Store
from .writing import fence_life, invalidate, write

__all__ = [
    "DEFAULT_TTL",
    "CachePolicy",
    "Found",
    "Keys",
    "ReadRecord",
    "Status",
    "Store",
    "TableKeys",
    "fence_life",
    "invalidate",
    "is_current",
    "note_read",
    "read",
    "recording",
    "write",
]
