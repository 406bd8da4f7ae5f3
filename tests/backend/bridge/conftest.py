from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from django_appwrite_orm.backend.bridge import build
from django_appwrite_orm.registry import registry
from tests.support.tables import prepare

from .tables import ALL


def forget_models() -> None:
    """Forget the models of tables."""
    for table, model in build._models.items():
        models = apps.all_models[model._meta.app_label]
        if models.get(table._meta.model_name) is model:
            del models[table._meta.model_name]
    build._models.clear()
    apps.clear_cache()


@pytest.fixture
def tables(django_db_blocker: Any) -> Iterator[None]:
    """The tables of this directory, registered and empty; their models are gone afterwards."""
    for table in ALL:
        registry.add(table)
    prepare(*ALL)
    with django_db_blocker.unblock():
        yield
        connection.close()
    forget_models()
    for table in ALL:
        registry.discard(table)
