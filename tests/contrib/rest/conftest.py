from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.backend.conftest import shop_with
from tests.contrib.rest.site import Raising, Scripted
from tests.support.library.tables import Book, Everything, Reader


@pytest.fixture(autouse=True)
def api(settings: Any, django_db_blocker: Any) -> Iterator[None]:
    """The API of site.py, over empty tables."""
    settings.ROOT_URLCONF = "tests.contrib.rest.site"
    settings.MIDDLEWARE = ["django_appwrite_orm.web.AppwriteCacheMiddleware"]
    settings.TIME_ZONE = "UTC"
    settings.REST_FRAMEWORK = {
        "UNAUTHENTICATED_USER": None,
        "EXCEPTION_HANDLER": "django_appwrite_orm.contrib.rest.exception_handler",
    }
    with shop_with(django_db_blocker, Book, Reader, Everything):
        yield
    Raising.run = Scripted.run = None


@pytest.fixture
def client() -> APIClient:
    client = APIClient()
    client.default_format = "json"
    return client
