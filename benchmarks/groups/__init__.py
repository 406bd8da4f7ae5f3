"""What a module with a group of measurements defines, and which groups there are."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol, cast

from ..cells import Cell

# Each with its share of the time.
GROUPS = {
    "cached_reads": 6,
    "misses": 2,
    "bulk": 4,
    "building": 1,
    "stampede": 2,
    "startup": 1,
    "loading": 1,
    "local": 1,
    "growth": 3,
    "throughput": 5,
    "events": 1,
}

# What a contender needs that is not a module: `npm:appwrite-orm`, a server, a system.
NPM = "npm:"
POSTGRESQL, LINUX = "PostgreSQL", "Linux"
# The module without which the local Appwrite does not serve HTTP.
SERVING = "websockets"


@dataclass(frozen=True)
class Goal:
    """A bound for a figure, or for its ratio to another one. A figure is named by measure and contender.

    For `at_most` the ratio is `of` divided by `than`. For `at_least` it is `than` divided by `of`: so many times as
    fast.
    """

    of: tuple[str, str]
    than: tuple[str, str] | None = None
    at_most: float | None = None
    at_least: float | None = None


class Group(Protocol):
    """`CONTENDERS` has what each of them needs, with blanks between: modules, `npm:` and an npm package, `PostgreSQL`.

    `TABLES` has the headings of the printed tables, each with its measures by the heading of their column. `BASE` has,
    for measures that are printed as multiples, the measure and the contender whose figure is 1.0.
    """

    TITLE: str
    CONTENDERS: Mapping[str, str]
    TABLES: Mapping[str, Mapping[str, str]]
    BASE: Mapping[str, tuple[str, str]]
    GOALS: list[Goal]

    def prepare(self, name: str, stack: ExitStack) -> Mapping[str, Cell]:
        """Return the cells of a contender, by measure, in its own process. `stack` closes what they need."""
        ...


def group(name: str) -> Group:
    return cast(Group, importlib.import_module(f"{__name__}.{name}"))
