"""Subscriptions of one connection: channels, and filters on the row."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from ..events.event import Event
from ..queries.parser import COMPARISONS, LOGICAL, NULLS, Query, parse_queries
from .filters import matches

# Methods for a payload in memory; others are refused.
_METHODS: Final = frozenset((*COMPARISONS, *NULLS, *LOGICAL))


@dataclass(frozen=True, slots=True)
class Subscription:
    """Channels with filters; ``queries`` are their texts for the client, ``filters`` the parsed ones."""

    channels: tuple[str, ...]
    queries: tuple[str, ...] = ()
    filters: tuple[Query, ...] = ()

    def wants(self, event: Event, channels: Collection[str]) -> bool:
        """Return whether the subscription covers an event of these channels."""
        return any(channel in channels for channel in self.channels) and matches(event.payload, self.filters)


def read_subscription(value: Any) -> Subscription:
    """Parse a subscription of a client's message. Raises ``ValueError`` for what the server refuses."""
    channels, queries = value.get("channels"), value.get("queries", [])
    if not _are_texts(channels) or not _are_texts(queries):
        raise ValueError("channels and queries are lists of texts")
    parsed = parse_queries(queries)
    extra = (parsed.limit, parsed.offset, parsed.cursor)
    if parsed.orders or any(query is not None for query in extra) or not all(map(_is_supported, parsed.filters)):
        raise ValueError("a subscription takes filters on values of the row only")
    if any(select.values != ("*",) for select in parsed.selects):
        raise ValueError("`select` takes * only")
    compact_queries = (json.dumps(json.loads(query), separators=(",", ":")) for query in queries)
    return Subscription(tuple(channels), tuple(compact_queries), tuple(parsed.filters))


def _is_supported(query: Query) -> bool:
    if query.method in LOGICAL:
        return all(map(_is_supported, query.values))
    return query.method in _METHODS and (query.method in NULLS or bool(query.values))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
