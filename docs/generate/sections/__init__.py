"""The generated parts, by the names that pages use."""

from __future__ import annotations

from collections.abc import Callable

from . import (
    api,
    checks,
    columns,
    commands,
    exceptions,
    fields,
    headers,
    limits,
    lookups,
    requirements,
    settings,
    signals,
)

_MODULES = (
    api,
    checks,
    columns,
    commands,
    exceptions,
    fields,
    headers,
    limits,
    lookups,
    requirements,
    settings,
    signals,
)
SECTIONS: dict[str, Callable[[], str]] = {name: section for each in _MODULES for name, section in each.SECTIONS.items()}
