"""The databases of the torture of models, and their tables."""

from __future__ import annotations

from typing import Any

# Several, so that one is left alone long enough for its results to be hits.
DATABASES = ("default", "second", "third")
# What is appended to an alias for the connection that sends no request again.
ONCE = "_once"


def settings(connection: dict[str, Any]) -> dict[str, Any]:
    """Return the settings for a connection of APPWRITE_ORM, of which each database is one."""
    connections = {
        name + suffix: {**connection, **options, "DATABASE_ID": name}
        for name in DATABASES
        for suffix, options in (("", {}), (ONCE, {"RETRIES": 0}))
    }
    return {
        "INSTALLED_APPS": ["django_appwrite_orm", "tests.cache.torture.warehouse"],
        "APPWRITE_ORM": connections,
        "DATABASES": {alias: {"ENGINE": "django_appwrite_orm.backend", "NAME": alias} for alias in connections},
    }


def create_tables() -> None:
    """Create the tables of the models in each database."""
    from django.db import connections

    from tests.cache.torture.warehouse.models import Item, Maker, Tag

    for alias in DATABASES:
        with connections[alias].schema_editor() as editor:
            for model in (Maker, Tag, Item):
                editor.create_model(model)
