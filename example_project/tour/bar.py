"""The bar of a page: what was read for it, from where, in what time, and what the cache saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string

from django_appwrite_orm.contrib.plan_texts import PlanTexts, tables_of
from django_appwrite_orm.contrib.recording import Recording
from django_appwrite_orm.signals.observers import Activity
from tour.code import has_source
from tour.fetch_times import fetch_times

# Where the bar is put into a page. A template writes it by {% bar %}; text of a user is escaped and never has it.
SLOT = "<!--tour-bar-->"
_SOURCES = {"HIT": "cache", "STALE": "cache, expired", "MISS": "Appwrite", "BYPASS": "Appwrite, past the cache"}
_MEMORY = "cache of the process"
_COMPUTED = "cache, computed here"


@dataclass(frozen=True)
class Read:
    """One read. `saved` is None where it saved nothing, or this process does not know how long Appwrite takes."""

    tables: str
    text: str
    strategy: str
    status: str
    source: str
    rows: int | None
    requests: int
    ms: float
    saved: float | None
    is_hit: bool


@dataclass(frozen=True)
class Bar:
    """`ms` is how long reads were going on; the times of its reads overlap where they ran at the same time."""

    reads: list[Read]
    ms: float
    writes: int
    requests: int

    @property
    def hits(self) -> int:
        return sum(read.is_hit for read in self.reads)

    @property
    def fetched(self) -> int:
        return len(self.reads) - self.hits

    @property
    def saved(self) -> float:
        return sum(read.saved or 0 for read in self.reads)

    @property
    def fingerprint(self) -> str:
        """What the page's ETag has of the bar: the sources, which a reload changes, and no times."""
        return " ".join(f"{read.tables}:{read.status}" for read in self.reads)


def bar_of(recorded: Recording) -> Bar:
    """Return the bar of what was recorded so far."""
    texts = PlanTexts()
    reads = recorded.outermost("read")
    requests: dict[Activity | None, int] = {}
    inner_reads: dict[Activity | None, list[Activity]] = {}
    for inner in recorded.of("read"):
        if outer := _outermost_read(inner):
            inner_reads.setdefault(outer, []).append(inner)
    for request in recorded.of("request"):
        read = _outermost_read(request)
        requests[read] = requests.get(read, 0) + 1
    return Bar(
        reads=[_read(read, texts, requests.get(read, 0), inner_reads.get(read, [])) for read in reads],
        ms=elapsed_ms(reads),
        writes=len(recorded.outermost("write", "commit")),
        requests=sum(requests.values()),
    )


def elapsed_ms(activities: Iterable[Activity]) -> float:
    """Return the milliseconds in which at least one of them was going on."""
    seconds = until = 0.0
    for start, end in sorted(
        (activity.started, activity.started + (activity.duration or 0)) for activity in activities
    ):
        seconds += max(end - max(start, until), 0)
        until = max(until, end)
    return 1000 * seconds


def _outermost_read(activity: Activity) -> Activity | None:
    outer = read = activity.within("read")
    while outer is not None:
        read, outer = outer, outer.within("read")
    return read


def _is_cached(read: Activity) -> bool:
    return read.status in ("HIT", "STALE")


def _read(read: Activity, texts: PlanTexts, requests: int, inner_reads: list[Activity]) -> Read:
    """`inner_reads` are those that it was computed from, such as the tables of a join."""
    statement = read.within("statement")
    took = read.duration or 0
    before = fetch_times.of(read) if _is_cached(read) else None
    is_computed = read.status == "MISS" and bool(inner_reads) and all(map(_is_cached, inner_reads))
    return Read(
        tables=", ".join(table.table for table in tables_of(read.subject)),
        text=texts.of(read.subject),
        strategy=str(statement.subject.notes.get("strategy") or "direct") if statement is not None else "direct",
        status=read.status or "ERROR",
        source=_COMPUTED if is_computed else _source(read),
        rows=read.rows,
        requests=requests,
        ms=1000 * took,
        saved=None if before is None else 1000 * max(before - took, 0),
        is_hit=_is_cached(read) or is_computed,
    )


def _source(read: Activity) -> str:
    if read.status == "HIT" and not read.size:
        return _MEMORY  # decoded in the process already: checked against the cache, which transferred no JSON
    return _SOURCES.get(read.status or "", "failed")


def render_bar(request: HttpRequest, bar: Bar, *, is_kept: bool) -> str:
    """`is_kept`: a browser that has the page gets a 304 before it is made, and so keeps this bar with it."""
    match = request.resolver_match
    view = match.view_name if match is not None else ""
    context = {
        "bar": bar,
        "view": view if has_source(view) else "",
        "is_read": request.method in ("GET", "HEAD"),
        "is_kept": is_kept,
    }
    return render_to_string("tour/bar.html", context)
