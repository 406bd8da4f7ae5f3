"""Build the cache keys of results and of table versions.

Every part that could be long, foreign or hostile is hashed, so that a key stays below memcached's 250
characters and holds no secret. Token, lease and in-doubt keys depend on the store alone: every
process, version and identity must use the same ones, which is why the stored names `lane` and `doubt` stay.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import NamedTuple

# The identity that all API keys share: each of them sees every row.
API_KEY = "key"

# The version of the entry format. Raise it when the format changes: entries of other versions are then ignored.
FORMAT = 2

# The bytes of a digest.
_DIGEST_SIZE = 16

# The leases of each table: so many writers can be under way at once before one has to set an in-doubt marker.
LEASES = 4

# The TTLs of in-doubt markers (seconds). No writer may shorten another's marker, and caches cannot extend a TTL without
# knowing it: each TTL has its own key, and every writer sets the same TTL for a key.
IN_DOUBT_TTLS = (30, 80, 320)


class InDoubt(NamedTuple):
    """The key of an in-doubt marker, and its TTL in seconds."""

    key: str
    ttl: int


class TableKeys(NamedTuple):
    """The version and fence keys of one table; `read` and `write` use them."""

    token: str
    leases: tuple[str, ...]
    in_doubt: str
    in_doubt_long: str
    in_doubt_longest: str

    @property
    def fences(self) -> tuple[str, ...]:
        """The keys of leases and in-doubt markers."""
        return (*self.leases, *self[2:])

    def in_doubt_for(self, ttl: float) -> InDoubt:
        """Return the in-doubt marker that lasts for at least `ttl` seconds. Raises ValueError when there is none."""
        for key, marker_ttl in zip(self[2:], IN_DOUBT_TTLS, strict=True):
            if ttl <= marker_ttl:
                return InDoubt(key, marker_ttl)
        raise ValueError(f"No fence can last {ttl:g} seconds. Lower TIMEOUT.")


@dataclass(frozen=True, slots=True)
class Keys:
    """Build the keys of one connection.

    `prefix` is the setting CACHE.PREFIX, `store` the endpoint (or SERVER_ID) and the project id, `identity` the API key
    or user on whose behalf a request is made.
    """

    prefix: str
    store: tuple[str, ...]
    identity: str = API_KEY

    @property
    def statistics(self) -> str:
        """The prefix of the keys of this store's statistics."""
        return f"{self.prefix}:{_digest(*self.store)}"

    def table(self, table: tuple[str, ...]) -> TableKeys:
        """Return the keys of a table, given by its database id and table id (case does not matter to Appwrite)."""
        return _table_keys(self.prefix, self.store, table)

    def entry(self, plan: str) -> str:
        """Return the key of the result to a plan, given by its canonical text."""
        digest = _digest_before_plan(self.store, self.identity).copy()
        digest.update(f"{encode_basestring_ascii(plan)}]".encode())
        return f"{self.prefix}:{digest.hexdigest()}"


@lru_cache(maxsize=4096)
def _digest_before_plan(store: tuple[str, ...], identity: str) -> hashlib.blake2b:
    """Return the digest of what all entries of an identity have in common, to be copied: the plan's text follows."""
    parts = json.dumps([str(FORMAT), *store, identity])
    return hashlib.blake2b(f"{parts.removesuffix(']')}, ".encode(), digest_size=_DIGEST_SIZE)


@lru_cache(maxsize=4096)
def _table_keys(prefix: str, store: tuple[str, ...], table: tuple[str, ...]) -> TableKeys:
    base = f"{prefix}:{_digest(*store, *(part.lower() for part in table))}"
    leases = (f"{base}:lane", *(f"{base}:lane:{number}" for number in range(2, LEASES + 1)))
    return TableKeys(f"{base}:token", leases, f"{base}:doubt", f"{base}:doubt:long", f"{base}:doubt:longest")


def _digest(*parts: str) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=_DIGEST_SIZE).hexdigest()
