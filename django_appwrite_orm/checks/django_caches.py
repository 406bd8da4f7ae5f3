"""Django's own checks of caches, which make each cache and end `check` with a traceback when a BACKEND is not there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.core.cache import InvalidCacheBackendError
from django.core.checks import CheckMessage
from django.core.checks.caches import check_cache_location_not_exposed, check_file_based_cache_is_absolute
from django.core.checks.registry import registry

_Check = Callable[..., Iterable[CheckMessage]]


def let_e008_be_reported() -> None:
    """Let Django's checks pass over a cache whose BACKEND E008 names, so that `check` comes to print it."""
    theirs: tuple[Any, ...] = (check_cache_location_not_exposed, check_file_based_cache_is_absolute)
    for check in theirs:
        registry.registered_checks.discard(check)
        registry.register(_tolerant(check), *check.tags)


def _tolerant(check: _Check) -> _Check:
    @functools.wraps(check)
    def tolerant(app_configs: Any = None, **kwargs: Any) -> Iterable[CheckMessage]:
        try:
            return check(app_configs, **kwargs)
        except InvalidCacheBackendError:
            from .caches import cache_problems  # see __init__.py

            if any(problem.id == "appwrite_orm.E008" for problem in cache_problems()):
                return []
            raise

    return tolerant
