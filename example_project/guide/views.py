"""The caching guide as pages on which its examples can be tried, and the statistics of the cache."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from django_appwrite_orm import orm, warming
from guide.sections import BY_SLUG, SECTIONS


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "guide/index.html", {"parts": SECTIONS})


@require_safe
def section(request: HttpRequest, slug: str) -> HttpResponse:
    if slug not in BY_SLUG:
        raise Http404("The guide has no such section.")
    number = SECTIONS.index(BY_SLUG[slug])
    context = {
        "part": BY_SLUG[slug],
        "before": SECTIONS[number - 1] if number else None,
        "after": SECTIONS[number + 1] if number + 1 < len(SECTIONS) else None,
    }
    return render(request, "guide/section.html", context)


@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """What reads of each table have cost and saved since the statistics were reset; it reads no rows."""
    tables = [{"name": name, **counts, "saved_ms": counts["saved"] * 1000} for name, counts in orm.stats().items()]
    tables = sorted((table for table in tables if table["reads"]), key=lambda table: -table["reads"])
    keys = ("reads", "hits", "misses", "stale", "bypasses", "invalidations", "saved_ms")
    total = {key: sum(table[key] for table in tables) for key in keys}
    total["hit_rate"] = 100 * total["hits"] / total["reads"] if total["reads"] else 0.0
    return render(request, "guide/statistics.html", {"tables": tables, "total": total})


@require_POST
def warm(request: HttpRequest) -> HttpResponse:
    done = list(warming.warm(warming.jobs()))
    messages.success(request, f"Warmed: {sum(job.rows for job in done):,} rows are in the cache.")
    for job in done:
        if job.problem:
            messages.error(request, f"{job.label}: {job.problem}")
    return redirect("guide:statistics")


@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    orm.clear_caches()
    messages.success(request, "Cleared: the next read of each table goes to Appwrite.")
    return redirect("guide:statistics")


@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    orm.reset_stats()
    messages.success(request, "The statistics begin at zero.")
    return redirect("guide:statistics")
