"""Airports of the world, and the countries they are in."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from django.core.paginator import Paginator
from django.db.models import Q

from django_appwrite_orm import FulltextIndex, Index, Permission, QuerySet, Role, Table, UniqueIndex, columns

PAGE_SIZE = 50
LARGEST_PAGE = 5000
# Feet above the sea between which airports are counted.
ELEVATIONS = (0, 250, 500, 1000, 2000, 4000, 8000)


class Spot(NamedTuple):
    """What a map and a chart need of an airport: degrees, and feet above the sea."""

    latitude: float
    longitude: float
    elevation: float


def largest_countries(countries: QuerySet[Country]) -> QuerySet[Country]:
    """Those whose first pages are read beforehand."""
    return countries.order_by("-airports")[:20]


def _one_by_one(countries: QuerySet[Country]) -> list[Country]:
    """The way a country's page asks for its country."""
    return [countries.get(code=country.code) for country in largest_countries(countries)]


class Country(Table):
    """`airports` is how many there are: counting 234 countries one by one would take as many requests.

    `latitude` and `longitude` are the middle of its airports; older data has none.
    """

    code = columns.String(size=2, required=True)
    name = columns.String(size=64, required=True)
    airports = columns.Integer(min=0, max=1_000_000, required=True)
    latitude = columns.Float(min=-90, max=90)
    longitude = columns.Float(min=-180, max=180)

    class Meta:
        name = "countries"
        indexes = [UniqueIndex("code"), Index("name"), Index("-airports")]
        permissions = [Permission.read(Role.any())]
        warm = [
            lambda countries: countries.order_by("name"),
            lambda countries: countries.order_by("-airports")[:8],
            _one_by_one,
        ]

    def __str__(self) -> str:
        return self.name


def everywhere() -> list[Spot]:
    """All airports as dots of the map: 6 requests of the most rows that Appwrite puts into a page."""
    return _spots(Airport.objects.all())


def spots_of(country: str) -> list[Spot]:
    return _spots(Airport.objects.filter(country=country))


def _spots(airports: QuerySet[Airport]) -> list[Spot]:
    rows = airports.values_list("latitude", "longitude", "elevation").iterator(chunk_size=LARGEST_PAGE)
    return [Spot(*row) for row in rows]


def counts_by_elevation(airports: QuerySet[Airport]) -> list[int]:
    """How many lie below the first elevation, between two, and above the last: Appwrite counts, no row is read."""
    between = [Q(elevation__gte=low, elevation__lt=high) for low, high in pairwise(ELEVATIONS)]
    conditions = [Q(elevation__lt=ELEVATIONS[0]), *between, Q(elevation__gte=ELEVATIONS[-1])]
    return [airports.filter(condition).count() for condition in conditions]


def pages_of(airports: QuerySet[Airport], country: str) -> Paginator:
    return Paginator(airports.filter(country=country).order_by("name"), PAGE_SIZE)


def _first_pages(airports: QuerySet[Airport]) -> list[Airport | Spot]:
    """What the index and the first page of each large country read, with their maps."""
    airports.count()
    counts_by_elevation(airports)
    rows: list[Airport | Spot] = [*everywhere()]
    for country in largest_countries(Country.objects.all()):
        rows += [*pages_of(airports, country.code).page(1), *spots_of(country.code)]
    return rows


class Airport(Table):
    """`code` is the ICAO or national code. It is a column and not the row's id, for some begin with `_`."""

    code = columns.String(size=4, required=True)
    iata = columns.String(size=3)
    name = columns.String(size=128, required=True)
    city = columns.String(size=64)
    region = columns.String(size=64)
    country = columns.String(size=2, required=True)
    elevation = columns.Float(required=True)
    latitude = columns.Float(min=-90, max=90, required=True)
    longitude = columns.Float(min=-180, max=180, required=True)
    timezone = columns.String(size=40)

    class Meta:
        name = "airports"
        indexes = [
            UniqueIndex("code"),
            Index("iata"),
            Index("country", "name"),
            Index("latitude", "longitude"),
            Index("elevation"),
            Index("-updated_at"),
            FulltextIndex("name", key="name_words"),
            FulltextIndex("city", key="city_words"),
        ]
        permissions = [Permission.read(Role.any())]
        warm = [_first_pages]

    def __str__(self) -> str:
        return f"{self.name} ({self.iata or self.code})"
