"""Measured figures and goals, from the run that is kept beside the pages of performance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from benchmarks.groups import GROUPS
from benchmarks.report import aim, meaning, reached, rounds, rows, verdict

from .. import DOCS
from ..markdown import table

RESULTS = DOCS / "performance" / "results"


@cache
def run() -> dict[str, Any]:
    """Return the run: benchmarks.json."""
    return dict(json.loads((RESULTS / "benchmarks.json").read_text(encoding="utf-8")))


def _conditions() -> str:
    found = run()
    machine, versions = found["machine"], dict(found["versions"])
    lines = [
        ["Started", found["started"]],
        ["Processor", f"{machine['processor']}, {machine['cores']} cores"],
        ["Memory", f"{machine['memory'] / 2**30:.0f} GiB"],
        ["System", machine["system"]],
        ["Python", versions.pop("python")],
        ["Redis server", versions.pop("redis-server")],
        *([name, version] for name, version in versions.items()),
    ]
    return table(["", "In this run"], lines)


def _goals() -> str:
    found = [(result["title"], goal) for result in run()["groups"].values() for goal in result["goals"]]
    lines = ([title, aim(goal), reached(goal), verdict(goal).lower()] for title, goal in found)
    return table(["Group", "Goal", "Figure", "Verdict"], lines)


def _group(name: str) -> str:
    result = run()["groups"].get(name)
    if result is None:
        return f"The run of these pages left this group out: `python -m benchmarks --only {name}`."
    return "\n\n".join(part.strip() for part in _parts(name, result) if part)


def _parts(name: str, result: dict[str, Any]) -> Iterator[str]:
    yield f"{result['title']}, {rounds(result)}. By the clock, and in brackets by the time of the processor."
    for number, (heading, columns) in enumerate(result["tables"].items(), 1):
        title = heading[0].upper() + heading[1:]
        yield meaning(result, columns)
        yield table([title, *columns], ([contender, *cells] for contender, cells in rows(result, columns).items()))
        yield f"![Bars: {heading}](results/{name}-{number}.svg)"
    for contender, reason in result["left_out"].items():
        yield f"{contender} is left out: {reason}."


SECTIONS = {
    "results.conditions": _conditions,
    "results.goals": _goals,
    **{f"results.{name}": partial(_group, name) for name in GROUPS},
}
