"""How long answers may be reused, and what may be served when they no longer are: one object that says it all."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

# The caching guide's five minutes.
DEFAULT_TTL = 300.0


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """The policy of a connection, a table, a block of code or one query. All times are in seconds.

    `ttl`: the life of an answer; 0 keeps it out of the cache. `negative_ttl`: the life of the answer that a
    row does not exist (None: `ttl`). `stale_while_revalidate`: so long after its life an answer that no write
    has touched is still served, marked STALE, while one reader fetches it anew in the background.
    `stale_if_error`: so long after its life an answer is served, marked STALE, when Appwrite cannot be reached
    or cannot answer, whatever has been written since; never in place of 401, 403 or 404. `largest`: answers of
    more characters of JSON are not stored (None: no bound).
    """

    ttl: float = DEFAULT_TTL
    negative_ttl: float | None = None
    stale_while_revalidate: float = 0
    stale_if_error: float = 0
    largest: int | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
                raise ValueError(f"CachePolicy: {field.name} must be a number, 0 or more, not {value!r}.")

    def life(self, text: str) -> float:
        """Seconds that the answer with this JSON may be reused; 0 when it must not be stored."""
        if self.largest is not None and len(text) > self.largest:
            return 0
        return self.negative_ttl if text == "null" and self.negative_ttl is not None else self.ttl

    @property
    def grace(self) -> float:
        """Seconds that an answer is kept after its life."""
        return max(self.stale_while_revalidate, self.stale_if_error)


_current: ContextVar[CachePolicy | None] = ContextVar("appwrite_cache_policy", default=None)


@contextmanager
def cache_policy(policy: CachePolicy | None = None, /, **changes: Any) -> Iterator[None]:
    """Use `policy`, or the default one with these changes, for the reads of this block, in this thread or task.

    `with cache_policy(ttl=60): ...`. It goes before the policies of tables and connections; a query that was
    given its own with `.cached()` keeps it.
    """
    before = _current.set(dataclasses.replace(policy or CachePolicy(), **changes))
    try:
        yield
    finally:
        _current.reset(before)


def policy_in_force() -> CachePolicy | None:
    """The policy of the `cache_policy` block that runs here, if one does."""
    return _current.get()
