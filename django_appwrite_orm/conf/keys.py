"""What a key of the settings may hold, and what is said of one that holds something else."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple

# 1 to 36 characters, the first a letter or digit: ids of databases, tables, columns, indexes and rows.
VALID_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}")
ID_RULE = "1 to 36 characters of A-Z, a-z, 0-9, '.', '-' and '_', the first a letter or a digit"


class Problem(NamedTuple):
    """Something wrong in the settings: the id of its check, what, and how to mend it."""

    id: str
    message: str
    hint: str


class Key(NamedTuple):
    """The value of a key: its types; its default, or `REQUIRED`; its least and its greatest number."""

    types: Any  # a tuple of types
    default: Any
    minimum: float | None = None
    maximum: float = float("inf")


REQUIRED = object()
# Characters of a text in the settings that is printed. Real API keys are longer.
LONGEST_SHOWN = 40


def key_problems(
    where: str, given: Mapping[str, Any], known: Mapping[str, Key], optional: Set[str] = frozenset()
) -> Iterator[Problem]:
    """What is wrong with the keys of `given`, each by itself. Those `optional` may be missing though required, and so
    may those that are misspelt."""
    meant = misspelt(given, known)
    for key in given:
        if key not in known:
            near = meant.get(key) or next(iter(_near(key, known)), None)
            hint = f"Did you mean {near!r}?" if near else f"Remove it, or use one of: {', '.join(known)}."
            yield Problem("E004", f"{where}: unknown key {shown(key)}.", hint)
    optional = {*optional, *meant.values()}
    for key, spec in known.items():
        if key not in given:
            if spec.default is REQUIRED and key not in optional:
                yield Problem("E002", f"{where}: {key} is missing.", f"Add {key} to the connection's settings.")
            continue
        value = given[key]
        names = " or ".join(kind.__name__ for kind in spec.types)
        if spec.default is REQUIRED and value in (None, ""):
            yield Problem("E002", f"{where}: {key} is empty.", f"Set {key}; an environment variable may be unset.")
        elif not isinstance(value, spec.types) or (isinstance(value, bool) and bool not in spec.types):
            yield Problem(
                "E003", f"{where}: {key} must be {names}, not {type(value).__name__}.", f"Give {key} as {names}."
            )
        elif spec.minimum is not None and not (spec.minimum <= value <= spec.maximum and value < float("inf")):
            most = f" and at most {spec.maximum:g}" if spec.maximum < float("inf") else ""
            yield Problem("E003", f"{where}: {key} is {value!r}.", f"Give a number of at least {spec.minimum:g}{most}.")


def misspelt(given: Mapping[str, Any], known: Mapping[str, Key]) -> dict[str, str]:
    """Unknown keys of `given`, each with the key that was meant by it: one that is not there otherwise."""
    meant: dict[str, str] = {}
    for key in given:
        if key not in known:
            free = [name for name in known if name not in given and name not in meant.values()]
            if near := _near(key, free):
                meant[key] = near[0]
    return meant


def _near(key: object, names: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(key.upper(), names, n=1, cutoff=0.75) if isinstance(key, str) else []


def shown(value: object) -> str:
    """A text as it may be printed: one as long as an API key is counted instead."""
    if not isinstance(value, str):
        return f"of type {type(value).__name__}"
    return repr(value) if len(value) <= LONGEST_SHOWN else f"(a text of {len(value)} characters)"


def is_unsendable(value: object) -> bool:
    """Whether this is a text that cannot be part of a header, a URL or a cache key."""
    return isinstance(value, str) and not (value.isascii() and value.isprintable() and " " not in value)
