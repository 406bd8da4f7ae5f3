"""Keep Django's cache checks from ending `check` with a traceback when a BACKEND cannot be imported."""

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
    """Make Django's checks skip a BACKEND that E008 reports; otherwise they raise before it is printed."""
    django_checks: tuple[Any, ...] = (check_cache_location_not_exposed, check_file_based_cache_is_absolute)
    for check in django_checks:
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
