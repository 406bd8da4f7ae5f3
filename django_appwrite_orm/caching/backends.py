"""What the cache protocol has to know of Django's backends."""

from __future__ import annotations

from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache


def is_shared(backend: type) -> bool:
    """Whether other processes see what is stored in a cache of this class."""
    return not issubclass(backend, (LocMemCache, DummyCache))
