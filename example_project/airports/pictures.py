"""Maps and charts as numbers for an SVG; the templates in `airports/pictures/` draw them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from airports.geo import WORLD, Box, Place, box_around
from airports.tables import ELEVATIONS

# Units of the picture across a map; two airports in one unit are one dot.
WIDTH = 1000
_LOWEST_MAP, _HIGHEST_MAP = 260, 700
_LINES = (1, 2, 5, 10, 30)  # degrees between two lines of the grid


@dataclass(frozen=True)
class Mark:
    """A place on a map that is drawn by itself: in picture units from the left and the top."""

    x: float
    y: float
    radius: float
    subject: Any


class Map:
    """A map of a box. `places` is called once, and not before the map is drawn."""

    def __init__(self, places: Callable[[], Iterable[Place]], box: Box | None = None) -> None:
        self._places = places
        self._box = box

    @cached_property
    def places(self) -> list[Place]:
        return list(self._places())

    @cached_property
    def box(self) -> Box:
        """The box that was named, or the one of the places, made wider or higher where it is too narrow for a page."""
        box = self._box or (box_around(self.places) if self.places else WORLD)
        missing = box.height * WIDTH / _HIGHEST_MAP - box.width
        if missing > 0:
            box = Box(box.south, box.north, box.west - missing / 2, box.east + missing / 2)
        missing = box.width * _LOWEST_MAP / WIDTH - box.height
        if missing > 0:
            box = Box(box.south - missing / 2, box.north + missing / 2, box.west, box.east)
        return box

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def height(self) -> int:
        return round(self.box.height * self._scale)

    @property
    def _scale(self) -> float:
        return WIDTH / self.box.width

    def point(self, place: Place) -> tuple[float, float]:
        latitude, longitude = place
        return round(self.box.x(longitude) * self._scale, 1), round(self.box.y(latitude) * self._scale, 1)

    @property
    def dots(self) -> str:
        """The path that draws a dot for each place: lines without length, which have round ends.

        Each begins where the one before ended, which takes two thirds of the characters.
        """
        spots = sorted({(round(x), round(y)) for x, y in map(self.point, self.places)})
        steps = zip(spots, [(0, 0), *spots], strict=False)
        return "".join(f"m{x - before_x} {y - before_y}h0" for (x, y), (before_x, before_y) in steps)

    @property
    def grid(self) -> str:
        """The path of the lines of latitude and longitude."""
        box = self.box
        step = next((step for step in _LINES if box.width / step <= 14), _LINES[-1])
        down = (round((degree - box.west) * self._scale, 1) for degree in _multiples(step, box.west, box.east))
        across = (round(box.y(degree) * self._scale, 1) for degree in _multiples(step, box.south, box.north))
        return "".join([*(f"M{x} 0v{self.height}" for x in down), *(f"M0 {y}h{WIDTH}" for y in across)])

    def marks(self, subjects: Iterable[Any], radius: Callable[[Any], float] = lambda subject: 5) -> list[Mark]:
        """Marks for rows with a latitude and a longitude, the largest first, so that none hides another."""
        placed = [row for row in subjects if row.latitude is not None and row.longitude is not None]
        marks = [Mark(*self.point((row.latitude, row.longitude)), round(radius(row), 1), row) for row in placed]
        return sorted(marks, key=lambda mark: -mark.radius)


def _multiples(step: int, low: float, high: float) -> Iterator[int]:
    first = -(-low // step) * step
    while first <= high:
        yield int(first)
        first += step


@dataclass(frozen=True)
class Bar:
    """A line of a chart; `percent` is its length, of the longest."""

    label: str
    value: int
    percent: float
    address: str = ""


def bars(lines: Iterable[tuple[str, int, str]]) -> list[Bar]:
    lines = list(lines)
    longest = max((value for _, value, _ in lines), default=0) or 1
    return [Bar(label, value, round(100 * value / longest, 1), address) for label, value, address in lines]


def elevation_counts(elevations: Iterable[float]) -> list[int]:
    """How many of them are below the first of ELEVATIONS, between two, and from the last one up."""
    counts = [0] * (len(ELEVATIONS) + 1)
    for elevation in elevations:
        counts[sum(edge <= elevation for edge in ELEVATIONS)] += 1
    return counts


def elevation_bars(counts: Iterable[int]) -> list[Bar]:
    """Bars for how many airports lie between two elevations (in feet), from the lowest to the highest."""
    between = [f"{low:,} to {high:,} ft" for low, high in pairwise(ELEVATIONS)]
    labels = ["below sea level", *between, f"{ELEVATIONS[-1]:,} ft and more"]
    return bars((label, count, "") for label, count in zip(labels, counts, strict=True))
