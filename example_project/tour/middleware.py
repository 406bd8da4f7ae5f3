"""The middleware that records what a page reads, and puts the bar into it when it is done."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from django_appwrite_orm.contrib.recording import Recording, recording
from tour.bar import SLOT, bar_of, render_bar


class BarMiddleware:
    """Replaces the slot of `{% bar %}`. It stands before what reads: sessions, users, the view and its template."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if iscoroutinefunction(self):
            return self._acall(request)
        with recording() as recorded:
            response = self.get_response(request)
        return _with_bar(request, response, recorded)  # type: ignore[arg-type]

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        with recording() as recorded:
            response = await self.get_response(request)  # type: ignore[misc]
        return _with_bar(request, response, recorded)


def _with_bar(request: HttpRequest, response: HttpResponseBase, recorded: Recording) -> HttpResponseBase:
    if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
        return response
    assert isinstance(response, HttpResponse)
    slot = SLOT.encode()
    if slot not in response.content:
        return response
    bar = bar_of(recorded)
    is_kept = response.has_header("ETag")
    if response.status_code == 200 and not is_kept and bar.reads:
        # Of the page without times: a browser that has it gets a 304, unless a source has changed.
        digest = hashlib.blake2b(response.content + bar.fingerprint.encode(), digest_size=16).hexdigest()
        response["ETag"] = f'"{digest}"'
    response.content = response.content.replace(slot, render_bar(request, bar, is_kept=is_kept).encode(), 1)
    if response.has_header("Content-Length"):
        response["Content-Length"] = str(len(response.content))
    return response
