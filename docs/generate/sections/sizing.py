"""The tables of the sizing guide, from the costs of the run that is kept beside the pages of performance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.site import guide
from benchmarks.site.costs import MissingCosts

from ..markdown import table
from .results import run

CHANGED = ("Hits", "Requests to Appwrite", "Commands of Redis", "Processor of Redis", "Network of Redis")


def _table(head: Sequence[str], lines: Callable[[], list[list[str]]]) -> str:
    try:
        return table(head, lines())
    except MissingCosts as missing:
        return f"{missing}."


def _changes(site: str) -> str:
    head = ["In a second", *CHANGED, "Process caches"]
    return _table(head, lambda: guide.changes(run(), site))


SECTIONS = {
    "sizing.sites": lambda: table(["", *guide.SITES], guide.sites()),
    "sizing.examples": lambda: _table(["", *guide.SITES], lambda: guide.examples(run())),
    "sizing.news": partial(_changes, "news"),
    "sizing.market": partial(_changes, "market"),
    "sizing.writes": lambda: _table(
        ["Writes in a second", "Hits", "Read requests in a second", "Time with a marker"],
        lambda: guide.written(run()),
    ),
}
