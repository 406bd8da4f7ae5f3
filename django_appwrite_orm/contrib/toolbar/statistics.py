"""What the panel shows, as JSON values: rows, totals, invalidations and pending changes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...connection import connections
from ...signals.observers import Activity, Kind
from ...transactions import Transaction, current, open_blocks
from ..plan_texts import PlanTexts, tables_of
from ..recording import Recording

# The kinds of activities that are a row of the page, if no other one of them contains it.
_ROWS: tuple[Kind, ...] = ("read", "write", "commit")


class FetchTimes:
    """How long reads of Appwrite took on average, by connection and tables, since the process started."""

    def __init__(self) -> None:
        self._times: dict[Any, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def add(self, read: Activity, seconds: float) -> None:
        """Add a read that was not answered by the cache."""
        with self._lock:
            count, total = self._times.get(_place(read), (0, 0.0))
            self._times[_place(read)] = count + 1, total + seconds

    def average(self, read: Activity) -> float | None:
        """Return the average for the tables of this read; None if they were not read from Appwrite yet."""
        count, total = self._times.get(_place(read), (0, 0.0))
        return total / count if count else None


def _place(read: Activity) -> Any:
    # Without the user: a site has any number of them, and each JWT is another one.
    return read.using.partition(" as ")[0], tables_of(read.subject)


def statistics(recording: Recording, times: FetchTimes) -> dict[str, Any]:
    """Return the statistics of the page; `times` gets its reads of Appwrite."""
    activities = [activity for activity in recording.outermost(*_ROWS) if not _is_empty_commit(activity)]
    inside: dict[Activity | None, list[Activity]] = {}
    for activity in recording.of(*_ROWS, "request"):
        inside.setdefault(_outermost(activity), []).append(activity)
    separate_requests = [activity for activity in inside.pop(None, []) if activity.kind == "request"]
    texts = PlanTexts()
    displayed = sorted([*activities, *separate_requests], key=lambda activity: activity.started)
    rows = [_row(texts, activity, inside.get(activity, []), recording.notes) for activity in displayed]
    _mark(texts, displayed, rows)
    reads = [activity for activity in activities if activity.kind == "read"]
    return {
        "queries": rows,
        "totals": _totals(activities, rows) | _saved(reads, times),
        "invalidations": _invalidations(recording),
        "pending": pending_changes(),
    }


def _outermost(activity: Activity) -> Activity | None:
    """Return the row that an activity is part of; None for a request that belongs to none."""
    row = activity if activity.kind in _ROWS else None
    outer = activity.parent
    while outer is not None:
        row = outer if outer.kind in _ROWS else row
        outer = outer.parent
    return row


def _is_empty_commit(activity: Activity) -> bool:
    return activity.kind == "commit" and not tables_of(activity.subject)


def _row(texts: PlanTexts, activity: Activity, inside: list[Activity], stacks: dict[Activity, Any]) -> dict[str, Any]:
    requests = [part for part in inside if part.kind == "request"]
    statement = activity.within("statement")
    notes: dict[str, Any] = statement.subject.notes if statement is not None else {}
    return {
        "kind": activity.kind,
        "text": _text(texts, activity),
        "using": activity.using,
        "strategy": str(notes.get("strategy") or "direct") if activity.kind in ("read", "write") else "",
        "reason": str(notes.get("reason") or ""),
        "status": "ERROR" if activity.error is not None else activity.status,
        "error": type(activity.error).__name__ if activity.error is not None else "",
        "requests": len(requests) + (activity.kind == "request"),
        "rows": activity.rows,
        "bytes": activity.size or sum(part.size for part in requests),
        "ms": round(1000 * (activity.duration or 0), 3),
        "stack": stacks.get(activity) or "",
        "parts": [
            {"text": _text(texts, part), "status": part.status, "ms": round(1000 * (part.duration or 0), 3)}
            for part in inside
            if part is not activity
        ],
    }


def _text(texts: PlanTexts, activity: Activity) -> str:
    if activity.kind == "commit":
        tables = ", ".join(table.table for table in tables_of(activity.subject))
        length = activity.subject.length
        return f"commit {length} change{'' if length == 1 else 's'} of {tables}"
    return texts.of(activity.subject)


def _mark(texts: PlanTexts, activities: list[Activity], rows: list[dict[str, Any]]) -> None:
    """Note how often a read is repeated as it is, and how many others differ from it by their values alone."""
    exact = [(activity.using, str(activity.subject)) if activity.kind == "read" else None for activity in activities]
    bare = [
        (activity.using, texts.of(activity.subject, bare=True)) if activity.kind == "read" else None
        for activity in activities
    ]
    repeated, similar = Counter(exact), Counter(bare)
    for row, text, pattern in zip(rows, exact, bare, strict=True):
        row["repeated"] = repeated[text] if text is not None and repeated[text] > 1 else 0
        different = similar[pattern] - repeated[text] + 1
        row["similar"] = different if text is not None and different > 1 else 0


def _totals(activities: list[Activity], rows: list[dict[str, Any]]) -> dict[str, Any]:
    reads = [activity for activity in activities if activity.kind == "read"]
    statuses = Counter(activity.status for activity in reads)
    return {
        "reads": len(reads),
        "hits": statuses["HIT"],
        "stale": statuses["STALE"],
        "misses": statuses["MISS"],
        "bypasses": statuses["BYPASS"],
        "in_memory": sum(row["strategy"] == "in memory" and row["kind"] == "read" for row in rows),
        "writes": sum(activity.kind == "write" for activity in activities),
        "requests": sum(row["requests"] for row in rows),
        "bytes": sum(row["bytes"] for row in rows),
        "ms": round(sum(row["ms"] for row in rows), 3),
    }


def _saved(reads: Iterable[Activity], times: FetchTimes) -> dict[str, Any]:
    """Return the milliseconds that hits have saved, and of how many of them that is known."""
    hits = []
    for read in reads:
        if read.status in ("HIT", "STALE"):
            hits.append(read)
        elif read.status:
            times.add(read, read.duration or 0)
    savings = [(average, hit.duration or 0) for hit in hits if (average := times.average(hit)) is not None]
    return {
        "saved_ms": round(1000 * sum(max(average - spent, 0) for average, spent in savings), 3),
        "saved_hits": len(savings),
    }


def _invalidations(recording: Recording) -> list[dict[str, str]]:
    dropped = dict.fromkeys(
        (table.table, "invalidation" if activity.status == "MANUAL" else "write")
        for activity in recording.of("invalidation")
        for table in activity.subject
    )
    return [{"table": table, "reason": reason} for table, reason in dropped]


def pending_changes() -> list[dict[str, Any]]:
    """Return the changes that wait in the atomic() blocks that are open here."""
    blocks: dict[int, tuple[str, Transaction]] = {}
    for alias, block in open_blocks.get().items():
        blocks[id(block.transaction)] = str(alias), block.transaction
    for name in connections.aliases():
        transaction = current(name)
        if transaction is not None:
            blocks[id(transaction)] = name, transaction
    return [
        {"using": name, "changes": block.length, "tables": sorted({table.table for table in block.changed_tables})}
        for name, block in blocks.values()
        if block.length and not block.is_over
    ]


def summary(totals: dict[str, Any]) -> str:
    """Return the totals in a few words: `12 reads, 11 hits, 1 in memory`."""
    texts = {
        "reads": ngettext("%(count)d read", "%(count)d reads", totals["reads"]),
        "hits": ngettext("%(count)d hit", "%(count)d hits", totals["hits"]),
        "stale": ngettext("%(count)d stale", "%(count)d stale", totals["stale"]),
        "in_memory": _("%(count)d in memory"),
        "writes": ngettext("%(count)d write", "%(count)d writes", totals["writes"]),
    }
    return ", ".join(
        text % {"count": totals[name]} for name, text in texts.items() if totals[name] or name in ("reads", "hits")
    )
