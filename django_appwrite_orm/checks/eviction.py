"""What a Redis does when its memory is full: asked with `check --deploy`, since no setting of Django's shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.cache import caches

from .caches import DJANGO_REDIS, DJANGO_S_OWN_REDIS, families_of
from .finding import Finding

_HINT = "Set maxmemory-policy to noeviction: a Redis that is full then refuses new answers, and keeps its fences."
# What `INFO memory` calls the policy that evicts nothing.
_SAFE = "noeviction"


def eviction_problems(alias: str) -> Iterator[Finding]:
    """Of the cache `alias`, where it is a Redis that answers. Managed ones refuse CONFIG, so INFO is asked."""
    where, families = f"CACHES[{alias!r}]", families_of(settings.CACHES[alias].get("BACKEND"))
    cache: Any = caches[alias]  # neither backend tells its types
    try:
        if DJANGO_REDIS in families:
            told = cache.client.get_client(write=True).info("memory")
        elif DJANGO_S_OWN_REDIS in families:
            told = cache._cache.get_client(None, write=True).info("memory")
        else:
            return
        policy, limit = str(told["maxmemory_policy"]), int(told["maxmemory"])
    except Exception as error:  # whatever a client raises, and whatever a server leaves out
        message = f"{where}: this Redis does not say what it evicts ({type(error).__name__}: {error})."
        yield Finding("W042", message, f"Look it up where it is managed. {_HINT}")
        return
    if limit and policy != _SAFE:
        first = "fences first of all, for they have the shortest life" if policy == "volatile-ttl" else "fences too"
        message = f"{where}: when this Redis is full ({limit:,} bytes) it evicts by {policy}: {first}."
        yield Finding("W041", f"{message} A write that then ends unknown can leave an outdated answer.", _HINT)
