"""The figures of a run: as JSON with the machine and the versions, and as printed tables."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support import redis_server

from .groups import Goal, Group
from .support.node import PACKAGES, installed
from .turns import Figures

# By the clock and of the processor; a figure that is no time has one kind.
CLOCKS = ("wall", "cpu")
# Calls a second, beside the time of one by the clock.
RATE = "rate"
# Widths of the columns of printed tables.
NAMES, FIGURES = 40, 23
DISTRIBUTIONS = (
    *("django", "django-appwrite-orm", "django-redis", "redis", "hiredis", "appwrite"),
    *("django-cachalot", "django-cacheops"),
)


def machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {"system": platform.platform(), "processor": _processor(), "cores": os.cpu_count(), "memory": memory}


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    said = subprocess.run([redis_server.executable(), "--version"], capture_output=True, text=True, check=True).stdout
    found |= {name: version for name in PACKAGES if (version := installed(name)) is not None}
    return {**found, "redis-server": said.partition("v=")[2].split()[0]}


def load() -> list[float]:
    """The load average of the last minute, of five and of fifteen."""
    return [round(figure, 2) for figure in os.getloadavg()]


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def as_json(group: Group, figures: Figures) -> dict[str, Any]:
    """The figures with what they are multiples of, the tables that show them, and each goal with its figure."""
    return {
        "title": group.TITLE,
        "contenders": list(group.CONTENDERS),
        "tables": {heading: dict(columns) for heading, columns in group.TABLES.items()},
        "figures": [
            {
                "measure": measure,
                "contender": contender,
                **kinds,
                "of_base": _of_base(group, figures, measure, contender),
            }
            for (measure, contender), kinds in figures.items()
        ],
        "base": {measure: list(base) for measure, base in group.BASE.items()},
        "goals": [judged for goal in group.GOALS if (judged := _judged(goal, figures)) is not None],
    }


def _of_base(group: Group, figures: Figures, measure: str, contender: str) -> dict[str, float] | None:
    base = group.BASE.get(measure)
    if base not in figures:
        return None
    return {clock: figures[measure, contender][clock] / figures[base][clock] for clock in CLOCKS}


def _judged(goal: Goal, figures: Figures) -> dict[str, Any] | None:
    """The goal with its figure of each kind, and whether that is within the bound; None if one is not installed."""
    if goal.of not in figures or (goal.than is not None and goal.than not in figures):
        return None
    found = {}
    for kind, figure in figures[goal.of].items():
        if kind == RATE:
            continue  # the inverse of a time, which is judged
        other = 1.0 if goal.than is None else figures[goal.than][kind]
        found[kind] = figure / other if goal.at_least is None else other / figure
    return {
        "of": list(goal.of),
        "than": goal.than and list(goal.than),
        "at_most": goal.at_most,
        "at_least": goal.at_least,
        "figure": found,
        "met": {kind: _within(goal, figure) for kind, figure in found.items()},
    }


def _within(goal: Goal, figure: float) -> bool:
    return figure <= goal.at_most if goal.at_most is not None else figure >= (goal.at_least or 0)


def rows(result: dict[str, Any], columns: Mapping[str, str]) -> dict[str, list[str]]:
    """The cells of a table by contender, of those that have one."""
    found = {(figure["measure"], figure["contender"]): figure for figure in result["figures"]}
    return {
        name: [cell(found.get((measure, name))) for measure in columns.values()]
        for name in result["contenders"]
        if any((measure, name) in found for measure in columns.values())
    }


def rounds(result: dict[str, Any]) -> str:
    number = "1 round" if result["rounds"] == 1 else f"{result['rounds']} rounds"
    return f"{number}, load {result['load'][0]} to {result['load'][1]}"


def printed(result: dict[str, Any]) -> Iterator[str]:
    """The lines of the tables of a group, and of its goals."""
    yield f"\n{result['title']}: {rounds(result)}"
    yield "Figures are by the clock, and in brackets by the time of the processor."
    for heading, columns in result["tables"].items():
        yield f"\n{heading}"
        if said := meaning(result, columns):
            yield said
        yield f"{'':{NAMES}}" + "".join(f"{column:>{FIGURES}}" for column in columns)
        for name, cells in rows(result, columns).items():
            yield f"{name:{NAMES}}" + "".join(f"{text:>{FIGURES}}" for text in cells)
    if result["goals"]:
        yield "\ngoals"
    for goal in result["goals"]:
        yield f"{verdict(goal):8}{reached(goal):>{FIGURES}}  {aim(goal)}"
    for name, reason in result["left_out"].items():
        yield f"{name} is left out: {reason}"


def meaning(result: dict[str, Any], columns: Mapping[str, str]) -> str:
    """What the figures of a table are and which of them are better; nothing for counts, whose heading says it."""
    found = [figure for figure in result["figures"] if figure["measure"] in columns.values()]
    bases = dict.fromkeys(result["base"][figure["measure"]][1] for figure in found if figure["of_base"] is not None)
    if bases:
        return f"In multiples of {next(iter(bases)) if len(bases) == 1 else 'what has 1.00'}: less is faster."
    if any(RATE in figure for figure in found):
        return "More is faster."
    return "Time of one: less is faster." if any("wall" in figure for figure in found) else ""


def multiple(figure: float) -> str:
    return f"{figure:.2f}" if figure >= 0.01 else f"{figure:.1g}"


def cell(figure: dict[str, Any] | None) -> str:
    if figure is None:
        return "-"
    if figure["of_base"] is not None:
        return f"{multiple(figure['of_base']['wall'])} ({multiple(figure['of_base']['cpu'])})"
    if "number" in figure:
        return f"{figure['number']:,.0f}"
    if RATE in figure:
        return f"{figure[RATE]:,.0f} ({in_units(figure['cpu'])})"
    clock = in_units(figure["wall"])
    return f"{clock} ({in_units(figure['cpu'])})" if "cpu" in figure else clock


def in_units(seconds: float) -> str:
    for unit, size in {"s": 1.0, "ms": 1e-3}.items():
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds / 1e-6:.1f} us"


def _goal_text(goal: dict[str, Any], figure: float) -> str:
    is_time = "wall" in goal["figure"] and goal["than"] is None
    return in_units(figure) if is_time else f"{figure:.2f}".removesuffix(".00")


def reached(goal: dict[str, Any]) -> str:
    """The figure of a goal."""
    text = _goal_text(goal, goal["figure"].get("wall", goal["figure"].get("number", 0)))
    return text + (f" ({_goal_text(goal, goal['figure']['cpu'])})" if "cpu" in goal["figure"] else "")


def aim(goal: dict[str, Any]) -> str:
    """What a goal asks, in words."""
    measure, contender = goal["of"]
    if goal["at_most"] is not None:
        bound = f"at most {_goal_text(goal, goal['at_most'])}"
    else:
        bound = f"at least {goal['at_least']} times"
    if goal["than"] is not None:
        other_measure, other = goal["than"]
        word = "of" if goal["at_most"] is not None else "as fast as"
        bound += f" {word} {other}" + (f", {other_measure}" if other_measure != measure else "")
    return f"{contender}, {measure}: {bound}"


def verdict(goal: dict[str, Any]) -> str:
    met = set(goal["met"].values())
    return "unclear" if len(met) > 1 else "met" if True in met else "MISSED"
