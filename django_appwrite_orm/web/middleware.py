"""The middleware that adds headers about what a view read, and how long the response may be kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from ..cache import recording
from ..exceptions import ConfigurationError
from .errors import unavailable_response
from .http_cache import finish
from .page_caches import keep_out
from .warm_start import start_once

# Whether responses name the tables that they used, and the time that reads took.
DETAILS = "APPWRITE_ORM_DETAIL_HEADERS"


class AppwriteCacheMiddleware:
    """Gives a response that used tables `X-Cache-Status`, `X-Cache-Table`, `Cache-Control` and an ETag.

    With the setting APPWRITE_ORM_DETAIL_HEADERS, True by default, `X-Cache-Table` and `Server-Timing` are among them.

    While the view runs, `request.appwrite_reads` is the record of what it has read so far. Place the
    middleware before those that set cookies, which it has to see; a system check reports another order.

    A page that used tables is kept out of Django's caches of whole pages: see `page_caches`.

    An unavailable Appwrite becomes a 503: `process_exception` gets the errors of a view and of the rendering of its
    template.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
            self.process_view = self._aprocess_view  # type: ignore[assignment, method-assign]
        self._details = getattr(settings, DETAILS, True)
        if not isinstance(self._details, bool):
            raise ConfigurationError(f"{DETAILS} must be True or False, not {self._details!r}.")

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Respond, or return a coroutine that does."""
        start_once()
        return self._acall(request) if self._is_async else self._call(request)

    def _call(self, request: HttpRequest) -> HttpResponseBase:
        with recording(partial(keep_out, request)) as record:
            request.appwrite_reads = record  # type: ignore[attr-defined]
            response = self.get_response(request)
        return finish(request, response, record, details=self._details)  # type: ignore[arg-type]

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        with recording(partial(keep_out, request)) as record:
            request.appwrite_reads = record  # type: ignore[attr-defined]
            response = await self.get_response(request)  # type: ignore[misc]
        return finish(request, response, record, details=self._details)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Count what other middleware has read before: FetchFromCacheMiddleware has run by now."""
        if request.appwrite_reads.reads:  # type: ignore[attr-defined]
            keep_out(request)

    async def _aprocess_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Do it on the event loop, where Django would start a thread for the other form."""
        AppwriteCacheMiddleware.process_view(self, request, view, args, kwargs)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Respond with 503 if Appwrite is unavailable."""
        return unavailable_response(request, exception)
