"""On an event loop the middleware uses no thread: each costs more than a read from the cache."""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import SyncToAsync
from django.test import AsyncClient

OURS = "django_appwrite_orm.web.AppwriteCacheMiddleware"


def threads_of(path: str, monkeypatch) -> int:
    """The times that a request leaves the event loop for a thread."""
    calls = 0
    call = SyncToAsync.__call__

    async def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        return await call(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(SyncToAsync, "__call__", counted)
        assert asyncio.run(AsyncClient().get(path)).status_code == 200
    return calls


def test_the_middleware_adds_no_thread(settings, monkeypatch) -> None:
    settings.MIDDLEWARE = []
    without = threads_of("/anothing", monkeypatch)
    settings.MIDDLEWARE = [OURS]
    assert threads_of("/anothing", monkeypatch) == without
