"""How long answers may be reused: the policy of a connection, a table or one query."""

from __future__ import annotations

from dataclasses import dataclass

# The caching guide's five minutes.
DEFAULT_TTL = 300.0


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """`ttl` is the life of an answer in seconds; 0 keeps it out of the cache."""

    ttl: float = DEFAULT_TTL

    def __post_init__(self) -> None:
        if isinstance(self.ttl, bool) or not isinstance(self.ttl, (int, float)) or not 0 <= self.ttl < float("inf"):
            raise ValueError(f"CachePolicy: ttl must be a number of seconds, 0 or more, not {self.ttl!r}.")
