"""Cache policies: how long results may be reused, and what may be served after that."""

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

    The query that stores an entry sets its times. Later reads of the entry share them.

    Attributes:
        ttl: How long a result may be reused; 0 keeps it out of the cache.
        negative_ttl: How long the result that a row does not exist may be reused; None for the TTL.
        stale_while_revalidate: How long after its TTL a result that no write has touched is still served, marked
            STALE. One reader refreshes it in the background.
        stale_if_error: How long after its TTL a result is served, marked STALE, when Appwrite cannot be reached or
            fails. It is served whatever has been written since, but never in place of 401, 403 or 404.
        largest: Results of more characters of JSON are not stored; None for no bound.
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

    def ttl_of(self, text: str) -> float:
        """Return the seconds that the result with this JSON may be reused; 0 when it must not be stored."""
        if self.largest is not None and len(text) > self.largest:
            return 0
        return self.negative_ttl if text == "null" and self.negative_ttl is not None else self.ttl

    @property
    def grace(self) -> float:
        """The seconds that a result is kept after its TTL."""
        return max(self.stale_while_revalidate, self.stale_if_error)


@dataclass(frozen=True, slots=True)
class PolicyOverride:
    """The changes of a block or a query to its table's policy: another policy, single settings, or both."""

    policy: CachePolicy | None = None
    changes: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, policy: CachePolicy | None, changes: Mapping[str, Any]) -> PolicyOverride:
        """Return an override. Raises TypeError or ValueError for changes that no policy could take."""
        dataclasses.replace(policy or CachePolicy(), **changes)
        return cls(policy, tuple(changes.items()))

    def over(self, policy: CachePolicy) -> CachePolicy:
        """Return `policy` with the changes of this override."""
        return dataclasses.replace(self.policy or policy, **dict(self.changes))


_blocks: ContextValue[tuple[PolicyOverride, ...]] = ContextValue("appwrite_cache_policies", ())


@contextmanager
def cache_policy(policy: CachePolicy | None = None, /, **changes: Any) -> Iterator[None]:
    """Use another policy for the reads of this block and of the tasks it starts, or change settings of the policy.

    `with cache_policy(stale_if_error=60): ...` leaves each table the rest of its own policy. The `.cached()` of a
    query has priority.
    """
    before = _blocks.held()
    _blocks.set((*_blocks.get(), PolicyOverride.of(policy, changes)))
    try:
        yield
    finally:
        _blocks.restore(before)


def effective_policy(policy: CachePolicy, override: PolicyOverride | None = None) -> CachePolicy:
    """Return a table's `policy` with the changes of the `cache_policy` blocks that run here and of the query."""
    for change in _blocks.get() if _blocks.held() else ():
        policy = change.over(policy)
    return policy if override is None else override.over(policy)
