"""Answers that anybody's cache may keep: asked for by a decorator, granted only where nothing personal is in them."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import has_vary_header

View = TypeVar("View", bound=Callable[..., Any])

_WISH = "_appwrite_public_max_age"


def cache_publicly(*, max_age: int) -> Callable[[View], View]:
    """Let browsers and shared caches keep a view's answers for up to `max_age` seconds.

    For synchronous and asynchronous views; on a class use Django's `method_decorator`. During that time
    clients do not ask again and so do not see changes. The middleware grants it for less than `max_age`
    where the oldest entry used has less left, and not at all (see `public_max_age`) for an answer that may be
    personal. Raises ValueError for a `max_age` that is no whole number above 0.
    """
    if isinstance(max_age, bool) or not isinstance(max_age, int) or max_age < 1:
        raise ValueError(f"cache_publicly: max_age must be a whole number of seconds, 1 or more, not {max_age!r}.")

    def decorate(view: View) -> View:
        @functools.wraps(view)
        async def asynchronous(*args: Any, **kwargs: Any) -> Any:
            response = await view(*args, **kwargs)
            setattr(response, _WISH, max_age)
            return response

        @functools.wraps(view)
        def synchronous(*args: Any, **kwargs: Any) -> Any:
            response = view(*args, **kwargs)
            setattr(response, _WISH, max_age)
            return response

        return asynchronous if iscoroutinefunction(view) else synchronous  # type: ignore[return-value]

    return decorate


def public_max_age(request: HttpRequest, response: HttpResponseBase, expires: float) -> int | None:
    """Seconds for which anybody may keep this response; 0 when nobody may, None when its view did not ask.

    `expires` (epoch seconds) is when the oldest cached answer in it ends. Nobody may keep what is not the
    plain answer to a GET or HEAD, what goes on reading while it streams, and what may be one person's: it sets
    a cookie or varies by one, the request carried an Authorization header, or the session was touched.
    """
    wish: int | None = getattr(response, _WISH, None)
    if wish is None:
        return None
    plain = request.method in ("GET", "HEAD") and response.status_code == 200 and not response.streaming
    if not plain or _may_be_personal(request, response):
        return 0
    return max(int(min(wish, expires - time.time())), 0)


def _may_be_personal(request: HttpRequest, response: HttpResponseBase) -> bool:
    session = getattr(request, "session", None)
    return (
        bool(response.cookies)
        or response.has_header("Set-Cookie")
        or "Authorization" in request.headers
        or getattr(session, "accessed", False)
        or getattr(session, "modified", False)
        or any(has_vary_header(response, name) for name in ("Cookie", "Authorization", "*"))
    )
