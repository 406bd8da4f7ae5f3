"""A page that shows changes of rows while they happen, and buttons that make some."""

from __future__ import annotations

import random

from airports.tables import Airport
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST, require_safe

from django_appwrite_orm.exceptions import ConfigurationError
from live.changes import NoSeat, Stream

LATEST = 8


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What was changed last, as it stands in Appwrite; the script adds what happens from now on."""
    return render(request, "live/page.html", {"latest": Airport.objects.order_by("-updated_at")[:LATEST]})


@require_GET  # the server reads the response to a HEAD to its end, and would not notice that the client is gone
def events(request: HttpRequest) -> HttpResponseBase:
    try:
        stream = Stream()
    except NoSeat:
        return HttpResponse("Too many pages listen already.", status=503, headers={"Retry-After": "30"})
    except ConfigurationError as error:  # without the library for the realtime of a server
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    return StreamingHttpResponse(
        stream, content_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Survey one of the latest airports again: it turns out to be a little higher."""
    airports = list(Airport.objects.order_by("-updated_at")[:LATEST])
    if airports:
        airport = random.choice(airports)
        airport.elevation += 1
        airport.save()
        messages.success(request, f"{airport.name} is {airport.elevation:,g} ft high now.")
    return redirect("live:page")
