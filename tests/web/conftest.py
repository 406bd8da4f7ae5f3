"""A site of the views in urls.py, asked through both of Django's doors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from django.http.response import HttpResponseBase
from django.test import AsyncClient, Client

from django_appwrite_orm.web import warm_start
from tests.backend.conftest import shop  # noqa: F401

Ask = Callable[..., HttpResponseBase]

MIDDLEWARE = [
    "django_appwrite_orm.web.AppwriteCacheMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
]


@pytest.fixture(autouse=True)
def site(settings, library, monkeypatch) -> None:
    settings.ROOT_URLCONF = "tests.web.urls"
    settings.MIDDLEWARE = MIDDLEWARE
    monkeypatch.setattr(warm_start, "_claims", {})


@pytest.fixture(params=["wsgi", "asgi"])
def ask(request) -> Ask:
    """Sends a request (`ask(path)`, `ask(path, "post", headers=...)`) through WSGI, and in a second run ASGI."""

    def through_wsgi(path: str, method: str = "get", **extra) -> HttpResponseBase:
        return getattr(Client(), method)(path, **extra)

    def through_asgi(path: str, method: str = "get", **extra) -> HttpResponseBase:
        return asyncio.run(getattr(AsyncClient(), method)(path, **extra))

    return through_wsgi if request.param == "wsgi" else through_asgi


@pytest.fixture
def unreachable(settings) -> None:
    """An Appwrite at an address where nobody listens."""
    settings.APPWRITE_ORM = {
        "default": {
            "ENDPOINT": "http://127.0.0.1:9/v1",
            "PROJECT_ID": "p",
            "API_KEY": "a-very-secret-key",
            "DATABASE_ID": "library",
            "RETRIES": 0,
        }
    }
