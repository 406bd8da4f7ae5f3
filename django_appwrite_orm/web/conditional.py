"""A 304 without running the view or asking Appwrite: an ETag made of the versions of tables."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from ..caching import Found, Status, note_read
from ..connection import connections
from ..queries.door import orm
from ..steps import run

# What tells one representation, or one person, from another without touching the session.
_TELLING = ("Accept", "Accept-Language", "Cookie", "Authorization")


def table_etag(
    *names: str, ttl: float | None = None, by: Callable[[HttpRequest], str] | None = None, using: str | None = None
) -> Callable[..., str | None]:
    """An `etag_func` for `django.views.decorators.http.condition`, for a view that shows these tables only.

    The tag changes when one of the tables changes, and every `ttl` seconds at the latest (the connection's
    life of an answer, unless said otherwise), so that a change nobody told us of is not confirmed for longer.
    It costs one round trip to the cache. There is none, and the view runs, while a table has not been read
    since its last change or is being written.

    Requests with different cookies, Authorization, Accept or Accept-Language have different tags. A view that
    shows more than tables and these (the content of a session, a feature flag) must name it: `by` takes the
    request and returns a text. Raises ValueError when no table is named, `ConfigurationError` at the first
    request for one that is not registered.
    """
    if not names:
        raise ValueError("table_etag: name at least one table.")

    def etag(request: HttpRequest, *args: Any, **kwargs: Any) -> str | None:
        rows = [orm.table(name, using=using)._rows for name in names]
        connection = connections[rows[0].db]
        if any(queryset.db != rows[0].db for queryset in rows):
            raise ValueError(f"table_etag: {', '.join(names)} are not on one connection; name it with using=.")
        life = ttl if ttl is not None else connection.settings.cache.policy.ttl
        started = time.perf_counter()
        # Django calls this on the event loop for an asynchronous view; it waits for the cache alone.
        held = run(connection.versions([queryset.ref for queryset in rows]), even_on_event_loop=True)
        if held is None or life <= 0:
            return None
        seconds, period = time.perf_counter() - started, time.time() // life
        for queryset in rows:
            note_read([queryset.model._meta.name], Found(None, Status.HIT, expires=(period + 1) * life), seconds)
            seconds = 0  # one look at all of them
        telling = [request.headers.get(name, "") for name in _TELLING]
        parts = [held, period, request.get_full_path(), telling, by(request) if by else ""]
        return f'"{hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()}"'

    return etag
