"""The names under which answers and versions are kept.

Every part that could be long, foreign or hostile is hashed, so that a key stays below memcached's 250
characters and holds no secret. Token, lane and doubt depend on the store alone: every process of every
version, whoever it asks for, must meet at them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

# The identity that all API keys share: each of them sees every row.
API_KEY = "key"

# Raise it when the form of an envelope changes: entries of another version are then never looked at.
FORMAT = 1


# The lives a doubt may have (seconds). Nobody may shorten another's, and no cache can lengthen a life without
# knowing it: so each life has a key of its own, and whoever sets it sets the same.
DOUBT_LIVES = (30, 80, 320)


class Doubt(NamedTuple):
    """The key of a doubt, and its life in seconds."""

    key: str
    life: int


class TableKeys(NamedTuple):
    """The small keys of one table: see `read` and `write` for what they do."""

    token: str
    lane: str
    doubt: str
    long_doubt: str
    longest_doubt: str

    @property
    def fences(self) -> tuple[str, ...]:
        return self[1:]

    def doubt_for(self, life: float) -> Doubt:
        """The doubt that lives for `life` seconds at least. Raises ValueError when there is none."""
        for key, known in zip(self[2:], DOUBT_LIVES, strict=True):
            if life <= known:
                return Doubt(key, known)
        raise ValueError(f"No fence stands for {life:g} seconds; TIMEOUT must be shorter.")


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the keys of one connection.

    `prefix` is the project's (setting CACHE.PREFIX), `store` the endpoint (or SERVER_ID) and project id, `identity`
    says who reads.
    """

    prefix: str
    store: tuple[str, ...]
    identity: str = API_KEY

    @property
    def statistics(self) -> str:
        """What the keys of this store's statistics begin with."""
        return f"{self.prefix}:{_digest(*self.store)}"

    def table(self, table: tuple[str, ...]) -> TableKeys:
        """Keys of a table, given by its database id and table id (case does not matter to Appwrite)."""
        return _table_keys(self.prefix, (*self.store, *(part.lower() for part in table)))

    def envelope(self, plan: str) -> str:
        """Key of the answer to a plan, given by its canonical text."""
        return f"{self.prefix}:{_digest(str(FORMAT), *self.store, self.identity, plan)}"


@lru_cache(maxsize=4096)
def _table_keys(prefix: str, parts: tuple[str, ...]) -> TableKeys:
    base = f"{prefix}:{_digest(*parts)}"
    return TableKeys(f"{base}:token", f"{base}:lane", f"{base}:doubt", f"{base}:doubt:long", f"{base}:doubt:longest")


def _digest(*parts: str) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
