"""An asynchronous page: eight reads wait for Appwrite at the same time, and not one after the other."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from together.reads import read_together

# Milliseconds that a request may be made to wait, as if Appwrite were that far away.
DISTANCES = (0, 50, 200)


@require_safe
async def page(request: HttpRequest) -> HttpResponse:
    fresh = "fresh" in request.GET
    distance = next((d for d in DISTANCES if request.GET.get("distance") == str(d)), 0)
    reads, elapsed = await read_together(fresh=fresh, distance=distance / 1000)
    context = {
        "reads": reads,
        "elapsed": elapsed,
        "added_up": sum(read.took for read in reads),
        "slowest": max(read.took for read in reads),
        "fresh": fresh,
        "distance": distance,
        "distances": DISTANCES,
    }
    return render(request, "together/page.html", context)
