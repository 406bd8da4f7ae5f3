"""Airports by country, by a search, and one by one."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from airports.tables import PAGE_SIZE, Airport, Country, pages_of
from django_appwrite_orm.web import cache_publicly

_LONGEST_SEARCH = 60


@cache_publicly(max_age=60)  # the list of countries changes with a new edition of the data, not by the minute
def index(request: HttpRequest) -> HttpResponse:
    context = {"countries": Country.objects.order_by("name"), "total": Airport.objects.count()}
    return render(request, "airports/index.html", context)


def country(request: HttpRequest, code: str) -> HttpResponse:
    found = get_object_or_404(Country, code=code)
    page = pages_of(Airport.objects.all(), found.code).get_page(request.GET.get("page"))
    return render(request, "airports/country.html", {"country": found, "page": page})


def search(request: HttpRequest) -> HttpResponse:
    """By words of the name or city, or by a whole code."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    context: dict[str, Any] = {"words": words}
    if words:
        matching = Q(name__search=words) | Q(city__search=words) | Q(code=words.upper()) | Q(iata=words.upper())
        # Appwrite fails on a search for nothing but signs, such as "%".
        has_word = any(character.isalnum() for character in words)
        found = Airport.objects.filter(matching).order_by("name") if has_word else Airport.objects.none()
        context["page"] = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "airports/search.html", context)


def airport(request: HttpRequest, code: str) -> HttpResponse:
    found = get_object_or_404(Airport, code=code)
    country = get_object_or_404(Country, code=found.country)
    return render(request, "airports/airport.html", {"airport": found, "country": country})
