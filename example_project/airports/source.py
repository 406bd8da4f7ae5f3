"""The airports of the package airportsdata as rows, and the names of their countries."""

from __future__ import annotations

import zoneinfo
from pathlib import Path

import airportsdata

from airports.geo import Place, middle
from airports.tables import Airport, Country


def airports() -> dict[str, Airport]:
    """All of them by code, each a new row."""
    return {code: _airport(code, found) for code, found in sorted(airportsdata.load().items())}


def _airport(code: str, found: airportsdata.Airport) -> Airport:
    return Airport(
        code=code,
        iata=found["iata"] or None,
        name=found["name"],
        city=found["city"] or None,
        region=found["subd"] or None,
        country=found["country"],
        elevation=found["elevation"],
        latitude=found["lat"],
        longitude=found["lon"],
        timezone=found["tz"] or None,
    )


def countries() -> dict[str, Country]:
    """The countries that have airports by code, each a new row."""
    names = _country_names()
    places: dict[str, list[Place]] = {}
    for found in airportsdata.load().values():
        places.setdefault(found["country"], []).append((found["lat"], found["lon"]))
    return {code: _country(code, names.get(code, code), places[code]) for code in sorted(places)}


def _country(code: str, name: str, places: list[Place]) -> Country:
    latitude, longitude = middle(places)
    return Country(code=code, name=name, airports=len(places), latitude=latitude, longitude=longitude)


def _country_names() -> dict[str, str]:
    """Names by ISO 3166 code from the system's time zone data; where there is none, the code will do as a name."""
    names = {"XK": "Kosovo"}  # used by airportsdata, not assigned by ISO 3166
    for folder in zoneinfo.TZPATH:
        table = Path(folder, "iso3166.tab")
        if table.is_file():
            lines = table.read_text(encoding="utf-8").splitlines()
            return names | dict(line.split("\t", 1) for line in lines if line and not line.startswith("#"))
    return names
