"""Check the position of AppwriteCacheMiddleware in MIDDLEWARE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.checks import CheckMessage, Warning
from django.middleware.cache import FetchFromCacheMiddleware, UpdateCacheMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.gzip import GZipMiddleware
from django.utils.module_loading import import_string

from ..web.middleware import AppwriteCacheMiddleware

_SET_COOKIES = (SessionMiddleware, CsrfViewMiddleware, MessageMiddleware)
_PAGE_CACHES = (UpdateCacheMiddleware, FetchFromCacheMiddleware)


def order_problems(middleware: Sequence[str]) -> list[CheckMessage]:
    """Return a warning for each wrong position in `middleware` (MIDDLEWARE), and for each cache of whole pages.

    Subclasses count as their base classes.
    """
    return list(_order_problems(middleware))


def _order_problems(middleware: Sequence[str]) -> Iterator[CheckMessage]:
    classes = dict(_classes(middleware))
    paths = list(classes)
    ours = next((path for path in paths if issubclass(classes[path], AppwriteCacheMiddleware)), None)
    exception = "AppwriteCacheMiddleware excludes pages whose own request reads rows, but not rows read earlier."
    for path in _of(paths, classes, _PAGE_CACHES):
        yield Warning(
            f"{path} caches whole pages and serves them for CACHE_MIDDLEWARE_SECONDS, also after their rows have"
            f" changed.{f' {exception}' if ours else ''}",
            hint="Remove it: reads of rows are cached already. Use cache_publicly for pages that may be outdated.",
            id="appwrite_orm.W004",
        )
    if ours is None:
        return
    place = paths.index(ours)
    for path in _of(paths[:place], classes, _SET_COOKIES):
        yield Warning(
            f"{path} is before {ours}, so that {_name(ours)} does not see the cookies that {_name(path)} sets.",
            hint=f"Move {_name(path)} below {_name(ours)} in MIDDLEWARE.",
            id="appwrite_orm.W004",
        )
    for path in _of(paths[place:], classes, (GZipMiddleware,)):
        yield Warning(
            f"{path} is after {ours}, so that {_name(ours)} computes ETags of compressed bytes.",
            hint=f"Move {_name(path)} above {_name(ours)} in MIDDLEWARE.",
            id="appwrite_orm.W004",
        )


def _name(path: str) -> str:
    return path.rpartition(".")[2]


def _classes(middleware: Iterable[str]) -> Iterator[tuple[str, type]]:
    """Yield the middleware classes. Functions are skipped; Django reports a wrong path itself."""
    for path in middleware:
        try:
            middleware_class = import_string(path)
        except ImportError:
            continue
        if isinstance(middleware_class, type):
            yield path, middleware_class


def _of(paths: Iterable[str], classes: dict[str, type], bases: tuple[type, ...]) -> Iterator[str]:
    return (path for path in paths if issubclass(classes[path], bases))
