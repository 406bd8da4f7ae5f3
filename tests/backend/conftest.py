from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from django_appwrite_orm import Table
from django_appwrite_orm.backend.compile.auto_increment import counters
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from tests.support.tables import made_once


@contextmanager
def shop_with(blocker: Any, *tables: type[Table]) -> Iterator[None]:
    """Have the tables of the shop's models and these, empty."""

    def make() -> None:
        with connection.schema_editor() as editor:
            for model in apps.get_app_config("shop").get_models():
                editor.create_model(model)
        run_sync(migrate(list(tables)))

    counters.clear()
    with blocker.unblock():
        made_once(make, "shop", *tables)
        yield
        connection.close()


@pytest.fixture
def shop(django_db_blocker: Any) -> Iterator[None]:
    """The tables of the shop's models, empty."""
    with shop_with(django_db_blocker):
        yield
