"""Deprecated: the former names of `sansio.run_sync` and `sansio.run_async`."""

from __future__ import annotations

import warnings
from typing import Any

from . import sansio

_NAMES = {"run": "run_sync", "arun": "run_async"}


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    message = f"{__name__}.{name} is deprecated: import {_NAMES[name]} from django_appwrite_orm.sansio."
    warnings.warn(message, DeprecationWarning, stacklevel=2)
    return getattr(sansio, _NAMES[name])
