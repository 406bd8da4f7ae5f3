"""Writes what of the sample data is not there yet, so that an interrupted load goes on where it stopped."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from airports import source
from airports.tables import Airport, Country
from shop.samples import products
from shop.tables import Product
from tqdm import tqdm

from django_appwrite_orm import Table

# Rows in one request, and a step of the progress bar.
STEP = 100


def load_samples() -> int:
    """Load products, countries and airports; how many rows were written."""
    return (
        _load_missing(Product, "name", products())
        + _load_missing(Country, "code", source.countries())
        + _load_missing(Airport, "code", source.airports())
    )


def _load_missing(table: type[Table], key: str, rows: Mapping[str, Any]) -> int:
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
    return len(missing)
