"""Deprecated: `dump` and `load` are in `django_appwrite_orm.interchange`."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    if name not in ("dump", "load"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    message = f"{__name__}.{name} is deprecated: import it from django_appwrite_orm.interchange."
    warnings.warn(message, DeprecationWarning, stacklevel=2)
    return getattr(import_module("django_appwrite_orm.interchange"), name)
