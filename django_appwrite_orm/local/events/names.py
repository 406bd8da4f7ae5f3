"""The names of an event: every pattern that a webhook or a realtime channel may be registered for.

Recorded from Appwrite 1.9.6, order included. An event of a row has 42 names for webhooks and 64 in a realtime frame:
each of eight wildcard patterns, with the action and without, then those of the table and the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .event import Event, Path

LEGACY: Final = {"tables": "collections", "rows": "documents", "columns": "attributes"}
# Ids of a path that stay (1) or become a wildcard (0), for paths of three ids, of two, of one.
_NEW_ROWS: Final = ("111 000 101 001 011 110 010 100", "11 00 10 01", "1 0")
_OLD_ROWS: Final = ("111 000 011 101 001 110 010 100", "11 00 01 10", "1 0")
_INDEXES: Final = ("111 000 110 010 011 101 001 100", "11 00 01 10", "1 0")


def webhook_names(event: Event) -> list[str]:
    """Return the names that webhooks are registered for, as their header lists them."""
    return [name for forms in _patterns(event) for name in (forms if event.legacy_first else forms[::-1])]


def realtime_names(event: Event) -> list[str]:
    """Return the names in a realtime frame: those of webhooks, and those that start with ``tablesdb``."""
    return [name for forms in _patterns(event) for name in (forms[-1].replace("databases", "tablesdb", 1), *forms)]


def channels(event: Event) -> list[str]:
    """Return the realtime channels of a row's event: eight, then the same with its action."""
    database, table, row = (id for _, id in event.path)
    documents = f"databases.{database}.collections.{table}.documents"
    rows = [f"{root}.{database}.tables.{table}.rows" for root in ("databases", "tablesdb")]
    channels = [
        "documents",
        documents,
        f"{documents}.{row}",
        "rows",
        *(f"{p}{end}" for p in rows for end in ("", f".{row}")),
    ]
    return channels + [f"{channel}.{event.action}" for channel in channels]


def _patterns(event: Event) -> Iterator[tuple[str, ...]]:
    """Yield each pattern in both dialects, or once where both are the same."""
    masks = {len(line.split()[0]): line.split() for line in _orders(event)}
    for mask in masks[len(event.path)]:
        yield _forms(event.path, mask, f".{event.action}")
    for length in range(len(event.path), 0, -1):
        for mask in masks[length]:
            yield _forms(event.path[:length], mask, "")


def _orders(event: Event) -> tuple[str, str, str]:
    if event.path[-1][0] == "indexes":
        return _INDEXES
    return _NEW_ROWS if event.legacy_first or len(event.path) < 3 else _OLD_ROWS


def _forms(path: Path, mask: str, tail: str) -> tuple[str, ...]:
    parts = [(kind, id if keep == "1" else "*") for (kind, id), keep in zip(path, mask, strict=True)]
    new = ".".join(f"{kind}.{id}" for kind, id in parts) + tail
    old = ".".join(f"{LEGACY.get(kind, kind)}.{id}" for kind, id in parts) + tail
    return (new,) if old == new else (old, new)
