"""Writes what of the sample data is not there yet, so that an interrupted load goes on where it stopped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from airports import source
from airports.tables import Airport, Country
from guide.tables import User, users
from shop import samples
from shop.models import Product
from tqdm import tqdm

from django_appwrite_orm import Table

# Rows in one request, and a step of the progress bar.
STEP = 100


# Called with a table's name, how many of its rows are there, and how many there will be.
Progress = Callable[[str, int, int], object]


def load_samples(progress: Progress = lambda table, rows, total: None) -> int:
    """Load the shop, where it has no products, and what of users, countries and airports is missing; how many rows."""
    return (
        (0 if Product.objects.exists() else samples.load())
        + _load_missing(User, "email", users(), progress)
        + _load_missing(Country, "code", source.countries(), progress)
        + _load_missing(Airport, "code", source.airports(), progress)
    )


def _load_missing(table: type[Table], key: str, rows: Mapping[str, Any], progress: Progress) -> int:
    """Write the rows whose `key` column is not in the table yet. Read past the cache, which needs no copy."""
    present = {getattr(row, key) for row in table.objects.uncached().iterator()}
    missing = [row for value, row in rows.items() if value not in present]
    # A bar is for people: without a terminal only the end of it would be left.
    with tqdm(
        total=len(rows),
        initial=len(rows) - len(missing),
        desc=table._meta.name,
        unit=" rows",
        file=sys.stdout,
        disable=None,
    ) as bar:
        for start in range(0, len(missing), STEP):
            bar.update(len(table.objects.bulk_create(missing[start : start + STEP])))
            progress(table._meta.name, int(bar.n), len(rows))
    return len(missing)
