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
    hint = "See docs/reference/checks.md for an order that works."
    return [Warning(text, hint=hint, id="appwrite_orm.W004") for text in _order_problems(middleware)]


def _order_problems(middleware: Sequence[str]) -> list[str]:
    """Return one sentence for each problem."""
    classes = dict(_classes(middleware))
    paths = list(classes)
    ours = [path for path, middleware_class in classes.items() if issubclass(middleware_class, AppwriteCacheMiddleware)]
    second = [_second_cache(path, bool(ours)) for path in _of(paths, classes, _PAGE_CACHES)]
    if not ours:
        return second
    place = paths.index(ours[0])
    return [
        *second,
        *(
            f"{path} stands before {ours[0]}, which therefore does not see the cookies that it sets. Move it below."
            for path in _of(paths[:place], classes, _SET_COOKIES)
        ),
        *(
            f"{path} stands after {ours[0]}, which therefore computes ETags of compressed bytes. Move it above."
            for path in _of(paths[place:], classes, (GZipMiddleware,))
        ),
    ]


def _second_cache(path: str, has_ours: bool) -> str:
    exception = "AppwriteCacheMiddleware excludes pages whose own request reads rows, but not rows read earlier. "
    return (
        f"{path} caches whole pages and serves them for CACHE_MIDDLEWARE_SECONDS, also after their rows have changed."
        f" {exception if has_ours else ''}Remove it: reads of rows are cached already. Use cache_publicly for pages"
        " that may be outdated."
    )


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
