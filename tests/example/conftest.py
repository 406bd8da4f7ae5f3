"""The example site within the test process: its own settings, over a local Appwrite in memory."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from django_appwrite_orm.registry import registry
from tests.support.tables import prepare

PROJECT = Path(__file__).parents[2] / "example_project"


@pytest.fixture
def site(monkeypatch) -> Iterator[None]:
    """The site's apps, pages and tables, without data."""
    monkeypatch.syspath_prepend(str(PROJECT))
    from config import settings as example

    names = ("MIDDLEWARE", "ROOT_URLCONF", "TEMPLATES", "STATIC_URL", "STATICFILES_DIRS", "BASE_DIR")
    before = registry.all()
    apps = [*example.INSTALLED_APPS, "tests.support.library"]  # whose tables stay registered, and look up their app
    appwrite = {"default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "example"}}
    with override_settings(
        **{name: getattr(example, name) for name in names}, INSTALLED_APPS=apps, APPWRITE_ORM=appwrite
    ):
        tables = [table for table in registry.all() if table not in before]
        prepare(*tables)
        try:
            yield
        finally:
            for table in tables:
                registry.discard(table)


@pytest.fixture
def products(site) -> list:
    from shop.samples import products
    from shop.tables import Product

    return Product.objects.bulk_create(list(products().values()))


@functools.cache
def _sample() -> tuple[list[dict], list[dict]]:
    """Values of all countries, and of every two hundredth airport of the package with some that the tests name."""
    from airports import source

    found = source.airports()
    codes = {*list(found)[::200], "KJFK", "EGLL", "_AYM"}
    return [_values(row) for row in source.countries().values()], [_values(found[code]) for code in sorted(codes)]


def _values(row) -> dict:
    return {name: getattr(row, name) for name in row._meta.columns}


@pytest.fixture
def airports(site) -> list:
    from airports.tables import Airport, Country

    countries, airports = _sample()
    Country.objects.bulk_create([Country(**values) for values in countries])
    return Airport.objects.bulk_create([Airport(**values) for values in airports])
