"""What one connection wants to hear of: channels, and filters on the row."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from ..events.event import Event
from ..queries.parser import COMPARISONS, LOGICAL, NULLS, Query, parse_queries
from .filters import matches

# What may be asked of a payload in memory; anything else is refused.
_METHODS: Final = frozenset((*COMPARISONS, *NULLS, *LOGICAL))


@dataclass(frozen=True, slots=True)
class Subscription:
    """``queries`` are the texts that are shown to the client, ``filters`` what they mean."""

    channels: tuple[str, ...]
    queries: tuple[str, ...] = ()
    filters: tuple[Query, ...] = ()

    def wants(self, event: Event, channels: Collection[str]) -> bool:
        """Whether an event of these channels is what was subscribed to."""
        return any(channel in channels for channel in self.channels) and matches(event.payload, self.filters)


def read_subscription(value: Any) -> Subscription:
    """A subscription from a client's message. Raises ``ValueError`` for what the server refuses."""
    channels, queries = value.get("channels"), value.get("queries", [])
    if not _are_texts(channels) or not _are_texts(queries):
        raise ValueError("channels and queries are lists of texts")
    parsed = parse_queries(queries)
    extra = (parsed.limit, parsed.offset, parsed.cursor)
    if parsed.orders or any(query is not None for query in extra) or not all(map(_is_known, parsed.filters)):
        raise ValueError("only filters on the row's own values")
    if any(select.values != ("*",) for select in parsed.selects):
        raise ValueError("a row is told of whole")
    shown = (json.dumps(json.loads(query), separators=(",", ":")) for query in queries)
    return Subscription(tuple(channels), tuple(shown), tuple(parsed.filters))


def _is_known(query: Query) -> bool:
    if query.method in LOGICAL:
        return all(map(_is_known, query.values))
    return query.method in _METHODS and (query.method in NULLS or bool(query.values))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
