"""The example site within the test process: its own settings, over a local Appwrite in memory."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from django_appwrite_orm.local import Snapshot
from django_appwrite_orm.registry import registry
from django_appwrite_orm.signals.observers import observers
from django_appwrite_orm.transport import open_local

PROJECT = Path(__file__).parents[2] / "example_project"


# Those that differ from tests/settings.py, which has the same DATABASES.
_NAMES = (
    "MIDDLEWARE",
    "ROOT_URLCONF",
    "TEMPLATES",
    "STATIC_URL",
    "STATICFILES_DIRS",
    "BASE_DIR",
    "CSRF_FAILURE_VIEW",
    "LOGIN_URL",
    "SESSION_ENGINE",
    "AUTH_PASSWORD_VALIDATORS",
    "SECURE_CSP",  # from Django 6.0 on
)
# The models of apps whose labels other tests have too, by label.
_models: dict[str, dict] = {"shop": {}}
# What a state of the site was made as the first time, by its name.
_made: dict[str, Snapshot] = {}


@pytest.fixture
def site(monkeypatch, django_db_blocker) -> Iterator[None]:
    """The site's apps, pages, tables and models, without data."""
    monkeypatch.syspath_prepend(str(PROJECT))
    from config import settings as example

    before, observers_before = registry.all(), list(observers)
    installed = [
        *example.INSTALLED_APPS,
        "tests.support.library",
    ]  # whose tables stay registered, and look up their app
    appwrite = {"default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "example"}}
    for label, models in _models.items():
        monkeypatch.setitem(apps.all_models, label, models)
    with (
        override_settings(
            **{name: getattr(example, name) for name in _NAMES if hasattr(example, name)},
            INSTALLED_APPS=installed,
            APPWRITE_ORM=appwrite,
        ),
        django_db_blocker.unblock(),
    ):
        tables = [table for table in registry.all() if table not in before]
        _have("empty", _migrate)
        try:
            yield
        finally:
            connection.close()
            observers[:] = observers_before
            for table in tables:
                registry.discard(table)


def _have(state: str, make: Callable[[], object]) -> None:
    """Make a state of the site the first time; later take what that has made."""
    if state in _made:
        open_local(":memory:").restore(_made[state])
    else:
        make()
        _made[state] = open_local(":memory:").snapshot()


def _migrate() -> None:
    call_command("migrate", verbosity=0)
    call_command("migrate_appwrite", verbosity=0)


@pytest.fixture
def products(site) -> list:
    """The sample data of the shop."""
    from shop import samples
    from shop.models import Product

    _have("with the shop", samples.load)
    return list(Product.objects.all())


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
