"""Caches that belong to one process, in which a command reaches nobody but itself."""

from __future__ import annotations

from collections.abc import Iterable

from ..connection import connections


def own_caches(aliases: Iterable[str]) -> str:
    """The caches of these connections that no other process sees, quoted and with commas; empty where there are
    none."""
    stores = [connections[alias].store for alias in aliases]
    return ", ".join(sorted({repr(store.alias) for store in stores if not store.shared}))
