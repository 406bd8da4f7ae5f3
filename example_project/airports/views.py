"""Airports by country, on maps, by a search, all in pages, and one by one."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import condition, require_safe

from airports.forms import SearchForm
from airports.geo import WORLD, box_of_cells, distance_km
from airports.paging import keyset_page
from airports.pictures import Map, bars, elevation_bars, elevation_counts
from airports.tables import PAGE_SIZE, Airport, Country, counts_by_elevation, everywhere, pages_of, spots_of
from django_appwrite_orm.web import cache_publicly, table_etag

_LONGEST_BARS = 12
_NEAREST = 8
# Cells of one degree on each side of an airport; the last is the whole world.
_REACHES = (1, 4, 12, 40, 180)


@require_safe
@cache_publicly(max_age=60)  # the list of countries changes with a new edition of the data, not by the minute
def index(request: HttpRequest) -> HttpResponse:
    countries = list(Country.objects.order_by("name"))
    largest = sorted(countries, key=lambda country: -country.airports)[:_LONGEST_BARS]
    context = {
        "countries": countries,
        "total": Airport.objects.count(),
        "map": Map(list, WORLD),  # its dots are a picture of their own, see world_map
        "largest": bars((country.name, country.airports, country.code) for country in largest),
        "elevations": elevation_bars(counts_by_elevation(Airport.objects.all())),
        "search": SearchForm(),
    }
    context["marks"] = context["map"].marks(countries, lambda country: 2 + country.airports**0.5 / 7)
    return render(request, "airports/index.html", context)


@require_safe
@condition(etag_func=table_etag("airports"))  # 304 without running the view, until an airport changes
def world_map(request: HttpRequest) -> HttpResponse:
    """The dots of all airports, as a picture that the index shows."""
    world = Map(lambda: [spot[:2] for spot in everywhere()], WORLD)
    return render(request, "airports/world.svg", {"map": world}, content_type="image/svg+xml")


@require_safe
def country(request: HttpRequest, code: str) -> HttpResponse:
    country = get_object_or_404(Country, code=code)
    page = pages_of(Airport.objects.all(), country.code).get_page(request.GET.get("page"))
    # Both are called by a cached fragment of the page: only where it has to be drawn are all airports read.
    spots = cache(lambda: spots_of(country.code))
    area = Map(lambda: [spot[:2] for spot in spots()])
    context = {
        "country": country,
        "page": page,
        "map": area,
        "marks": lambda: area.marks(page),
        "elevations": lambda: elevation_bars(elevation_counts(spot.elevation for spot in spots())),
    }
    return render(request, "airports/country.html", context)


@require_safe
def all_airports(request: HttpRequest) -> HttpResponse:
    """All of them in the order of their codes: the last page costs as much as the first."""
    after, before = (request.GET.get(name, "").replace("\0", "")[:4] for name in ("after", "before"))
    page = keyset_page(Airport.objects.all(), "code", PAGE_SIZE, after=after, before=before)
    return render(request, "airports/all.html", {"page": page})


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """By words of the name or city or a whole code, by country, by elevation; in pages."""
    form = SearchForm(request.GET or None)
    context: dict[str, Any] = {"form": form}
    status = 200
    if form.is_bound:
        if not form.is_valid():
            status = 400
        elif form.conditions:
            context["page"] = Paginator(form.airports(), PAGE_SIZE).get_page(request.GET.get("page"))
            query = request.GET.copy()
            query.pop("page", None)
            context["query"] = query.urlencode()
    return render(request, "airports/search.html", context, status=status)


@require_safe
def airport(request: HttpRequest, code: str) -> HttpResponse:
    airport = get_object_or_404(Airport, code=code)
    country = get_object_or_404(Country, code=airport.country)
    nearest, area = _surroundings(airport)
    context = {
        "airport": airport,
        "country": country,
        "nearest": nearest,
        "map": area,
        "marks": area.marks([airport for airport, _ in nearest]),
        "here": area.marks([airport], lambda airport: 9),
    }
    return render(request, "airports/airport.html", context)


def _surroundings(airport: Airport) -> tuple[list[tuple[Airport, float]], Map]:
    """The nearest airports with their distances, and a map of where they are.

    They are read from a box of whole degrees, which has an index; from a wider one where a nearer airport could lie
    outside.
    """
    place = airport.latitude, airport.longitude
    for reach in _REACHES:
        box = box_of_cells(place, reach)
        rows = list(Airport.objects.filter(box.condition()).only("code", "iata", "name", "latitude", "longitude"))
        others = [(row, distance_km(place, (row.latitude, row.longitude))) for row in rows if row.id != airport.id]
        nearest = sorted(others, key=lambda pair: pair[1])[:_NEAREST]
        if len(nearest) == _NEAREST and nearest[-1][1] <= box.reach_km(place):
            break
    return nearest, Map(lambda: [(row.latitude, row.longitude) for row in rows], box)
