"""What the logs prove: that no read misses a row which it must show.

Rows are only ever added, so what a read must show can only grow: the rows whose creation had been acknowledged
before it began, and the rows that another read, ended before it began, has shown already. Times are those of
the machine's monotonic clock, which all its processes share.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Event(NamedTuple):
    """One call as its process logged it. `group` names the table and the part of it; `rows` are ids.

    Kinds: "wrote" (acknowledged), "unclear" and "refused" (the write raised), "read" (all rows of the group),
    "got" (one row by its id, `wanted`; `rows` is empty when there was none), "failed" (the read raised).
    """

    kind: str
    start: float
    end: float
    group: str
    rows: tuple[str, ...]
    wanted: str = ""
    status: str = ""


@dataclass(frozen=True)
class Violation:
    """A read that misses rows, each with the earlier event that shows that it had to be there."""

    read: Event
    missing: dict[str, Event] = field(default_factory=dict)

    def __str__(self) -> str:
        return "\n".join([f"{self.read}", *(f"  misses {row}: {event}" for row, event in self.missing.items())])


def load(logs: Iterable[Path]) -> list[Event]:
    """The events of all processes. The last line of one that was killed may be torn and counts as not logged."""
    return [event for log in logs for event in _events(log)]


def _events(log: Path) -> Iterator[Event]:
    for line in log.read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            kind, start, end, group, rows, wanted, status = json.loads(line)
            yield Event(kind, start, end, group, tuple(rows), wanted, status)


def violations(events: Iterable[Event]) -> list[Violation]:
    """Every read that misses a row it must show, in the order in which they began."""
    groups: dict[str, list[Event]] = {}
    for event in events:
        groups.setdefault(event.group, []).append(event)
    found = [violation for group in groups.values() for violation in _violations_of(group)]
    return sorted(found, key=lambda violation: violation.read.start)


def _violations_of(events: list[Event]) -> Iterator[Violation]:
    proofs = sorted((event for event in events if event.kind in ("wrote", "read", "got")), key=lambda event: event.end)
    reads = sorted((event for event in events if event.kind in ("read", "got")), key=lambda event: event.start)
    known: dict[str, Event] = {}
    position = 0
    for read in reads:
        while position < len(proofs) and proofs[position].end < read.start:
            for row in proofs[position].rows:
                known.setdefault(row, proofs[position])
            position += 1
        asked = {read.wanted: known[read.wanted]} if read.wanted in known else {} if read.wanted else known
        missing = {row: proof for row, proof in asked.items() if row not in read.rows}
        if missing:
            yield Violation(read, missing)
