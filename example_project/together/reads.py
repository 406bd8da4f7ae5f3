"""Several reads at once, with the time that each of them took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from airports.tables import Airport, Country
from django.db.models import Q

from django_appwrite_orm import QuerySet

Rows = Callable[[], QuerySet[Any]]

# What is read: a text for people, and the queryset.
READS: dict[str, Rows] = {
    "All countries": lambda: Country.objects.order_by("name"),
    "The highest airports": lambda: Airport.objects.order_by("-elevation")[:50],
    "The lowest airports": lambda: Airport.objects.order_by("elevation")[:50],
    "Airports of Iceland": lambda: Airport.objects.filter(country="IS").order_by("name"),
    "Airports of Fiji": lambda: Airport.objects.filter(country="FJ").order_by("name"),
    "Airports of Kenya": lambda: Airport.objects.filter(country="KE").order_by("name"),
    "Airports around the South Pole": lambda: Airport.objects.filter(latitude__lte=-60),
    "Airports named after London": lambda: Airport.objects.filter(Q(name__search="london") | Q(city__search="london")),
}


@dataclass(frozen=True)
class Timed:
    """A read: when it began and how long it took, in milliseconds from the start of all."""

    label: str
    rows: int
    began: float
    took: float


async def read_together(*, fresh: bool, distance: float) -> tuple[list[Timed], float]:
    """Read all at once; return each read's time, and that of all, in milliseconds.

    `fresh`: past the cache. `distance`: seconds that each read waits first, as if Appwrite were that far away.
    """
    start = time.perf_counter()

    async def timed(label: str, queryset: QuerySet[Any]) -> Timed:
        began = time.perf_counter()
        if distance:
            await asyncio.sleep(distance)
        rows = [row async for row in queryset.uncached()] if fresh else [row async for row in queryset]
        return Timed(label, len(rows), 1000 * (began - start), 1000 * (time.perf_counter() - began))

    waiting: list[Awaitable[Timed]] = [timed(label, rows()) for label, rows in READS.items()]
    reads = await asyncio.gather(*waiting)
    return reads, 1000 * (time.perf_counter() - start)
