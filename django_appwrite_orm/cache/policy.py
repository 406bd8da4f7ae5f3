"""Cache policies: how long answers may be reused, and what may be served after that."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..threads import ContextValue

# The caching guide's five minutes.
DEFAULT_TTL = 300.0


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """The policy of a connection, a table, a block of code or one query. All times are in seconds.

    Lives are those of the answers that a read under this policy fetches; who asks the same later shares them.
    `ttl`: the life of an answer; 0 keeps it out of the cache. `negative_ttl`: the life of the answer that a
    row does not exist (None: `ttl`). `stale_while_revalidate`: so long after its life an answer that no write
    has touched is still served, marked STALE, while one reader refreshes it in the background.
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
        """Return the seconds that the answer with this JSON may be reused; 0 when it must not be stored."""
        if self.largest is not None and len(text) > self.largest:
            return 0
        return self.negative_ttl if text == "null" and self.negative_ttl is not None else self.ttl

    @property
    def grace(self) -> float:
        """The seconds that an answer is kept after its TTL."""
        return max(self.stale_while_revalidate, self.stale_if_error)


@dataclass(frozen=True, slots=True)
class PolicyOverride:
    """What a block or a query changes of its table's policy: another policy, single settings, or both."""

    policy: CachePolicy | None = None
    changes: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, policy: CachePolicy | None, changes: Mapping[str, Any]) -> PolicyOverride:
        """Raises TypeError or ValueError here and now for changes that no policy could take."""
        dataclasses.replace(policy or CachePolicy(), **changes)
        return cls(policy, tuple(changes.items()))

    def over(self, policy: CachePolicy) -> CachePolicy:
        return dataclasses.replace(self.policy or policy, **dict(self.changes))


_blocks: ContextValue[tuple[PolicyOverride, ...]] = ContextValue("appwrite_cache_policies", ())


@contextmanager
def cache_policy(policy: CachePolicy | None = None, /, **changes: Any) -> Iterator[None]:
    """For the reads of this block, and of the tasks it starts: use `policy`, or change what holds already.

    `with cache_policy(stale_if_error=60): ...` leaves each table the rest of its own policy. What a query was
    given by `.cached()` goes before it.
    """
    before = _blocks.held()
    _blocks.set((*_blocks.get(), PolicyOverride.of(policy, changes)))
    try:
        yield
    finally:
        _blocks.restore(before)


def effective_policy(policy: CachePolicy, asked: PolicyOverride | None = None) -> CachePolicy:
    """A table's `policy` with what the `cache_policy` blocks that run here say, and the query itself."""
    for change in (*_blocks.get(), *([asked] if asked is not None else [])):
        policy = change.over(policy)
    return policy
