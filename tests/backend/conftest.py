from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from django_appwrite_orm.backend.compile.auto_increment import counters


@pytest.fixture
def shop(django_db_blocker: Any) -> Iterator[None]:
    """The tables of the shop's models, empty."""
    counters.clear()
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            for model in apps.get_app_config("shop").get_models():
                editor.create_model(model)
        yield
        connection.close()
