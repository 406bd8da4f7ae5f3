"""Options of a settings dict as data: types, default and bounds of each, and the problems of the values."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple

from django.core.checks import CheckMessage, Error

from . import shown

REQUIRED = dataclasses.MISSING


class Option(NamedTuple):
    """The value of one key: its types; its default, or `REQUIRED`; its least and greatest number, and their unit."""

    types: Any  # a tuple of types; Any, so that a checked value may be compared with its bounds
    default: Any = REQUIRED
    minimum: float | None = None
    maximum: float = float("inf")
    unit: str = ""


def option(
    *types: type,
    default: Any = REQUIRED,
    minimum: float | None = None,
    maximum: float = float("inf"),
    unit: str = "",
) -> dict[str, Option]:
    """Return the metadata of a field of a settings dataclass that is read from the key of its name, in capitals.

    `default` is for a field whose own default is made by a factory.
    """
    return {"option": Option(types, default, minimum, maximum, unit)}


def options_of(settings: type) -> dict[str, Option]:
    """Return the options of a settings dataclass by key, in the order of its fields."""
    options = {}
    for field in dataclasses.fields(settings):
        if "option" in field.metadata:
            spec: Option = field.metadata["option"]
            options[field.name.upper()] = spec if spec.default is not REQUIRED else spec._replace(default=field.default)
    return options


def option_problems(
    where: str, values: Mapping[str, Any], options: Mapping[str, Option], optional: Set[str] = frozenset()
) -> Iterator[CheckMessage]:
    """Yield the problems of each key of `values` by itself.

    Keys in `optional` may be missing though required, and so may those that are misspelt.
    """
    intended = misspelt(values, options)
    for key in values:
        if key not in options:
            near = intended.get(key) or next(iter(_near(key, options)), None)
            hint = f"Did you mean {near!r}?" if near else f"Remove it, or use one of: {', '.join(options)}."
            yield Error(f"{where}: unknown key {shown(key)}.", hint=hint, id="appwrite_orm.E004")
    optional = {*optional, *intended.values()}
    for key, spec in options.items():
        if key not in values:
            if spec.default is REQUIRED and key not in optional:
                hint = f"Add {key} to the connection's settings."
                yield Error(f"{where}: {key} is missing.", hint=hint, id="appwrite_orm.E002")
            continue
        yield from _value_problems(f"{where}: {key}", key, values[key], spec)


def _value_problems(what: str, key: str, value: Any, spec: Option) -> Iterator[CheckMessage]:
    names = " or ".join(kind.__name__ for kind in spec.types)
    if spec.default is REQUIRED and value in (None, ""):
        hint = f"Set {key}. Perhaps an environment variable is unset."
        yield Error(f"{what} is empty.", hint=hint, id="appwrite_orm.E002")
    elif not isinstance(value, spec.types) or (isinstance(value, bool) and bool not in spec.types):
        message = f"{what} must be {names}, not {type(value).__name__}."
        yield Error(message, hint=f"Set {key} to a value of type {names}.", id="appwrite_orm.E003")
    elif spec.minimum is not None and not (spec.minimum <= value <= spec.maximum and value < float("inf")):
        most = f" and at most {spec.maximum:g}" if spec.maximum < float("inf") else ""
        number = f"a number of {spec.unit}," if spec.unit else "a number of"
        hint = f"Use {number} at least {spec.minimum:g}{most}."
        yield Error(f"{what} is {value!r}.", hint=hint, id="appwrite_orm.E003")


def misspelt(values: Mapping[str, Any], options: Mapping[str, Option]) -> dict[str, str]:
    """Return the unknown keys of `values`, each with the similar key that is probably meant and is not there."""
    intended: dict[str, str] = {}
    for key in values:
        if key not in options:
            unused = [name for name in options if name not in values and name not in intended.values()]
            if near := _near(key, unused):
                intended[key] = near[0]
    return intended


def _near(key: object, names: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(key.upper(), names, n=1, cutoff=0.75) if isinstance(key, str) else []
