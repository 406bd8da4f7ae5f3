"""The part CACHE of a connection: where its answers are kept, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from ..caching import CachePolicy
from .keys import Key, Problem, is_unsendable, key_problems, shown

CACHE_KEYS = {
    "ALIAS": Key((str,), "default"),
    "TTL": Key((int, float), CachePolicy().ttl, minimum=0),
    "PREFIX": Key((str,), "appwrite"),
    "NEGATIVE_TTL": Key((int, float), None, minimum=0),
    "STALE_WHILE_REVALIDATE": Key((int, float), 0, minimum=0),
    "STALE_IF_ERROR": Key((int, float), 0, minimum=0),
    "LARGEST": Key((int,), None, minimum=1),
    "MEMORY": Key((int,), 4 * 1024 * 1024, minimum=0),
    "TRUST": Key((int, float), 0, minimum=0),
    "PER_REQUEST": Key((bool,), False),
}
# Memcached's keys end at 250 characters; ours need some 50 besides Django's own prefix.
LONGEST_PREFIX = 100


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """`memory` in bytes and `trust` in seconds are those of the answers this process remembers."""

    alias: str = "default"
    prefix: str = "appwrite"
    policy: CachePolicy = field(default_factory=CachePolicy)
    memory: int = 4 * 1024 * 1024
    trust: float = 0.0
    per_request: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> CacheSettings:
        """From the dict CACHE, in which no problem was found."""
        values = {key: given.get(key, spec.default) for key, spec in CACHE_KEYS.items()}
        policy = CachePolicy(
            ttl=values["TTL"],
            negative_ttl=values["NEGATIVE_TTL"],
            stale_while_revalidate=values["STALE_WHILE_REVALIDATE"],
            stale_if_error=values["STALE_IF_ERROR"],
            largest=values["LARGEST"],
        )
        return cls(
            alias=values["ALIAS"],
            prefix=values["PREFIX"],
            policy=policy,
            memory=values["MEMORY"],
            trust=values["TRUST"],
            per_request=values["PER_REQUEST"],
        )


def cache_problems(where: str, given: Any) -> Iterator[Problem]:
    """Everything wrong with the dict CACHE; that it is no dict is said by others."""
    if not isinstance(given, dict):
        return
    yield from key_problems(where, given, CACHE_KEYS)
    alias, prefix = given.get("ALIAS", "default"), given.get("PREFIX", "")
    if isinstance(alias, str) and alias not in settings.CACHES:
        hint = f"Add it to CACHES, or name one of: {', '.join(sorted(settings.CACHES))}."
        yield Problem("E006", f"{where}: there is no cache {shown(alias)} in CACHES.", hint)
    if isinstance(prefix, str) and (len(prefix) > LONGEST_PREFIX or is_unsendable(prefix)):
        hint = f"Use at most {LONGEST_PREFIX} printable ASCII characters without spaces, as memcached's keys demand."
        yield Problem("E003", f"{where}: PREFIX cannot be part of a cache key.", hint)
