"""The home page, the pages with the code of pages, and the error pages of the site."""

from __future__ import annotations

from typing import Any

from airports.tables import Country
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from shop.models import Product

from tour.code import has_source, page_source


def home(request: HttpRequest) -> HttpResponse:
    """Models and tables side by side."""
    context = {"finest": Product.objects.finest(), "countries": Country.objects.order_by("-airports")[:8]}
    return render(request, "home.html", context)


def code(request: HttpRequest, view_name: str) -> HttpResponse:
    """The code of a page. `view_name` is compared with the names of URL patterns, and used for nothing else."""
    if not has_source(view_name):
        raise Http404("There is no such page.")
    return render(request, "tour/code.html", {"view_name": view_name, "parts": page_source(view_name)})


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    """Without the context processors of a request, which may be what failed."""
    return HttpResponse(render_to_string("500.html"), status=500)
