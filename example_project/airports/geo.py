"""Places on the globe and on a plane picture of it (equirectangular: a degree is as wide as it is high)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

EARTH_RADIUS_KM = 6371.0
Place = tuple[float, float]  # latitude, longitude


@dataclass(frozen=True)
class Box:
    """Degrees. `west` may be below -180 and `east` above 180 where the box contains the date line."""

    south: float
    north: float
    west: float
    east: float

    @property
    def width(self) -> float:
        return self.east - self.west

    @property
    def height(self) -> float:
        return self.north - self.south

    def x(self, longitude: float) -> float:
        """Degrees from the western edge, for longitudes on either side of the date line."""
        return (longitude - self.west) % 360 if self.width < 360 else longitude - self.west

    def y(self, latitude: float) -> float:
        """Degrees from the northern edge, as pictures count from the top."""
        return self.north - latitude

    def condition(self) -> Q:
        """The filter for rows within the box, which has an index over latitude and longitude."""
        latitudes = Q(latitude__range=(self.south, self.north))
        if self.width >= 360:
            return latitudes
        west, east = (_on_the_globe(edge) for edge in (self.west, self.east))
        if west <= east:
            return latitudes & Q(longitude__range=(west, east))
        return latitudes & (Q(longitude__gte=west) | Q(longitude__lte=east))

    def reach_km(self, place: Place) -> float:
        """How far it is at least from a place in the box to anywhere outside."""
        latitude, longitude = place
        edges = [latitude - self.south] * (self.south > -90) + [self.north - latitude] * (self.north < 90)
        if self.width < 360:
            sideways = min(self.x(longitude), self.width - self.x(longitude), 90.0)
            edges.append(math.degrees(math.asin(math.sin(math.radians(sideways)) * math.cos(math.radians(latitude)))))
        return min(edges, default=180.0) * EARTH_RADIUS_KM * math.pi / 180


WORLD = Box(-90, 90, -180, 180)


def _on_the_globe(longitude: float) -> float:
    return (longitude + 180) % 360 - 180


def box_around(places: Iterable[Place], margin: float = 0.04) -> Box:
    """The smallest box that contains the places, and a margin (a part of its width and height).

    It leaves out the widest gap between two neighbouring longitudes, so that Fiji is not as wide as the world.
    """
    places = list(places)
    latitudes = [latitude for latitude, _ in places]
    longitudes = sorted({longitude for _, longitude in places})
    gaps = [after - before for before, after in zip(longitudes, [*longitudes[1:], longitudes[0] + 360], strict=True)]
    widest = max(range(len(gaps)), key=gaps.__getitem__)
    west = longitudes[(widest + 1) % len(longitudes)]
    east = longitudes[widest] + (360 if longitudes[widest] < west else 0)
    across, up = max((east - west) * margin, 0.25), max((max(latitudes) - min(latitudes)) * margin, 0.25)
    return Box(max(min(latitudes) - up, -90), min(max(latitudes) + up, 90), west - across, east + across)


def box_of_cells(place: Place, reach: int) -> Box:
    """The cell of one degree that contains the place, and `reach` cells to the north and south of it.

    To the east and west it is as many kilometres, which are more degrees towards the poles. All airports of a cell have
    the same box, so that their pages share one read.
    """
    south, west = math.floor(place[0]), math.floor(place[1])
    narrowest = math.cos(math.radians(min(max(abs(south), abs(south + 1)), 89)))
    sideways = math.ceil(reach / narrowest)
    west, east = (west - sideways, west + 1 + sideways) if sideways * 2 + 1 < 360 else (-180, 180)
    return Box(max(south - reach, -90), min(south + 1 + reach, 90), west, east)


def middle(places: Iterable[Place]) -> Place:
    """The mean direction of the places, seen from the centre of the earth."""
    x = y = z = 0.0
    for latitude, longitude in places:
        phi, theta = math.radians(latitude), math.radians(longitude)
        x += math.cos(phi) * math.cos(theta)
        y += math.cos(phi) * math.sin(theta)
        z += math.sin(phi)
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def distance_km(one: Place, other: Place) -> float:
    """The length of the great circle between two places."""
    (south, west), (north, east) = (tuple(map(math.radians, place)) for place in (one, other))
    h = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(h)))
