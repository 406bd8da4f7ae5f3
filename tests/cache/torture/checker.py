"""What the logs prove: that no read misses a fact which it must show.

A fact is the id of a row, or a text such as "item/a=3": the number of item a has reached 3. Facts only come up, and
those that a deletion names go away for good. So what a read must show follows from what ended before it began: the
changes that had been acknowledged, and what other reads had shown. Times are those of the machine's monotonic clock,
which all its processes share.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Event(NamedTuple):
    """One call as its process logged it. `group` names the table and the part of it; `rows` are facts.

    Kinds: "wrote" (acknowledged), "unclear" and "refused" (the write raised), "deleting" (the deletion begins),
    "deleted" (it was acknowledged), "kept" (it was refused), "read" (all facts of the group, or of the scopes in
    `wanted`), "got" (one fact, `wanted`; `rows` is empty when it was not there), "failed" (the read raised).

    `wanted` holds facts and scopes, separated by spaces; a scope ends in "/" or "=", and facts that begin with it
    belong to it.
    """

    kind: str
    start: float
    end: float
    group: str
    rows: tuple[str, ...]
    wanted: str = ""
    status: str = ""

    def concerns(self, fact: str) -> bool:
        """Whether the read shows the fact if it holds."""
        return not self.wanted or any(
            fact.startswith(scope) if scope[-1] in "/=" else fact == scope for scope in self.wanted.split()
        )


@dataclass(frozen=True)
class Violation:
    """A read that misses facts, each with the earlier event that shows that it had to be there.

    `gone`: facts that it shows, each with the earlier event that shows that they had been deleted.
    """

    read: Event
    missing: dict[str, Event] = field(default_factory=dict)
    gone: dict[str, Event] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"  misses {row}: {event}" for row, event in self.missing.items()]
        return "\n".join([f"{self.read}", *lines, *(f"  still shows {row}: {e}" for row, e in self.gone.items())])


def load(logs: Iterable[Path]) -> list[Event]:
    """The events of all processes. The last line of one that was killed may be torn and counts as not logged."""
    return [event for log in logs for event in _events(log)]


def _events(log: Path) -> Iterator[Event]:
    for line in log.read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            kind, start, end, group, rows, wanted, status = json.loads(line)
            yield Event(kind, start, end, group, tuple(rows), wanted, status)


def violations(events: Iterable[Event]) -> list[Violation]:
    """Every read that misses a fact it must show, or shows one that is gone, in the order in which they began."""
    groups: dict[str, list[Event]] = {}
    for event in events:
        groups.setdefault(event.group, []).append(event)
    found = [violation for group in groups.values() for violation in _violations_of(group)]
    return sorted(found, key=lambda violation: violation.read.start)


def appeared(events: Iterable[Event]) -> set[tuple[str, str]]:
    """Rows of refused writes that a read has shown: none may be. A number may be reached by another write."""
    events = list(events)
    refused = {
        (event.group, row) for event in events if event.kind == "refused" for row in event.rows if "=" not in row
    }
    shown = {(event.group, row) for event in events if event.kind in ("read", "got") for row in event.rows}
    return refused & shown


def _violations_of(events: list[Event]) -> Iterator[Violation]:
    reads = sorted((event for event in events if event.kind in ("read", "got")), key=lambda event: event.start)
    # Nothing is deleted twice: both events of a deletion have its start.
    kept = {fact for event in events if event.kind == "kept" for fact in event.rows}
    deletions = (event for event in events if event.kind in ("deleting", "deleted"))
    began = {fact: event.start for event in deletions for fact in event.rows if fact not in kept}
    # What is proved by what has ended: (end, a number that is unique, event, facts that hold, facts that are gone).
    proofs: list[tuple[float, int, Event, tuple[str, ...], tuple[str, ...]]] = []
    for number, event in enumerate(events):
        if event.kind in ("wrote", "deleted"):
            holds, is_gone = (event.rows, ()) if event.kind == "wrote" else ((), event.rows)
            proofs.append((event.end, number, event, holds, is_gone))
    heapq.heapify(proofs)
    together = _together(events)
    known: dict[str, Event] = {}
    gone: dict[str, Event] = {}
    for number, read in enumerate(reads, len(events)):
        while proofs and proofs[0][0] < read.start:
            _, _, proof, holds, is_gone = heapq.heappop(proofs)
            for fact in is_gone:
                gone.setdefault(fact, proof)
                known.pop(fact, None)
            for fact in holds:
                if fact not in gone:
                    known.setdefault(fact, proof)
        shown = set(read.rows)
        asked = [read.wanted] if read.wanted in known else [fact for fact in known if read.concerns(fact)]
        absent = [fact for fact in asked if fact not in shown]
        missing = {fact: known[fact] for fact in absent if began.get(fact, read.end) >= read.end}
        still = {fact: gone[fact] for fact in read.rows if fact in gone}
        if missing or still:
            yield Violation(read, missing, still)
        deleted = tuple(fact for fact in absent if fact not in missing)
        holds = tuple(dict.fromkeys(other for fact in read.rows for other in (fact, *together.get(fact, ()))))
        heapq.heappush(proofs, (read.end, number, read, holds, deleted))


def _together(events: Iterable[Event]) -> dict[str, tuple[str, ...]]:
    """The facts of each write of several by its rows: a write is applied as a whole or not at all.

    Only a row proves its write. That a number was reached does not: an earlier write whose outcome is unclear may have
    added to it.
    """
    writes = (event for event in events if event.kind in ("wrote", "unclear") and len(event.rows) > 1)
    return {fact: event.rows for event in writes for fact in event.rows if "=" not in fact}
