"""The generated parts, by the names that pages use: the SECTIONS of each module here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

_MODULES = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
SECTIONS: dict[str, Callable[[], str]] = {name: section for each in _MODULES for name, section in each.SECTIONS.items()}
